import { sql } from 'kysely';
import type { DocumentState } from './tables.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** Everything that the manifest has of one document. */
export interface ExplainedRow {
  readonly hash: string;
  readonly docId: string;
  readonly state: DocumentState;
  readonly bucket: string;
  readonly key: string;
  readonly title: string | null;
  readonly url: string | null;
  readonly bytes: number;
  readonly firstSeen: Date;
  readonly lastChanged: Date | null;
  readonly lastSeenRun: string | null;
  readonly lastSeenListing: number;
  /** Of the source. */
  readonly listing: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly contentHash: string | null;
  readonly metaHash: string | null;
  readonly contentEtag: string | null;
  readonly sidecarEtag: string | null;
  readonly configSig: string | null;
  readonly goneCount: number;
  readonly goneWhy: string | null;
  readonly failCount: number;
  readonly failure: string | null;
  readonly failureDetail: string | null;
  readonly heldBytes: number | null;
  readonly notes: readonly string[] | null;
}

export interface WantedDocument extends SourceReference {
  /** Of the ids that it may have. */
  readonly hashes: readonly string[];
  /** Its id, its address or its key in the bucket. */
  readonly about: string;
}

/** The row of a document by its id, its address or its key; by id where several fit. */
export async function findExplainedRow(
  db: Database,
  { tenant, source, hashes, about }: WantedDocument,
): Promise<ExplainedRow | undefined> {
  const key = about.replace(/^s3:\/\/[^/]+\//, '').replace(/\.metadata\.json$/, '');
  const { rows } = await sql<ExplainedRow>`
    select d.hash, d.doc_id as "docId", d.state, d.bucket, d.key, d.title, d.url, d.bytes, d.first_seen as "firstSeen",
      d.last_changed as "lastChanged", d.last_seen_run as "lastSeenRun", d.last_seen_listing as "lastSeenListing",
      coalesce(s.listing, 0) as listing, d.etag, d.last_modified as "lastModified", d.content_hash as "contentHash",
      d.meta_hash as "metaHash", d.content_etag as "contentEtag", d.sidecar_etag as "sidecarEtag", d.config_sig as "configSig",
      d.gone_count as "goneCount", d.gone_why as "goneWhy", d.fail_count as "failCount", d.failure,
      d.failure_detail as "failureDetail", d.held_bytes as "heldBytes", d.notes
    from documents d left join source_state s on s.tenant = d.tenant and s.source = d.source
    where d.tenant = ${tenant} and d.source = ${source}
      and (d.hash = any(${hashes}::text[]) or d.doc_id = ${about} or d.url = ${about} or d.key = ${key})
    order by d.hash = any(${hashes}::text[]) desc, d.state = 'live' desc, d.hash limit 1`.execute(
    db,
  );
  return rows[0];
}

export interface ExplainedLetter {
  readonly failure: string;
  readonly detail: string;
  readonly attempts: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly run: string;
  readonly nextAttemptAt: Date | null;
}

/** A held set that names the document. */
export interface ExplainedQuestion {
  readonly digest: string;
  readonly state: string;
  readonly kind: string;
  readonly run: string;
  readonly rule: string;
}

export interface ExplainedDeletion {
  readonly run: string;
  readonly rule: string;
  readonly deletedAt: Date;
}

export interface ExplainedRecords {
  readonly letter: ExplainedLetter | null;
  readonly deletion: ExplainedDeletion | null;
  readonly question: ExplainedQuestion | null;
}

/** What else is recorded of the document with this hash: the newest of each. */
export async function readExplainedRecords(
  db: Database,
  { tenant, source }: SourceReference,
  hash: string,
): Promise<ExplainedRecords> {
  const letters = await sql<ExplainedLetter>`
    select failure, detail, attempts, first_seen as "firstSeen", last_seen as "lastSeen", run, next_attempt_at as "nextAttemptAt"
    from dead_letters where tenant = ${tenant} and source = ${source} and hash = ${hash}`.execute(
    db,
  );
  const deletions = await sql<ExplainedDeletion>`
    select run, rule, deleted_at as "deletedAt" from deletions
    where tenant = ${tenant} and source = ${source} and hash = ${hash} order by deleted_at desc limit 1`.execute(
    db,
  );
  const questions = await sql<ExplainedQuestion>`
    select h.digest, h.state, h.kind, h.run, m.rule from held_documents m
    join held_sets h on h.tenant = m.tenant and h.source = m.source and h.digest = m.digest
    where m.tenant = ${tenant} and m.source = ${source} and m.hash = ${hash}
    order by h.state = 'open' desc, h.opened_at desc limit 1`.execute(db);
  return {
    letter: letters.rows[0] ?? null,
    deletion: deletions.rows[0] ?? null,
    question: questions.rows[0] ?? null,
  };
}

/** Ids that may be the one that was meant: its neighbours in the alphabet, and those that contain its last part. */
export async function readIdsLike(
  db: Database,
  { tenant, source }: SourceReference,
  about: string,
): Promise<readonly string[]> {
  const part = about.split(/[/:#?]/).findLast((one) => one !== '') ?? about;
  const { rows } = await sql<{ id: string }>`
    with known as (
      select doc_id as id from documents where tenant = ${tenant} and source = ${source} and state <> 'deleted'
      union select url from web_pages where tenant = ${tenant} and source = ${source}
      union select doc_id from dead_letters where tenant = ${tenant} and source = ${source} and doc_id is not null
    )
    (select id from known where id collate "C" >= ${about} order by id collate "C" limit ${NEIGHBOURS})
    union (select id from known where id collate "C" < ${about} order by id collate "C" desc limit ${NEIGHBOURS})
    union (select id from known where strpos(lower(id), lower(${part})) > 0 order by length(id), id limit ${NEIGHBOURS})`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

const NEIGHBOURS = 20;

/** Since when changes of a data source wait for a job; null when none does. */
export async function readWaitingSince(
  db: Database,
  {
    knowledgeBaseId,
    dataSourceId,
  }: { readonly knowledgeBaseId: string; readonly dataSourceId: string },
): Promise<Date | null> {
  const row = await db
    .selectFrom('knowledge_base_state')
    .select('dirty_since')
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .where('data_source_id', '=', dataSourceId)
    .executeTakeFirst();
  return row?.dirty_since ?? null;
}
