import { sql } from 'kysely';
import type { RunCounts } from '../../workflows/collection/counts.ts';
import type {
  HeldReport,
  ListingReport,
  RunVerdict,
} from '../../workflows/collection/run-status.ts';
import { ALWAYS_TOLERATED } from '../../workflows/collection/run-anomalies.ts';
import type { Database } from './database.ts';
import { EARLIER_EXECUTION, keptExecutions } from './run-notes.ts';
import type { SourceReference } from './source-state.ts';

export interface NewRun extends SourceReference {
  readonly id: string;
  readonly temporalRunId: string;
  readonly digest: string;
  readonly trigger: string;
  readonly startedAt: Date;
  /** The time that the schedule meant. */
  readonly nominalAt: Date;
}

/** Opens the row of a run. Called again for the same execution it changes nothing; another execution with the same id (a reset, a time that is backfilled again) begins anew, and the notes keep how that one ended. */
export async function openRun(db: Database, run: NewRun): Promise<void> {
  await db
    .insertInto('runs')
    .values({
      id: run.id,
      temporal_run_id: run.temporalRunId,
      tenant: run.tenant,
      source: run.source,
      definition_digest: run.digest,
      trigger: run.trigger,
      status: 'running',
      phase: 'starting',
      started_at: run.startedAt,
      nominal_at: run.nominalAt,
    })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({
          temporal_run_id: run.temporalRunId,
          definition_digest: run.digest,
          trigger: run.trigger,
          started_at: run.startedAt,
          nominal_at: run.nominalAt,
          status: 'running',
          phase: 'starting',
          finished_at: null,
          counts: '{}',
          failure: null,
          failure_message: null,
          held: null,
          listing_complete: null,
          listing_note: null,
          listed: null,
          notes: withEarlierExecution,
          shape: null,
        })
        .where('runs.temporal_run_id', '!=', run.temporalRunId),
    )
    .execute();
}

/** One sentence for each execution that had the row before: its history may be gone, and what it did is signed with the id of the run. */
const withEarlierExecution = sql<string>`${keptExecutions} || jsonb_build_array(
  ${`${EARLIER_EXECUTION} "`}::text || runs.temporal_run_id || '" (' || runs.trigger || ') since ' || to_char(runs.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    || ': ' || runs.status || coalesce(', ' || runs.failure, '') || ', counts ' || runs.counts::text || '.')`;

/** Totals of the run so far; what is missing is zero. */
export async function readRunCounts(db: Database, id: string): Promise<Partial<RunCounts>> {
  return (await readRunTotals(db, id)).counts;
}

export interface RunTotals {
  readonly counts: Partial<RunCounts>;
  /** Null where the source type has no listing, or the read did not come to its end. */
  readonly listingComplete: boolean | null;
  /** Of the definition that the run read; empty where there is no such run. */
  readonly digest: string;
  /** `schedule`, `manual`, `dead-letters`. */
  readonly trigger: string;
}

export async function readRunTotals(db: Database, id: string): Promise<RunTotals> {
  const row = await db
    .selectFrom('runs')
    .select(['counts', 'listing_complete', 'definition_digest', 'trigger'])
    .where('id', '=', id)
    .executeTakeFirst();
  return {
    counts: row?.counts ?? {},
    listingComplete: row?.listing_complete ?? null,
    digest: row?.definition_digest ?? '',
    trigger: row?.trigger ?? '',
  };
}

export interface AttemptBegin {
  readonly id: string;
  readonly phase: string;
  /** From 0 on. */
  readonly slice: number;
  /** Of Temporal's attempts at the slice, from 1 on. */
  readonly attempt: number;
}

export interface BegunAttempt {
  /** Totals of the run so far. */
  readonly counts: Partial<RunCounts>;
  /** Who or what started the run: `schedule`, `manual`, `dead-letters`. */
  readonly trigger: string;
  /** The attempt before, at the same slice, confirmed documents until it was lost. */
  readonly progressed: boolean;
}

/** Shows where a running run is, and remembers how much was confirmed when the attempt began. */
export async function beginAttempt(
  db: Database,
  { id, phase, slice, attempt }: AttemptBegin,
): Promise<BegunAttempt> {
  const { rows } = await sql<BegunAttempt>`
    with before as (
      select slice_confirmed as last, coalesce((counts->>'added')::bigint, 0) + coalesce((counts->>'updated')::bigint, 0)
        + coalesce((counts->>'unchanged')::bigint, 0) as confirmed
      from runs where id = ${id}
    )
    update runs set phase = ${phase}, attempts = attempts + 1, slices = greatest(slices, ${slice + 1}::integer), updated_at = now(),
      slice_confirmed = before.confirmed
    from before where id = ${id} and status = 'running'
    returning counts, trigger, ${attempt > 1} and before.confirmed > coalesce(before.last, before.confirmed) as progressed`.execute(
    db,
  );
  return rows[0] ?? { counts: {}, trigger: '', progressed: false };
}

/** The run read a part of the source by intention: it is not fresh by that. */
export async function notePartialRead(db: Database, id: string, why: string): Promise<void> {
  await db
    .updateTable('runs')
    .set({ listing_complete: false, listing_note: why })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute();
}

