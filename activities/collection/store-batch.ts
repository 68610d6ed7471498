import { mapTexts } from '../../adapters/definitions/map-texts.ts';
import type { CrawlCommit } from '../../adapters/postgres/crawl-commit.ts';
import type { CrawlChanges, PageVisit } from '../../adapters/postgres/crawls.ts';
import {
  commitBatch,
  deadLettersOfRun,
  readManifest,
  type HeldDocument,
  type ManifestRow,
  type SeenDocument,
} from '../../adapters/postgres/manifest.ts';
import { overtaken } from '../../adapters/postgres/source-state.ts';
import { NO_COUNTS, type RunCounts } from '../../workflows/collection/counts.ts';
import { deferRefused } from './defer-refused.ts';
import type { EvidenceKeeper } from './keep-evidence.ts';
import { documentHash } from './identity.ts';
import type { PreparedDocument } from './prepare-document.ts';
import { cleanDetail, sortMessages, type DocumentMessage, type Sorted } from './sort-messages.ts';
import type { StagedEvidence } from './stage-evidence.ts';
import { reference, type StoreContext } from './store-context.ts';
import { storableValidators } from './store-document.ts';
import { decideWrite, upload, type Uploaded, type Write } from './upload.ts';

/**
 * Stores one batch: sidecar, then content, then rows with the cursor in one statement. Running it twice writes nothing twice: what S3 has
 * already is recognised by its hash. Of two messages about one document the last one counts.
 * @throws Conflict - a newer attempt has taken over; nothing was committed.
 */
export async function storeBatch(
  messages: readonly DocumentMessage[],
  { cursor, crawl, evidence: staged }: BatchEnd,
  context: StoringContext,
): Promise<RunCounts> {
  const sorted = await sortMessages(messages, context);
  const hashes = [...sorted.prepared.map((one) => one.hash), ...sorted.seen.keys()];
  const rows = await readManifest(context.db, reference(context), hashes);
  const decided = sorted.prepared.map((prepared) =>
    decideWrite(prepared, rows.get(prepared.hash), context),
  );
  const { writes, deferred, refusedBefore } = await deferRefused(decided, context);
  const uploaded = await upload(writes, refusedBefore, context);
  const failed = [...sorted.failed, ...uploaded.failed, ...deferred];
  const held = writes.flatMap((write) => (write.kind === 'held' ? [heldDocument(write)] : []));
  const counts = await count({ ...sorted, writes, rows, failed, uploaded }, context);
  const seen = [
    ...writes
      .filter((write) => write.kind === 'none')
      .map((write) => seenDocument(write.prepared, context)),
    ...[...sorted.seen.keys()].map((hash) => ({ hash })),
  ];
  const evidence = staged && (await context.evidence?.prepare(staged, crawl?.crawl ?? ''));
  const committed = await commitBatch(context.db, {
    ...reference(context),
    run: context.run,
    fence: context.claim.fence,
    listing: context.claim.listing,
    startedAt: context.startedAt,
    cursor,
    crawl: crawl && crawlCommit(crawl, context),
    evidence,
    stored: uploaded.stored,
    seen,
    failed,
    held,
    gone: sorted.gone,
    staleObjects: uploaded.stored.flatMap(({ hash, key }) =>
      staleObject(rows.get(hash), key, context),
    ),
    counts,
    target: context.definition.knowledgeBase,
    changed: uploaded.stored.length > 0,
  });
  if (!committed) throw overtaken(reference(context));
  if (evidence !== undefined) await context.evidence?.committed(evidence);
  return counts;
}

/** Up to where a batch goes. */
export interface BatchEnd {
  /** Undefined where no checkpoint came. */
  readonly cursor: unknown;
  /** What a crawl changed up to there. */
  readonly crawl: CrawlChanges | undefined;
  /** What was witnessed of its pages up to there. */
  readonly evidence?: StagedEvidence | undefined;
}

/** Where nobody keeps evidence, what was witnessed is forgotten. */
export interface StoringContext extends StoreContext {
  readonly evidence?: EvidenceKeeper;
}

