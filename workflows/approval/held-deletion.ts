import { isCancellation, log, proxyActivities } from '@temporalio/workflow';
import { classify } from '../classify.ts';
import type { CollectionActivities } from '../collection/activities.ts';
import * as retry from '../retry.ts';
import type { ApprovalActivities, RemovalCheck } from './activities.ts';
import { enter, setOf, type Desk } from './held-desk.ts';
import type { DecideHeldInput } from './held-input.ts';
import type { HeldOutcome } from './status.ts';
import { oneLine } from './words.ts';

const store = proxyActivities<ApprovalActivities>(retry.patient);
const deleter = proxyActivities<ApprovalActivities>(retry.deletion);
const verifier = proxyActivities<ApprovalActivities>(retry.poll);
const announcer = proxyActivities<CollectionActivities>(retry.quick);

/** Deletes an approved set, tells the knowledge base, and looks whether it has forgotten the documents. */
export async function executeDeletions(desk: Desk, approved: string): Promise<HeldOutcome> {
  const { input } = desk;
  const { definitionDigest } = input;
  enter(desk, 'deleting');
  const { deleted, dropped } = await deleter.deleteHeld.executeWithOptions(
    { summary: `delete ${input.held.candidates} documents` },
    [{ ...setOf(input), definitionDigest }],
  );
  const kept =
    dropped > 0
      ? `, ${dropped} left out because the source has shown them again or they were gone already`
      : '';
  const because = `${approved}: ${deleted} documents deleted${kept}.`;
  if (deleted === 0) return { outcome: 'approved', because, deleted, dropped };
  await announce(desk);
  const problem = await verify(desk);
  await store.recordVerification.executeWithOptions(
    { summary: problem === null ? 'the knowledge base has forgotten them' : 'IngestionFailed' },
    [{ ...setOf(input), problem }],
  );
  if (problem === null) {
    const verified = `${because} The knowledge base no longer has them.`;
    return { outcome: 'approved', because: verified, deleted, dropped };
  }
  const failed = { failure: 'IngestionFailed', deleted, dropped } as const;
  return { outcome: 'approved', because: `${because} ${problem}`, ...failed };
}

/** The mark of the change is in the database already; this only wakes the sync early. */
async function announce(desk: Desk): Promise<void> {
  const { knowledgeBase, source } = desk.input;
  enter(desk, 'announcing');
  try {
    await announcer.requestKnowledgeBaseSync.executeWithOptions({ summary: 'wake the sync' }, [
      { ...knowledgeBase, source },
    ]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { message } = classify(error);
    log.warn('the knowledge base sync was not woken', { reason: message });
  }
}

/** Null when all that was asked about is gone; else a whole sentence. */
async function verify(desk: Desk): Promise<string | null> {
  const { input } = desk;
  enter(desk, 'verifying');
  try {
    const check = await verifier.verifyRemovals.executeWithOptions(
      { summary: 'does the knowledge base still have them?' },
      [{ ...setOf(input), knowledgeBase: input.knowledgeBase }],
    );
    return problemOf(check, input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return `IngestionFailed: whether the knowledge base has forgotten them is not known. ${classify(error).message}`;
  }
}

function problemOf(
  { asked, found, foundTotal }: RemovalCheck,
  input: DecideHeldInput,
): string | null {
  if (foundTotal === 0) return null;
  const which = found.map((uri) => `"${oneLine(uri)}"`).join(', ');
  return `IngestionFailed: after an ingestion, knowledge base "${input.knowledgeBase.id}" still has ${foundTotal} of ${asked} documents that were looked for: ${which}. Look at its ingestion jobs.`;
}
