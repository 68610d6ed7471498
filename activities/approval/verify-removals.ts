import { cancellationSignal, sleep } from '@temporalio/activity';
import { readRemovalProbe } from '../../adapters/postgres/held-deletions.ts';
import type { RemovalCheck, VerifyRemovalsInput } from '../../workflows/approval/activities.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';

/** Asked about one by one, so that a sample must do: three calls of ten documents. */
const SAMPLE = 30;
/** A knowledge base may say "done" and need a while longer. */
const ASKS = 5;
const SHOWN = 5;

/** Waits until an ingestion covers the deletions, then asks the knowledge base whether it has forgotten them. */
export async function verifyRemovals(
  input: VerifyRemovalsInput,
  deps: CollectionDependencies,
): Promise<RemovalCheck> {
  const state = { phase: 'waiting for an ingestion', asked: 0 };
  return withHeartbeat(
    () => state,
    async () => {
      await untilCovered(input, deps);
      const [firstMs, lastMs] = deps.tuning.pollMs;
      for (let waitMs = firstMs; ; waitMs = Math.min(lastMs, waitMs * 2)) {
        Object.assign(state, { phase: 'asking the knowledge base', asked: state.asked + 1 });
        const check = await ask(input, deps);
        if (check.foundTotal === 0 || state.asked >= ASKS) return check;
        await sleep(waitMs);
      }
    },
  );
}

async function untilCovered(
  input: VerifyRemovalsInput,
  { db, tuning }: CollectionDependencies,
): Promise<void> {
  const [firstMs, lastMs] = tuning.pollMs;
  for (let waitMs = firstMs; ; waitMs = Math.min(lastMs, waitMs * 1.5)) {
    const { covered } = await readRemovalProbe(db, { ...input, limit: 0 });
    if (covered) return;
    await sleep(waitMs);
  }
}

/** Of those that are deleted still: what came back meanwhile has to be in the knowledge base. */
async function ask(
  { knowledgeBase, ...set }: VerifyRemovalsInput,
  { db, knowledge }: CollectionDependencies,
): Promise<RemovalCheck> {
  const { uris } = await readRemovalProbe(db, { ...set, knowledgeBase, limit: SAMPLE });
  const { knowledgeBaseId, dataSourceId } = knowledgeBase;
  const signal = cancellationSignal();
  const states = await knowledge.getDocumentStatuses({
    knowledgeBaseId,
    dataSourceId,
    uris,
    signal,
  });
  const found = states.filter(({ outcome }) => outcome !== 'gone').map(({ uri }) => uri);
  return { asked: uris.length, found: found.slice(0, SHOWN), foundTotal: found.length };
}