function crawlCommit(changes: CrawlChanges, context: StoreContext): CrawlCommit {
  const { configSig, startedAt } = context;
  const pages = changes.pages.map((page) => storablePage(page, context));
  const notes = mapTexts(changes.notes, (text) => cleanDetail(text, context)) as object;
  return { changes: { ...changes, notes, pages }, configSig, startedAt, hashOf: documentHash };
}

/** What sites say of themselves may hold anything. */
function storablePage(page: PageVisit, context: StoreContext): PageVisit {
  const { etag: _etag, lastModified: _lastModified, sitemapLastmod, detail, ...others } = page;
  return {
    ...others,
    ...storableValidators(page),
    ...(sitemapLastmod === undefined
      ? {}
      : { sitemapLastmod: cleanDetail(sitemapLastmod, context) }),
    ...(detail === undefined ? {} : { detail: cleanDetail(detail, context) }),
  };
}

function seenDocument(
  { hash, document }: PreparedDocument,
  { configSig }: StoreContext,
): SeenDocument {
  return { hash, configSig, ...storableValidators(document.validators) };
}

function heldDocument({ prepared, detail }: Extract<Write, { kind: 'held' }>): HeldDocument {
  return { hash: prepared.hash, detail, bytes: prepared.content.bytes };
}

/** Also of a row whose deletion was interrupted: some of its objects may still lie at the old place. */
function staleObject(row: ManifestRow | undefined, key: string, { definition }: StoreContext) {
  const moved =
    row !== undefined &&
    row.state !== 'deleted' &&
    (row.key !== key || row.bucket !== definition.knowledgeBase.bucket);
  return moved ? [{ bucket: row.bucket, key: row.key }] : [];
}

function hashesOf(writes: readonly Write[], wanted: Write['kind']): readonly string[] {
  return writes.filter(({ kind }) => kind === wanted).map(({ prepared }) => prepared.hash);
}

interface Countable extends Sorted {
  readonly writes: readonly Write[];
  readonly rows: ReadonlyMap<string, ManifestRow>;
  readonly uploaded: Uploaded;
}

/**
 * One outcome a document and run: what an earlier attempt of this run has committed already is not counted again, and a document that
 * failed first and was read well later in the run is no longer counted as failed. One that failed and was then only seen stays failed.
 */
async function count(
  { writes, rows, seen, failed, uploaded }: Countable,
  context: StoreContext,
): Promise<RunCounts> {
  const storedHashes = new Set(uploaded.stored.map((one) => one.hash));
  const stored = [...storedHashes];
  const read = hashesOf(writes, 'none');
  const held = hashesOf(writes, 'held');
  const hashes = failed.map((one) => one.hash);
  const failedBefore = await deadLettersOfRun(
    context.db,
    { ...reference(context), run: context.run },
    [...stored, ...read, ...held, ...seen.keys(), ...hashes],
  );
  const heldBefore = (hash: string): boolean =>
    rows.get(hash)?.lastSeenRun === context.run && rows.get(hash)?.failure === 'ContentShrank';
  const present = [...seen.keys()].filter(
    (hash) => rows.get(hash)?.state === 'live' && !failedBefore.has(hash) && !heldBefore(hash),
  );
  const isNew = (hash: string): boolean =>
    rows.get(hash)?.lastSeenRun !== context.run || failedBefore.has(hash) || heldBefore(hash);
  const newlyStored = stored.filter(isNew);
  const added = newlyStored.filter((hash) => rows.get(hash)?.state !== 'live').length;
  const cured = [...stored, ...read, ...held].filter((hash) => failedBefore.has(hash)).length;
  const recovered = [...stored, ...read].filter(heldBefore).length;
  return {
    ...NO_COUNTS,
    added,
    updated: newlyStored.length - added,
    unchanged: [...read, ...present].filter(isNew).length,
    failed: hashes.filter((hash) => !failedBefore.has(hash)).length - cured,
    held: held.filter((hash) => !heldBefore(hash)).length - recovered,
    putRequests: uploaded.putRequests,
    putBytes: uploaded.putBytes,
  };
}
