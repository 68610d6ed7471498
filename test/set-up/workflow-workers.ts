import { afterAll, beforeAll, inject } from 'vitest';
import { sharedServer } from './servers.ts';
import { startTestWorkers, type TestWorkers, type TestWorkersOptions } from './temporal-workers.ts';
import { attributesOf, eventsOf, largestPayloadBytes } from './workflow-history.ts';

/** The bound of a payload (architecture.md §3); bodies go to S3. */
const MAX_PAYLOAD_BYTES = 8192;

/** WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND: the test terminated it while a task was under way. */
const TERMINATED = 17;
/** WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND: a message came while the workflow was about to end; the server lets it look again. */
const MESSAGE_CAME = 1;

/**
 * Gives the file that calls it workers on every task queue in a namespace of its own. After the last test every history of that
 * namespace is read: a failed workflow task, or a payload of more than 8 KB, fails the file.
 */
export function withWorkers(
  options: Omit<TestWorkersOptions, 'address' | 'workflows'>,
): () => TestWorkers {
  let workers: TestWorkers | undefined;
  beforeAll(async () => {
    const workflows = { codePath: await sharedServer('workflows') };
    const address = inject('temporalAddress');
    workers = await startTestWorkers({ ...options, address, workflows });
  });
  afterAll(async () => {
    if (!workers) return;
    try {
      await checkHistories(workers);
    } finally {
      await workers.stop();
    }
  });
  return () => {
    if (workers === undefined)
      throw new Error('The workers are there inside tests and hooks only.');
    return workers;
  };
}

async function checkHistories({ client }: TestWorkers): Promise<void> {
  const broken: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const events = await eventsOf(client.workflow.getHandle(workflowId, runId));
    const bytes = largestPayloadBytes(events);
    if (bytes > MAX_PAYLOAD_BYTES) broken.push(`${workflowId}: a payload has ${bytes} bytes`);
    for (const { failure, cause } of attributesOf(events, 'workflowTaskFailedEventAttributes'))
      if (Number(cause) !== TERMINATED && Number(cause) !== MESSAGE_CAME)
        broken.push(`${workflowId}: a workflow task failed (${cause}): ${failure?.message}`);
  }
  if (broken.length > 0) throw new Error(`Histories break the rules. ${broken.join('; ')}.`);
}
