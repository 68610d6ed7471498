import { nearestOf } from '../../adapters/definitions/nearest.ts';
import { parseRobots } from '../../adapters/net/robots.ts';
import {
  findExplainedRow,
  readExplainedRecords,
  readIdsLike,
  readWaitingSince,
  type ExplainedRecords,
  type ExplainedRow,
} from '../../adapters/postgres/explanations.ts';
import { readWebHost, readWebPage, type WebPage } from '../../adapters/postgres/web-pages.ts';
import type {
  DocumentFacts,
  Explanation,
  HostFacts,
  KnowledgeFacts,
  ObjectFacts,
  PageFacts,
  PresentFacts,
  StoredFacts,
} from '../../workflows/collection/explanation.ts';
import type { SourceEnv } from '../sources/contract.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { documentHash, sidecarKey } from './identity.ts';
import type { OpenedSource } from './open-source.ts';

const MAX_NEAREST = 5;
/** A person waits: a source that does not answer by then is said to be silent. */
const ASK_WITHIN_MS = 20_000;

/** Everything that is known of one document of a source, by its id, address or key. Reads only. */
export async function explainDocument(
  about: string,
  opened: OpenedSource,
  env: SourceEnv,
  deps: CollectionDependencies,
): Promise<Explanation> {
  const { tenant, id: source } = opened.definition;
  const reference = { tenant, source };
  const ruling = await opened.source.ruleOn?.(about);
  const wanted = ruling?.id ?? about;
  const row = await findExplainedRow(deps.db, {
    ...reference,
    about,
    hashes: [...new Set([documentHash(wanted), documentHash(about)])],
  });
  const id = row?.docId ?? wanted;
  const hash = row?.hash ?? documentHash(id);
  const records = await readExplainedRecords(deps.db, reference, hash);
  const page = ruling?.id && (await readWebPage(deps.db, reference, documentHash(ruling.id)));
  const isKnown = row !== undefined || records.letter !== null || Boolean(page);
  return {
    asked: about,
    id,
    ...(ruling ? { ruling } : {}),
    ...(page ? { page: pageFacts(page) } : {}),
    ...(ruling?.id ? { host: await hostFacts(ruling.id, deps) } : {}),
    ...(row ? { document: documentFacts(row, opened.configSig) } : {}),
    ...recordFacts(records),
    // A page was asked for by its crawl; asking again would need its manners.
    ...(ruling ? {} : await present(id, opened, env)),
    ...(row ? { stored: await storedFacts(row, env, deps) } : {}),
    ...(row ? { knowledge: await knowledgeFacts(row, opened, env, deps) } : {}),
    nearest: isKnown ? [] : nearestOf(id, await readIdsLike(deps.db, reference, id), MAX_NEAREST),
  };
}

function pageFacts({ fetchedAt, readAt, url: _url, ...page }: WebPage): PageFacts {
  return withoutNulls({ ...page, fetchedAt: isoOf(fetchedAt), readAt: isoOf(readAt) });
}

async function hostFacts(id: string, { db, settings }: CollectionDependencies): Promise<HostFacts> {
  const known = await readWebHost(db, id);
  const robots = known.robots === null ? undefined : parseRobots(known.robots);
  return {
    host: new URL(id).host,
    ...withoutNulls({
      heldUntil: isoOf(known.heldUntil),
      robotsAskedAt: isoOf(known.robotsAskedAt),
      robotsStatus: known.robotsStatus,
      robotsProblem: known.robotsProblem,
      robotsReadAt: isoOf(known.robotsReadAt),
    }),
    ...(robots ? { allowed: robots.allows(settings.userAgent, id) } : {}),
    ...withoutNulls({ robotsRule: robots?.lineFor(settings.userAgent, id) }),
  };
}

function documentFacts(row: ExplainedRow, configSig: string): DocumentFacts {
  const { hash, state, bucket, key, bytes, lastSeenListing, listing, goneCount, failCount } = row;
  return {
    hash,
    state,
    bucket,
    key,
    bytes,
    lastSeenListing,
    listing,
    goneCount,
    failCount,
    firstSeen: row.firstSeen.toISOString(),
    current: row.configSig === configSig,
    notes: row.notes ?? [],
    ...withoutNulls({
      title: row.title,
      url: row.url,
      lastChanged: isoOf(row.lastChanged),
      lastSeenRun: row.lastSeenRun,
      etag: row.etag,
      lastModified: row.lastModified,
      contentHash: row.contentHash,
      metaHash: row.metaHash,
      goneWhy: row.goneWhy,
      failure: row.failure,
      failureDetail: row.failureDetail,
      heldBytes: row.heldBytes,
    }),
  };
}

