import { missEveryDocument, readFormerSource } from '../../adapters/postgres/mending.ts';
import { definitionByDigest, definitionOf } from '../../adapters/postgres/revisions.ts';
import { requireRest } from '../../adapters/postgres/source-at-rest.ts';
import type { MendReport } from '../../workflows/collection/mending.ts';
import { failure } from '../../workflows/failures.ts';
import { answers, askPeople, rejectedBy, sha256 } from '../collection/ask-people.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';

const SAMPLE = 10;
/** Begins the name of what stands for a run in the sets that a person asked for in this way. */
export const FORGETS = 'forget:';
const RULE = 'the source left the definitions';

/**
 * Asks people whether the documents of a source that left the definitions may go, by the same question that a guarded deletion asks: nothing
 * is deleted before somebody approves, and what a source shows again is left out.
 * @throws InvalidConfig - the source is in force. NotFound - nothing is stored of it. Conflict - a run is under way.
 */
export async function forgetSource(
  source: string,
  deps: CollectionDependencies,
): Promise<MendReport> {
  if (await definitionOf(deps.db, source)) throw stillInForce(source);
  const former = await readFormerSource(deps.db, source);
  const definition = former && (await definitionByDigest(deps.db, former.digest));
  if (!former || !definition) throw nothingStored(source);
  await requireRest(deps.db, former, (run) => deps.approvals.isRunning(run));
  const found = await missEveryDocument(deps.db, former, RULE);
  if (found.length === 0) throw nothingStored(source);
  const digest = sha256(found.map(({ hash }) => hash).join('\n'));
  const reason = `Source "${source}" left the definitions, and ${found.length} of its documents stay. ${answers(digest, 'deletes them', 'keeps them')}`;
  const report = {
    failure: 'EmptyResult',
    reason,
    digest,
    candidates: found.length,
    live: found.length,
    sample: found.slice(0, SAMPLE).map(({ name }) => name.slice(0, 100)),
  } as const;
  const documents = found.map(({ hash, rule }) => ({ hash, rule }));
  const matter = { kind: 'deletions', report, documents, listingComplete: true } as const;
  const input = { ...former, runId: `${FORGETS}${source}`, startedAtMs: Date.now() };
  const rejected = await askPeople(matter, input, definition, deps);
  if (rejected) throw wasRejected(source, rejectedBy(rejected, digest));
  return { documents: found.length, digest, refused: [], refusedTotal: 0 };
}

function stillInForce(source: string): Error {
  return failure(
    'InvalidConfig',
    `Source "${source}" is in force, so its next run would collect everything again. Take it out of the definitions and run "npm run cli -- apply" first.`,
  );
}

function nothingStored(source: string): Error {
  return failure(
    'NotFound',
    `Nothing is stored of a source "${source}". "npm run cli -- doctor" lists sources that left documents behind.`,
  );
}

function wasRejected(source: string, by: string): Error {
  return failure(
    'Conflict',
    `To delete the documents of source "${source}" was rejected ${by}. Put the source back into the definitions and let it run; then this can be asked again.`,
  );
}
