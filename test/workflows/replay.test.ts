import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker, type ReplayResult, type WorkflowBundleOption } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { sharedServer } from '../set-up/servers.ts';
import { bundleWorkflows, installQuietRuntime } from '../set-up/temporal-workers.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

// Recorded by `node test/set-up/record-histories.ts`. A history that no longer replays is a run of production that a deployment breaks.

const ROOT = new URL('../../', import.meta.url);
const FOLDER = new URL('test/histories/', ROOT);

interface Recorded {
  readonly workflowId: string;
  readonly history: object;
}

function recorded(): Recorded[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => ({
      workflowId: file.replace(/\.json$/, ''),
      history: JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as object,
    }));
}

/** One call for all of them: each call of its own would leak handles of the native core. */
async function replay(
  bundle: WorkflowBundleOption,
  histories: readonly Recorded[],
): Promise<readonly ReplayResult[]> {
  const results: ReplayResult[] = [];
  const options = { workflowBundle: bundle, replayName: 'histories' };
  for await (const result of Worker.runReplayHistories(options, histories)) results.push(result);
  return results;
}

beforeAll(() => installQuietRuntime());

test('every recorded run replays on the workflows of today', async () => {
  const histories = recorded();

  const results = await replay({ codePath: await sharedServer('workflows') }, histories);

  const broken = results.filter(({ error }) => error !== undefined);
  expect(broken.map(({ workflowId, error }) => `${workflowId}: ${error?.message}`)).toEqual([]);
  expect(results).toHaveLength(histories.length);
  expect(histories.length).toBeGreaterThan(15);
});

/** A run that took every step: what the negative controls must break. */
const SUCCEEDED = 'collectSource/succeeded';
const RECONCILE = 'const reconciled = await reconcile(loaded, reference, slice);';
const ANNOUNCE = 'if (waits) await announce(loaded, input.source);';

test.each([
  ['a renamed activity', [['collectDocuments', 'gatherDocuments']]],
  [
    'two steps in another order',
    [
      [ANNOUNCE, ''],
      [RECONCILE, `await announce(loaded, input.source);\n${RECONCILE}`],
    ],
  ],
  ['a step left out', [[ANNOUNCE, '']]],
])('%s is found', async (_, changes) => {
  await using folder = await temporaryFolder();
  const broken = await bundleWorkflows(changedWorkflows(folder.path, changes));
  const histories = recorded().filter(({ workflowId }) => workflowId === SUCCEEDED);

  const results = await replay(broken, histories);

  expect(results.map(({ error }) => error)).toEqual([expect.any(DeterminismViolationError)]);
});

/** A repair that a person approved, and that passed its probation. */
const APPROVED = 'repairSource/approved';
/** One that waited for guidance when the next break came, and made way for it. */
const YIELDED = 'repairSource/yielded';
const YIELDS = "patched('yield-to-next-break')";

test.each([
  ['a renamed activity', APPROVED, 'find-fix.ts', [['.proveFix.', '.tryFix.']]],
  [
    'a deployment that leaves out the question',
    APPROVED,
    'decide-fix.ts',
    [['const requestId = decision', 'const requestId = undefined && decision']],
  ],
  [
    'evidence that is gathered before the failure is reproduced',
    APPROVED,
    'find-fix.ts',
    [['return goTo(known, work.resume);', "return goTo(known, 'diagnosing');"]],
  ],
  [
    'a patch that is taken out while runs hold its marker',
    YIELDED,
    'ask-people.ts',
    [[YIELDS, 'true']],
  ],
  [
    'a break that waits for guidance about the one before',
    YIELDED,
    'ask-people.ts',
    [['queue.length > 0', 'queue.length > 1']],
  ],
])('%s is found in a repair', async (_, repair, file, changes) => {
  await using folder = await temporaryFolder();
  const broken = await bundleWorkflows(changedWorkflows(folder.path, changes, `repair/${file}`));
  const histories = recorded().filter(({ workflowId }) => workflowId === repair);

  const results = await replay(broken, histories);

  expect(results.map(({ error }) => error)).toEqual([expect.any(DeterminismViolationError)]);
});

/** A copy of the workflows in which the text of a file is changed, as a careless edit would. */
function changedWorkflows(
  folder: string,
  changes: readonly (readonly string[])[],
  path = 'collection/collect-source.ts',
): string {
  const workflows = join(folder, 'workflows');
  cpSync(new URL('workflows/', ROOT), workflows, { recursive: true });
  symlinkSync(new URL('node_modules', ROOT), join(folder, 'node_modules'));
  const file = join(workflows, path);
  let text = readFileSync(file, 'utf8');
  for (const [before = '', after = ''] of changes) {
    expect(text).toContain(before);
    text = text.replaceAll(before, after);
  }
  writeFileSync(file, text);
  return join(workflows, 'index.ts');
}