function recordFacts({ letter, deletion, question }: ExplainedRecords) {
  const times = letter && {
    firstSeen: letter.firstSeen.toISOString(),
    lastSeen: letter.lastSeen.toISOString(),
    ...withoutNulls({ nextAttemptAt: isoOf(letter.nextAttemptAt) }),
  };
  return {
    ...(letter && times
      ? {
          letter: {
            failure: letter.failure,
            detail: letter.detail,
            attempts: letter.attempts,
            run: letter.run,
            ...times,
          },
        }
      : {}),
    ...(deletion ? { deletion: { ...deletion, deletedAt: deletion.deletedAt.toISOString() } } : {}),
    ...(question ? { question } : {}),
  };
}

/** Does the source have it now? Only where one document can be asked for, and where asking is free: a model would be paid for its answer. */
async function present(
  id: string,
  { source, spec, redact }: OpenedSource,
  env: SourceEnv,
): Promise<{ readonly now?: PresentFacts }> {
  if (!source.readAgain || 'generated' in spec) return {};
  const signal = AbortSignal.any([env.signal, AbortSignal.timeout(ASK_WITHIN_MS)]);
  try {
    for await (const message of source.readAgain([id], { ...env, signal })) {
      if (message.kind === 'document') return { now: { has: 'yes' } };
      if (message.kind === 'gone') return { now: { has: 'no', detail: redact(message.why) } };
      return { now: { has: 'failed', detail: redact(message.detail) } };
    }
    return { now: { has: 'unknown' } };
  } catch (error) {
    env.signal.throwIfAborted();
    return { now: { has: 'failed', detail: redact(sentenceOf(error)) } };
  }
}

async function storedFacts(
  { state, bucket, key, contentEtag, sidecarEtag }: ExplainedRow,
  { signal }: SourceEnv,
  { objects }: CollectionDependencies,
): Promise<StoredFacts> {
  const look = async (at: string, expected: string | null): Promise<ObjectFacts | undefined> => {
    const head = await objects.head({ bucket, key: at, signal });
    return head && { etag: head.etag, sizeBytes: head.sizeBytes, expected: head.etag === expected };
  };
  try {
    const content = await look(key, contentEtag);
    const sidecar = await look(sidecarKey(key), sidecarEtag);
    const isThere = content?.expected === true && sidecar?.expected === true;
    return {
      ...(content ? { content } : {}),
      ...(sidecar ? { sidecar } : {}),
      agrees: state === 'live' ? isThere : !content && !sidecar,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { agrees: false, problem: sentenceOf(error) };
  }
}

async function knowledgeFacts(
  { bucket, key }: ExplainedRow,
  { definition }: OpenedSource,
  { signal }: SourceEnv,
  { db, knowledge }: CollectionDependencies,
): Promise<KnowledgeFacts> {
  const { knowledgeBaseId, dataSourceId } = definition.knowledgeBase;
  const uri = `s3://${bucket}/${key}`;
  const waiting = withoutNulls({
    waitingSince: isoOf(await readWaitingSince(db, { knowledgeBaseId, dataSourceId })),
  });
  try {
    const target = { knowledgeBaseId, dataSourceId, uris: [uri], signal };
    const [found] = await knowledge.getDocumentStatuses(target);
    return { uri, ...waiting, ...(found ? answerOf(found) : {}) };
  } catch (error) {
    signal.throwIfAborted();
    return { uri, ...waiting, problem: sentenceOf(error) };
  }
}

function answerOf({
  status,
  outcome,
  reason,
}: Pick<KnowledgeFacts, 'reason'> & Required<Pick<KnowledgeFacts, 'status' | 'outcome'>>) {
  return { status, outcome, ...(reason === undefined ? {} : { reason }) };
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}

function isoOf(date: Date | null): string | undefined {
  return date?.toISOString();
}

type Present<Fields> = { readonly [Name in keyof Fields]?: NonNullable<Fields[Name]> };

/** Absent fields instead of empty ones: the report is JSON. */
function withoutNulls<Fields extends object>(fields: Fields): Present<Fields> {
  const present = Object.entries(fields).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(present) as Present<Fields>;
}
