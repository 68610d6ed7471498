import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';
import type { DocumentState } from './tables.ts';

/** A folder of a bucket in which rows of a source say that documents lie. */
export interface ManifestFolder extends SourceReference {
  readonly bucket: string;
  /** With its slash at the end. */
  readonly folder: string;
  readonly live: number;
}

/** Where the rows of one source, or of all, say that something lies or lay. */
export async function readFolders(
  db: Database,
  source: string | undefined,
): Promise<readonly ManifestFolder[]> {
  const { rows } = await sql<ManifestFolder>`
    select tenant, source, bucket, regexp_replace(key, '[^/]+/[^/]+$', '') as folder, count(*) filter (where state = 'live') as live
    from documents where ${source ?? null}::text is null or source = ${source ?? null}
    group by 1, 2, 3, 4 order by 1, 2, 3, 4`.execute(db);
  return rows;
}

/** What a row says of the objects of its document. */
export interface ExaminedRow {
  readonly hash: string;
  readonly docId: string;
  readonly bucket: string;
  readonly key: string;
  readonly state: DocumentState;
  readonly contentEtag: string | null;
  readonly sidecarEtag: string | null;
}

const PAGE = 1000;

/** The rows of a source, or those of one of its folders, in the order of their hashes, which is that of their keys. Memory holds one page. */
export async function* readExaminedRows(
  db: Database,
  { tenant, source }: SourceReference,
  place?: { readonly bucket: string; readonly folder: string },
): AsyncGenerator<ExaminedRow> {
  const within = place
    ? sql`bucket = ${place.bucket} and starts_with(key, ${place.folder}) and strpos(substr(key, length(${place.folder}) + 4), '/') = 0`
    : sql`true`;
  for (let after = ''; ;) {
    const { rows } = await sql<ExaminedRow>`
      select ${COLUMNS} from documents
      where tenant = ${tenant} and source = ${source} and hash > ${after} and ${within}
      order by hash limit ${PAGE}`.execute(db);
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.hash ?? '';
  }
}

const COLUMNS = sql.raw(
  `hash, doc_id as "docId", bucket, key, state, content_etag as "contentEtag", sidecar_etag as "sidecarEtag"`,
);

/** The rows of a source whose hashes begin so. */
export async function readRowsByPrefix(
  db: Database,
  { tenant, source }: SourceReference,
  prefixes: readonly string[],
): Promise<readonly ExaminedRow[]> {
  if (prefixes.length === 0) return [];
  const { rows } = await sql<ExaminedRow>`
    select d.* from unnest(${[...prefixes]}::text[]) p cross join lateral (
      -- The bound makes each a look into the index, whatever the planner knows of the table.
      select ${COLUMNS} from documents
      where tenant = ${tenant} and source = ${source} and hash >= p and hash < p || 'g' order by hash limit 2) d`.execute(
    db,
  );
  return rows;
}

/** Those of the objects that wait to be removed because their documents moved. */
export async function isStaleObject(
  db: Database,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): Promise<boolean> {
  const content = key.replace(/\.metadata\.json$/, '');
  const row = await db
    .selectFrom('stale_objects')
    .select('key')
    .where('bucket', '=', bucket)
    .where('key', 'in', [key, content])
    .executeTakeFirst();
  return row !== undefined;
}

interface Interrupted extends SourceReference {
  readonly docId: string;
}

/** Documents whose deletion has begun, while no run of their source is under way. */
export async function readInterruptedDeletions(
  db: Database,
  source: string | undefined,
): Promise<readonly Interrupted[]> {
  const { rows } = await sql<Interrupted>`
    select tenant, source, doc_id as "docId" from documents d where state = 'deleting'
      and (${source ?? null}::text is null or source = ${source ?? null})
      and not exists (select 1 from runs r where r.tenant = d.tenant and r.source = d.source and r.status = 'running')
    order by source, hash limit ${MANY}`.execute(db);
  return rows;
}

/** More of one kind are no longer told apart. */
const MANY = 10_000;

interface LeftBehind extends SourceReference {
  readonly bucket: string;
  readonly key: string;
  readonly since: Date;
}

export async function readStaleObjects(
  db: Database,
  source: string | undefined,
): Promise<readonly LeftBehind[]> {
  const { rows } = await sql<LeftBehind>`
    select tenant, source, bucket, key, since from stale_objects o
    where (${source ?? null}::text is null or source = ${source ?? null})
      and not exists (select 1 from runs r where r.tenant = o.tenant and r.source = o.source and r.status = 'running')
    order by since limit ${MANY}`.execute(db);
  return rows;
}

export interface OpenRun extends SourceReference {
  readonly id: string;
  readonly temporalRunId: string;
  readonly startedAt: Date;
}

/** Runs whose rows say that they are under way, the oldest first. */
export async function readOpenRuns(
  db: Database,
  source: string | undefined,
): Promise<readonly OpenRun[]> {
  const { rows } = await sql<OpenRun>`
    select id, tenant, source, temporal_run_id as "temporalRunId", started_at as "startedAt" from runs
    where status = 'running' and (${source ?? null}::text is null or source = ${source ?? null})
    order by started_at limit ${MANY}`.execute(db);
  return rows;
}

export interface OpenQuestion extends SourceReference {
  readonly digest: string;
  readonly openedAt: Date;
}

export async function readOpenQuestions(
  db: Database,
  source: string | undefined,
): Promise<readonly OpenQuestion[]> {
  const { rows } = await sql<OpenQuestion>`
    select tenant, source, digest, opened_at as "openedAt" from held_sets
    where state = 'open' and (${source ?? null}::text is null or source = ${source ?? null})
    order by opened_at limit ${MANY}`.execute(db);
  return rows;
}

export interface StoredCrawlFacts extends SourceReference {
  readonly updatedAt: Date;
  readonly pages: number;
}

/** Crawls that are not at their end and that no run goes on with now; also pages whose crawl is gone. */
export async function readIdleCrawls(
  db: Database,
  source: string | undefined,
): Promise<readonly StoredCrawlFacts[]> {
  const { rows } = await sql<StoredCrawlFacts>`
    select f.tenant, f.source, coalesce(max(c.updated_at), 'epoch') as "updatedAt", count(*) as pages
    from frontier f left join crawls c on c.tenant = f.tenant and c.source = f.source and c.crawl = f.crawl
    where (${source ?? null}::text is null or f.source = ${source ?? null})
      and not exists (select 1 from runs r where r.tenant = f.tenant and r.source = f.source and r.status = 'running')
    group by f.tenant, f.source, f.crawl order by 2, 1 limit ${MANY}`.execute(db);
  return rows;
}

export interface WaitingDataSource {
  readonly id: string;
  readonly knowledgeBaseId: string;
  readonly dataSourceId: string;
  readonly waitedMs: number;
}

/** Data sources with changes that no job covers. */
export async function readWaitingDataSources(db: Database): Promise<readonly WaitingDataSource[]> {
  const { rows } = await sql<WaitingDataSource>`
    select id, knowledge_base_id as "knowledgeBaseId", data_source_id as "dataSourceId",
      (extract(epoch from now() - dirty_since) * 1000)::bigint as "waitedMs"
    from knowledge_base_state where dirty_since is not null order by dirty_since`.execute(db);
  return rows;
}
