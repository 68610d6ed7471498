import { ApplicationFailure } from '@temporalio/common';
import { sql } from 'kysely';
import { failure } from '../../workflows/failures.ts';
import { decodeCursor } from './cursor.ts';
import type { Database } from './database.ts';

export interface SourceReference {
  readonly tenant: string;
  readonly source: string;
}

/** What one attempt owns from its claim until a newer attempt claims. */
export interface Claim {
  readonly fence: number;
  /** The last committed cursor, or null to begin. */
  readonly cursor: unknown;
  /** Number of the listing under way: documents that are seen carry it. */
  readonly listing: number;
}

export interface ClaimOptions extends SourceReference {
  readonly run: string;
  readonly configSig: string;
  readonly target: SyncedTarget;
}

/** The data source that ingests what a source stores. */
export interface SyncedTarget {
  readonly id: string;
  readonly knowledgeBaseId: string;
  readonly dataSourceId: string;
}

/**
 * Takes the source for one attempt: older attempts can no longer commit. A changed `configSig` begins from the start, with a new listing;
 * a listing that an earlier run left open goes on, otherwise a new run opens the next one. Another `target` than before is marked as changed:
 * its documents lie there already, but no job of it has seen them.
 */
export async function claimSource(
  db: Database,
  { tenant, source, run, configSig, target }: ClaimOptions,
): Promise<Claim> {
  const { id, knowledgeBaseId, dataSourceId } = target;
  const wanted = JSON.stringify({ id, knowledgeBaseId, dataSourceId });
  const { rows } = await sql<Claim>`
    with before as (
      select target from source_state where tenant = ${tenant} and source = ${source}
    ), marked as (
      insert into knowledge_base_state as k (id, knowledge_base_id, data_source_id, dirty_since, changed_at)
      select ${id}, ${knowledgeBaseId}, ${dataSourceId}, clock_timestamp(), clock_timestamp() from before
      where target is not null and target <> ${wanted}::jsonb
      on conflict (knowledge_base_id, data_source_id) do update
        set dirty_since = coalesce(k.dirty_since, excluded.dirty_since), changed_at = excluded.changed_at
    )
    insert into source_state as s (tenant, source, fence, config_sig, listing, listing_open, run, target)
    values (${tenant}, ${source}, 1, ${configSig}, 1, true, ${run}, ${wanted}::jsonb)
    on conflict (tenant, source) do update set
      fence = s.fence + 1,
      config_sig = excluded.config_sig,
      cursor = case when s.config_sig is distinct from excluded.config_sig then null else s.cursor end,
      listing = case
        when s.config_sig is distinct from excluded.config_sig then s.listing + 1
        when s.run is distinct from excluded.run and not s.listing_open then s.listing + 1
        else s.listing end,
      listing_open = s.listing_open or s.run is distinct from excluded.run
        or s.config_sig is distinct from excluded.config_sig,
      run = excluded.run,
      former_targets = case when s.target is null or s.target = excluded.target then s.former_targets
        else s.former_targets || jsonb_build_array(s.target) end,
      target = excluded.target
    returning fence, cursor, listing`.execute(db);
  const [claim] = rows;
  if (!claim) throw failure('Defect', `The state of source "${source}" was not written.`);
  return { ...claim, cursor: decodeCursor(claim.cursor) };
}

/** True while no newer attempt has claimed the source. */
export async function holdsClaim(
  db: Database,
  { tenant, source }: SourceReference,
  fence: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('source_state')
    .select('fence')
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .executeTakeFirst();
  return row?.fence === fence;
}

/** True while no newer run has claimed the source. */
export async function isLastRun(
  db: Database,
  reference: SourceReference,
  run: string | null,
): Promise<boolean> {
  return (await lastRun(db, reference)) === run;
}

/** The run that has claimed the source; null when none has. It may have ended. */
export async function lastRun(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<string | null> {
  const row = await db
    .selectFrom('source_state')
    .select('run')
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .executeTakeFirst();
  return row?.run ?? null;
}

/** The failure of an attempt that was overtaken: it must not write any more. Temporal has a newer attempt, so nobody reads it. */
export function overtaken({ source }: SourceReference): Error {
  return failure(
    'Conflict',
    `A newer attempt collects source "${source}"; this one stopped without writing.`,
    { details: { overtaken: true } },
  );
}

/** Is it the failure of an attempt that was overtaken? Trying again would be in vain. */
export function isOvertaken(error: unknown): boolean {
  if (!(error instanceof ApplicationFailure)) return false;
  return (error.details?.[0] as { overtaken?: unknown } | undefined)?.overtaken === true;
}
