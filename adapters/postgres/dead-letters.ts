import { sql, type RawBuilder } from 'kysely';
import type { FailureName } from '../../workflows/failures.ts';
import type { Database } from './database.ts';
import type { Batch } from './manifest.ts';
import type { SourceReference } from './source-state.ts';

/** After so many attempts only a person, another input or another definition makes a document due again. */
const MAX_ATTEMPTS = 10;

/** What became of the failures of a batch, as parts of the statement that commits it; `failed_rows` and `claim` come before. */
export function letterParts(batch: Batch): RawBuilder<unknown> {
  const { tenant, source, run, listing } = batch;
  const attempts = sql`(l.attempts + case when l.run = excluded.run and l.requested_at is null then 0 else excluded.attempts end)`;
  return sql`, letters as (
      insert into dead_letters as l (tenant, source, hash, doc_id, failure, detail, first_seen, last_seen, run, listing, attempts,
        next_attempt_at, input_ref, input_sha256, input_meta_sha256, config_sig)
      select ${tenant}, ${source}, r.hash, r."docId", r.failure, r.detail, now(), now(), ${run}, ${listing}::bigint,
        case when r.deferred then 0 else 1 end, now(), r."inputRef", r."inputSha256", r."inputMetaSha256", r."configSig"
      from failed_rows r
      on conflict (tenant, source, hash) do update set failure = excluded.failure, detail = excluded.detail, last_seen = now(),
        run = excluded.run, listing = excluded.listing, attempts = ${attempts},
        next_attempt_at = case when excluded.attempts = 0 then l.next_attempt_at else ${nextAttempt(attempts)} end,
        requested_at = case when excluded.attempts = 0 then l.requested_at end,
        input_ref = case when excluded.attempts = 0 then l.input_ref else excluded.input_ref end,
        input_sha256 = case when excluded.attempts = 0 then l.input_sha256 else excluded.input_sha256 end,
        input_meta_sha256 = case when excluded.attempts = 0 then l.input_meta_sha256 else excluded.input_meta_sha256 end,
        config_sig = case when excluded.attempts = 0 then l.config_sig else excluded.config_sig end
    ), cured as (
      delete from dead_letters where tenant = ${tenant} and source = ${source} and exists (select 1 from claim)
        and hash = any(${cured(batch)}::text[])
    ), listed_letters as (
      update dead_letters set listing = ${listing}::bigint where tenant = ${tenant} and source = ${source}
        and exists (select 1 from claim) and hash = any(${listedOnly(batch)}::text[])
    )`;
}

/** At once after the first failure, then after an hour, two, four … up to a week; never again by itself after the last one. */
function nextAttempt(attempts: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when ${attempts} >= ${MAX_ATTEMPTS} then null when ${attempts} <= 1 then now()
    else now() + least(interval '1 hour' * power(2, ${attempts} - 2), interval '7 days') end`;
}

/** What was read well this time, or is gone; being listed proves nothing about its content. */
function cured({ stored, seen, held, gone }: Batch): string[] {
  const read = seen.filter((row) => row.configSig !== undefined);
  return [...stored, ...read, ...held, ...gone].map((row) => row.hash);
}

function listedOnly({ seen }: Batch): string[] {
  return seen.filter((row) => row.configSig === undefined).map((row) => row.hash);
}

/** An input that storage refused. */
export interface RefusedInput {
  readonly hash: string;
  /** It may be tried again. */
  readonly due: boolean;
  readonly failure: string;
  readonly detail: string;
  readonly contentHash: string;
  readonly metaHash: string;
  readonly configSig: string;
}

/** Of the given documents those that storage has refused, by hash. */
export async function readRefused(
  db: Database,
  { tenant, source }: SourceReference,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, RefusedInput>> {
  if (hashes.length === 0) return new Map();
  const { rows } = await sql<RefusedInput>`
    select hash, coalesce(next_attempt_at <= now(), false) as due, failure, detail, input_sha256 as "contentHash", input_meta_sha256 as "metaHash", config_sig as "configSig"
    from dead_letters where tenant = ${tenant} and source = ${source} and hash = any(${hashes}::text[])
      and input_sha256 is not null`.execute(db);
  return new Map(rows.map((row) => [row.hash, row]));
}

/** How many documents a run could not read, by failure name. */
export async function readFailures(
  db: Database,
  { tenant, source, run }: SourceReference & { readonly run: string },
): Promise<Readonly<Partial<Record<FailureName, number>>>> {
  const { rows } = await sql<{ failure: FailureName; count: number }>`
    select failure, count(*)::integer as count from dead_letters
    where tenant = ${tenant} and source = ${source} and run = ${run} group by failure`.execute(db);
  return Object.fromEntries(rows.map(({ failure, count }) => [failure, count]));
}

export interface DueQuery extends SourceReference {
  /** Those that this run has met already are left out. */
  readonly run: string;
  /** Only those that a person asked for. */
  readonly requested: boolean;
  readonly limit: number;
}

/** Ids of documents that are to be read again, the longest waiting first. */
export async function readDue(
  db: Database,
  { tenant, source, run, requested, limit }: DueQuery,
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select doc_id as id from dead_letters where tenant = ${tenant} and source = ${source} and doc_id is not null and run <> ${run}
      and case when ${requested} then requested_at is not null else next_attempt_at <= now() end
    order by last_seen, hash limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Which dead letters; all of the source where nothing more is said. */
export interface LetterChoice extends SourceReference {
  readonly failure?: string;
  readonly ids?: readonly string[];
}

/** Makes dead letters due at once and lets their attempts count from the beginning. Returns how many; idempotent. */
export async function requestRetry(
  db: Database,
  { tenant, source, failure, ids }: LetterChoice,
): Promise<number> {
  const result = await sql`
    update dead_letters set requested_at = now(), next_attempt_at = now(), attempts = 0
    where tenant = ${tenant} and source = ${source} and (${failure ?? null}::text is null or failure = ${failure ?? null})
      and (${ids === undefined} or doc_id = any(${[...(ids ?? [])]}::text[]))`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
