import { createHash } from 'node:crypto';
import { log, sleep } from '@temporalio/activity';
import type { IndexedState } from '../../adapters/aws/knowledge-documents.ts';
import type { Ingestion } from '../../adapters/aws/knowledge-ingestions.ts';
import { refusedInRow } from '../../adapters/postgres/syncs.ts';
import type { IngestionReport } from '../../workflows/collection/activities.ts';
import { classify } from '../../workflows/classify.ts';
import type { CollectionDependencies } from './dependencies.ts';

const MAX_FAILED_SHOWN = 20;
/** With them the report stays below 8 KB, the bound of a payload: keys that others wrote may have 1 KB each. */
const MAX_FAILED_BYTES = 5000;
/** A document that this many syncs in a row could not bring in is broken, and each try costs a reading by a model. */
const MAX_SYNCS = 3;
/** Reading one takes minutes; what is not through by then shows at the next sync. */
const SETTLES_WITHIN_MS = 300_000;

interface Target {
  readonly knowledgeBaseId: string;
  readonly dataSourceId: string;
  readonly signal: AbortSignal;
}

interface Outcome {
  /** What the index refuses still, as many as fit into a report. */
  readonly failedDocuments: IngestionReport['failedDocuments'];
  /** How many of those that the job refused are in the index now. */
  readonly taken: number;
}

/**
 * COMPLETE is not success: every document may have failed, and the job does not name them. Those that it refused are handed over once more,
 * one by one, because the next job passes over an object that did not change. After three syncs in a row a document is only named.
 */
export async function tryRefusedAgain(
  target: Target,
  job: Pick<Ingestion, 'jobId' | 'statistics' | 'status'>,
  deps: CollectionDependencies,
): Promise<Outcome> {
  // A job that passes over what an earlier one refused counts no failure.
  const before = await refusedInRow(deps.db, target, 1);
  if (job.statistics.failed === 0 && before.size === 0) return { failedDocuments: [], taken: 0 };
  // What is being read was handed over by an attempt of ours that died.
  const first = await listDocuments(target, ['failed', 'pending'], deps);
  const worn = await refusedInRow(deps.db, target, MAX_SYNCS);
  const uris = first.map(({ uri }) => uri).filter((uri) => !worn.has(uri));
  if (job.status !== 'COMPLETE' || uris.length === 0) return { failedDocuments: first, taken: 0 };
  try {
    const taken = await handOver(uris, { target, jobId: job.jobId, deps });
    return { failedDocuments: await listDocuments(target, ['failed'], deps), taken };
  } catch (error) {
    target.signal.throwIfAborted();
    // The job is done, and what it refused is known: a second try is a service.
    log.warn('refused documents were not tried again', { because: classify(error).message });
    return { failedDocuments: first, taken: 0 };
  }
}

interface HandingOver {
  readonly target: Target;
  readonly jobId: string;
  readonly deps: Pick<CollectionDependencies, 'knowledge' | 'tuning'>;
}

async function handOver(
  uris: readonly string[],
  { target, jobId, deps: { knowledge, tuning } }: HandingOver,
): Promise<number> {
  const clientToken = createHash('sha256').update(`refused:${jobId}`).digest('hex');
  let states = await knowledge.ingestDocuments({ ...target, uris, clientToken });
  const deadline = Date.now() + SETTLES_WITHIN_MS;
  while (states.some(({ outcome }) => outcome === 'pending') && Date.now() < deadline) {
    await sleep(tuning.pollMs[0]);
    states = await knowledge.getDocumentStatuses({ ...target, uris });
  }
  return states.filter(({ outcome }) => outcome === 'indexed').length;
}

async function listDocuments(
  target: Target,
  outcomes: readonly IndexedState['outcome'][],
  { knowledge }: Pick<CollectionDependencies, 'knowledge'>,
): Promise<{ uri: string; reason: string }[]> {
  const found: { uri: string; reason: string }[] = [];
  for await (const { uri, status, outcome, reason } of knowledge.listDocuments(target)) {
    if (!outcomes.includes(outcome)) continue;
    found.push({ uri, reason: (reason ?? status).slice(0, 200) });
    const tooLarge = Buffer.byteLength(JSON.stringify(found)) > MAX_FAILED_BYTES;
    if (tooLarge) found.pop();
    if (tooLarge || found.length >= MAX_FAILED_SHOWN) break;
  }
  return found;
}