/** Shows where a running run is. */
export async function setRunPhase(
  db: Database,
  { id, phase }: { readonly id: string; readonly phase: string },
): Promise<void> {
  await db
    .updateTable('runs')
    .set((eb) => ({ phase, attempts: eb('attempts', '+', 1), updated_at: sql<Date>`now()` }))
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute();
}

/** Says for people what the run waits for; no attempt begins with it. */
export async function noteRunWait(
  db: Database,
  { id, phase }: { readonly id: string; readonly phase: string },
): Promise<void> {
  await db
    .updateTable('runs')
    .set({ phase, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute();
}

/** What a finished read leaves for the rest of the run. */
export interface ReadEnd {
  /** Live documents that a complete listing did not show, or that the source reported as removed. */
  readonly candidates: number;
  readonly staleObjects: number;
  /** Held sets that people are asked about and that this read may answer, and new reasons to ask. */
  readonly openQuestions: number;
  /** Something waits for the knowledge base that the source feeds. */
  readonly marked: boolean;
}

export interface ClosedRead extends SourceReference {
  readonly run: string;
  readonly fence: number;
  readonly listing: number;
  readonly report: ListingReport | undefined;
}

/** Ends the listing under way, notes whether it was complete, and counts what a reconciliation has to look at. */
export async function closeRead(
  db: Database,
  { tenant, source, run, fence, listing, report }: ClosedRead,
): Promise<ReadEnd> {
  const complete = report?.complete ?? false;
  const { rows } = await sql<ReadEnd>`
    with state as (
      update source_state set listing_open = false where tenant = ${tenant} and source = ${source} and fence = ${fence} returning 1
    ), noted as (
      update runs set listing_complete = ${report?.complete ?? null}, listing_note = ${report?.why ?? null},
        listed = case when ${complete} then (select count(*) from documents where tenant = ${tenant} and source = ${source}
          and state = 'live' and last_seen_listing >= ${listing}::bigint) end
      where id = ${run} and exists (select 1 from state)
    ), vanished as (
      -- What a complete listing does not show any more cannot be read again either.
      delete from dead_letters where tenant = ${tenant} and source = ${source} and ${complete} and exists (select 1 from state)
        and coalesce(listing, 0) < ${listing}::bigint
    )
    select
      (select count(*) from documents where tenant = ${tenant} and source = ${source} and state in ('live', 'deleting')
        and (state = 'deleting' or gone_count >= 2 or (${complete} and last_seen_listing < ${listing}::bigint))) as candidates,
      (select count(*) from stale_objects where tenant = ${tenant} and source = ${source} and ${complete}) as "staleObjects",
      (select count(*) from held_sets where tenant = ${tenant} and source = ${source} and state in ('open', 'rejected')
        and case kind when 'deletions' then state = 'open' and ${complete} when 'drift' then false else superseded_by is null end)
        + ${reasonsToAsk({ tenant, source, run })} as "openQuestions",
      exists (select 1 from knowledge_base_state k join source_state s on k.knowledge_base_id = s.target->>'knowledgeBaseId'
        and k.data_source_id = s.target->>'dataSourceId'
        where s.tenant = ${tenant} and s.source = ${source} and k.dirty_since is not null) as marked`.execute(
    db,
  );
  return rows[0] ?? { candidates: 0, staleObjects: 0, openQuestions: 0, marked: false };
}

/** Of a run that ends before its source does: reasons to ask people. */
export async function countReasonsToAsk(
  db: Database,
  question: SourceReference & { readonly run: string },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`select ${reasonsToAsk(question)} as count`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}

/** Texts that were held back, and documents of this run that were refused, but for as many as are tolerated anyway. */
function reasonsToAsk({ tenant, source, run }: SourceReference & { readonly run: string }) {
  return sql`((select count(*) from documents where tenant = ${tenant} and source = ${source} and state = 'live' and failure = 'ContentShrank')
    + (select greatest(count(*) - ${ALWAYS_TOLERATED}, 0) from dead_letters where tenant = ${tenant} and source = ${source} and run = ${run}
      and failure in ('InvalidDocument', 'SchemaDrift')))`;
}

export interface RunEnd {
  readonly id: string;
  readonly temporalRunId: string;
  readonly verdict: RunVerdict;
  readonly held?: HeldReport;
}

/** Writes the end of a run, once: false when it has ended already or the row belongs to another execution. */
export async function endRun(
  db: Database,
  { id, temporalRunId, verdict, held }: RunEnd,
): Promise<boolean> {
  const result = await db
    .updateTable('runs')
    .set({
      status: verdict.status,
      phase: 'ended',
      finished_at: sql`now()`,
      updated_at: sql`now()`,
      failure: verdict.failure ?? null,
      failure_message: verdict.because === '' ? null : verdict.because,
      held: held ? JSON.stringify(held) : null,
    })
    .where('id', '=', id)
    .where('temporal_run_id', '=', temporalRunId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Runs that say "running" and have not written their row for this long; at most 100, the oldest first. */
export async function readSilentRuns(
  db: Database,
  silentMs: number,
): Promise<readonly { readonly id: string; readonly temporalRunId: string }[]> {
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'temporal_run_id'])
    .where('status', '=', 'running')
    .where('updated_at', '<', sql<Date>`now() - ${`${silentMs} milliseconds`}::interval`)
    .orderBy('updated_at')
    .limit(100)
    .execute();
  return rows.map((row) => ({ id: row.id, temporalRunId: row.temporal_run_id }));
}
