import { activityInfo, cancellationSignal, heartbeat, sleep } from '@temporalio/activity';
import type { IndexedState } from '../../adapters/aws/knowledge-documents.ts';
import type { ExaminedRow } from '../../adapters/postgres/examinations.ts';
import { forgetStored } from '../../adapters/postgres/mending.ts';
import { definitionOf } from '../../adapters/postgres/revisions.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { MendReport, MendSourceInput } from '../../workflows/collection/mending.ts';
import { failure } from '../../workflows/failures.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';
import { sidecarKey } from '../collection/identity.ts';
import { chooseDocuments } from './choose-documents.ts';
import type { MendProgress } from './mend-source.ts';

type ChosenInput = Extract<MendSourceInput, { readonly verb: 'reindex' | 'reread' }>;

/** The service takes ten documents a call and five calls a second. */
const BATCH = 10;
const PAUSE_MS = 250;
/** So many are waited for; more are handed over, and the knowledge base tells later. */
const WAITED_FOR = 200;
const WAIT_MS = 600_000;
const MAX_REFUSED = 10;

/**
 * Hands documents to the knowledge base once more, as they lie in S3. By direct ingestion: a job passes over objects that did not change, also
 * those that it could not index. What was deleted is taken out instead.
 */
export async function reindexDocuments(
  input: ChosenInput,
  progress: MendProgress,
  deps: CollectionDependencies,
): Promise<MendReport> {
  const definition = await inForce(input.source, deps);
  const earlier = activityInfo().heartbeatDetails as MendProgress | undefined;
  if (input.choice.kind === 'all' && earlier) Object.assign(progress, earlier);
  const refused = createRefused();
  const uris: string[] = [];
  const handOver = handing(input, definition, deps);
  let batch: ExaminedRow[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await handOver(batch);
    progress.after = batch.at(-1)?.hash ?? progress.after;
    progress.documents += batch.length;
    if (uris.length < WAITED_FOR) uris.push(...batch.map(uriOf));
    heartbeat(progress);
    batch = [];
    await sleep(PAUSE_MS);
  };
  const signal = cancellationSignal();
  const chosen = chooseDocuments(
    { definition, choice: input.choice, signal, onUnknown: (id) => refused.add(id, UNKNOWN) },
    progress.after,
    deps,
  );
  for await (const row of chosen) {
    const problem = input.choice.kind === 'all' ? undefined : await damageOf(row, deps, signal);
    if (problem !== undefined) refused.add(row.docId, problem);
    else batch.push(row);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  const states = await settled(uris.slice(0, WAITED_FOR), definition, deps);
  for (const { uri, outcome, reason, status } of states)
    if (outcome === 'failed') refused.add(uri, reason ?? status);
  return {
    documents: progress.documents,
    outcomes: outcomesOf(states, progress.documents),
    ...refused.report(),
  };
}

const UNKNOWN = 'Nothing is stored of it; "explain" tells more.';

/** Lets the next run read the source again and write these documents anew. */
export async function rereadDocuments(
  input: ChosenInput,
  deps: CollectionDependencies,
): Promise<MendReport> {
  const definition = await inForce(input.source, deps);
  const reference = { tenant: definition.tenant, source: definition.id };
  if (input.choice.kind === 'all')
    return { documents: await forgetStored(deps.db, reference), refused: [], refusedTotal: 0 };
  const refused = createRefused();
  const hashes: string[] = [];
  const signal = cancellationSignal();
  const onUnknown = (id: string): void => refused.add(id, UNKNOWN);
  const { choice } = input;
  for await (const row of chooseDocuments({ definition, choice, signal, onUnknown }, '', deps))
    hashes.push(row.hash);
  const documents = hashes.length === 0 ? 0 : await forgetStored(deps.db, reference, hashes);
  return { documents, ...refused.report() };
}

async function inForce(
  source: string,
  { db }: Pick<CollectionDependencies, 'db'>,
): Promise<SourceDefinition> {
  const found = await definitionOf(db, source);
  if (found) return found.definition;
  throw failure(
    'NotFound',
    `No source "${source}" is in force. Add it to the definitions and run "npm run cli -- apply".`,
  );
}

function handing(
  { request }: ChosenInput,
  { knowledgeBase: { knowledgeBaseId, dataSourceId } }: SourceDefinition,
  { knowledge }: CollectionDependencies,
): (rows: readonly ExaminedRow[]) => Promise<void> {
  return async (rows) => {
    const call = {
      knowledgeBaseId,
      dataSourceId,
      clientToken: request,
      signal: cancellationSignal(),
    };
    const [live, gone] = [rows.filter(isLive), rows.filter((row) => !isLive(row))];
    if (live.length > 0) await knowledge.ingestDocuments({ ...call, uris: live.map(uriOf) });
    if (gone.length > 0) await knowledge.deleteDocuments({ ...call, uris: gone.map(uriOf) });
  };
}

function isLive({ state }: ExaminedRow): boolean {
  return state === 'live';
}

/** Why it would be wrong to index what lies there; undefined when all is well. */
async function damageOf(
  { state, bucket, key, contentEtag, sidecarEtag }: ExaminedRow,
  { objects }: CollectionDependencies,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [content, sidecar] = await Promise.all(
    [key, sidecarKey(key)].map((at) => objects.head({ bucket, key: at, signal })),
  );
  if (state !== 'live')
    return content ? 'It was deleted, but its object still lies in S3.' : undefined;
  if (content?.etag === contentEtag && sidecar?.etag === sidecarEtag) return undefined;
  return 'What lies in S3 is not what was stored; "--reread" writes it anew.';
}

/** Waits until the knowledge base has made up its mind about each. */
async function settled(
  uris: readonly string[],
  { knowledgeBase: { knowledgeBaseId, dataSourceId } }: SourceDefinition,
  { knowledge, tuning }: CollectionDependencies,
): Promise<readonly IndexedState[]> {
  const [firstMs, lastMs] = tuning.pollMs;
  const deadline = Date.now() + WAIT_MS;
  for (let waitMs = firstMs; ; waitMs = Math.min(lastMs, waitMs * 1.5)) {
    if (uris.length === 0) return [];
    const call = { knowledgeBaseId, dataSourceId, uris, signal: cancellationSignal() };
    const states = await knowledge.getDocumentStatuses(call);
    const isDone = states.every(({ outcome }) => outcome !== 'pending');
    if (isDone || Date.now() > deadline) return states;
    await sleep(waitMs);
  }
}

function outcomesOf(
  states: readonly IndexedState[],
  documents: number,
): NonNullable<MendReport['outcomes']> {
  const counts = Object.fromEntries(
    [...Map.groupBy(states, ({ outcome }) => outcome)].map(([name, all]) => [name, all.length]),
  );
  const later = documents - states.length;
  return later > 0 ? { ...counts, pending: (counts['pending'] ?? 0) + later } : counts;
}

function uriOf({ bucket, key }: ExaminedRow): string {
  return `s3://${bucket}/${key}`;
}

function createRefused() {
  const refused: { id: string; reason: string }[] = [];
  let refusedTotal = 0;
  return {
    add(id: string, reason: string): void {
      refusedTotal += 1;
      if (refused.length < MAX_REFUSED)
        refused.push({ id: id.slice(0, 200), reason: reason.slice(0, 200) });
    },
    report: () => ({ refused, refusedTotal }),
  };
}
