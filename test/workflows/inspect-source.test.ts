import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type {
  InspectionActivities,
  InspectionReport,
} from '../../workflows/collection/activities.ts';
import type { inspectSource } from '../../workflows/collection/inspect-source.ts';
import { classify } from '../../workflows/classify.ts';
import { failure } from '../../workflows/failures.ts';
import { attributesOf, eventsOf, summariesOf } from '../set-up/workflow-history.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

/** What the next looks answer, by source. */
const answers = new Map<string, (() => Promise<InspectionReport>)[]>();
const activities: InspectionActivities = {
  inspectSource({ source }) {
    const answer = answers.get(source)?.shift();
    return answer
      ? answer()
      : Promise.reject(failure('Defect', `No answer is left of "${source}".`));
  },
};
const workers = withWorkers({ activities });

async function inspect(...planned: (() => Promise<InspectionReport>)[]) {
  const source = `source-${randomUUID().slice(0, 8)}`;
  answers.set(source, planned);
  return workers().client.workflow.start<typeof inspectSource>('inspectSource', {
    workflowId: `inspect:${source}:1`,
    taskQueue: 'orchestration',
    args: [{ v: 1, tenant: 'default', source, verb: 'check', limit: 3, taskQueue: 'browser' }],
  });
}

const REPORT: InspectionReport = {
  checks: [{ capability: 'connect', verdict: 'PASS', detail: 'It answered.' }],
  notes: [],
};

describe('looking at a source', () => {
  test('happens on the queue where the source can be read, and returns what was seen', async () => {
    const handle = await inspect(() => Promise.resolve(REPORT));

    expect(await handle.result()).toEqual(REPORT);

    const events = await eventsOf(handle);
    const [activity] = attributesOf(events, 'activityTaskScheduledEventAttributes');
    expect(activity?.taskQueue?.name).toBe('browser');
    expect(summariesOf(events)).toEqual([expect.stringMatching(/^check source-/)]);
  });

  test('is tried twice where that may help', async () => {
    const handle = await inspect(
      () => Promise.reject(failure('SourceUnavailable', 'It did not answer.')),
      () => Promise.resolve(REPORT),
    );

    expect(await handle.result()).toEqual(REPORT);
  });

  test('fails at once, by name, where it does not', async () => {
    const handle = await inspect(
      () => Promise.reject(failure('AuthExpired', 'The secret was refused.')),
      () => Promise.resolve(REPORT),
    );

    const error: unknown = await handle.result().catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(classify(error)).toEqual({ name: 'AuthExpired', message: 'The secret was refused.' });
  });
});
