import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectTemporal, type Temporal } from '../../adapters/temporal/connection.ts';
import { createRepairs } from '../../workers/repairs.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { sharedServer } from '../set-up/servers.ts';
import { newNamespace } from '../set-up/temporal-workers.ts';

// No worker: what is looked at is what a run leaves for one.
let temporal: Temporal;
beforeAll(async () => {
  const address = await sharedServer('temporal');
  temporal = connectTemporal({ address, namespace: await newNamespace(address) });
});
afterAll(() => temporal.close());

const BROKEN = {
  tenant: 'default',
  source: 'docs',
  id: 'docs-f00d4bad',
  failure: 'SelectorMissing',
} as const;

async function signals(workflowId: string): Promise<readonly string[]> {
  const { events = [] } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(
    ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? [],
  );
}

test('the first report starts the repair of the source, every further one tells it, and so does the end of a run', async () => {
  const repairs = createRepairs(temporal.client);
  await repairs.report(BROKEN);
  const first = await temporal.client.workflow.getHandle('repair:docs').describe();
  await repairs.report({ ...BROKEN, id: 'docs-00000002' });
  await repairs.runFinished(BROKEN, { run: 'collect:docs-1', status: 'succeeded' });

  const { runId, typedSearchAttributes, type } = await temporal.client.workflow
    .getHandle('repair:docs')
    .describe();
  expect(type).toBe('repairSource');
  expect(runId).toBe(first.runId);
  expect(typedSearchAttributes.get(SEARCH_ATTRIBUTES.sourceId)).toBe('docs');
  expect(typedSearchAttributes.get(SEARCH_ATTRIBUTES.failureName)).toBe('SelectorMissing');
  expect(await signals('repair:docs')).toEqual(['reportFailure', 'reportFailure', 'runFinished']);
  await vi.waitFor(async () => expect([...(await repairs.running())]).toEqual(['repair:docs']), {
    timeout: 20_000,
  });
  await temporal.client.workflow.getHandle('repair:docs').terminate();
});

test('the end of a run tells no repair that is not there, and starts none', async () => {
  const repairs = createRepairs(temporal.client);

  await repairs.runFinished(
    { tenant: 'acme', source: 'docs' },
    { run: 'collect:acme:docs-1', status: 'succeeded' },
  );

  await expect(temporal.client.workflow.getHandle('repair:acme:docs').describe()).rejects.toThrow(
    /not found/i,
  );
});
