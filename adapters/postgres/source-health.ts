import { sql } from 'kysely';
import type { HealthPause, SourceHealth } from '../../workflows/collection/run-health.ts';
import { HEALTHY } from '../../workflows/collection/run-health.ts';
import type { FailureName } from '../../workflows/failures.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** A source that the system paused, under the definition in force. */
export interface SuspendedSource extends SourceReference, HealthPause {
  readonly digest: string;
  readonly since: Date;
  /** Temporal was told: a schedule that runs nevertheless was let run by a person. */
  readonly applied: boolean;
}

/**
 * Writes the health after one more run. Another definition than before begins anew. To be called in the transaction that ends the run,
 * so that each run counts once.
 */
export async function updateHealth(
  db: Database,
  { tenant, source }: SourceReference,
  {
    digest,
    next,
  }: { readonly digest: string; readonly next: (before: SourceHealth) => SourceHealth },
): Promise<{ readonly before: SourceHealth; readonly after: SourceHealth }> {
  await sql`
    insert into source_health (tenant, source, definition_digest) values (${tenant}, ${source}, ${digest})
    on conflict (tenant, source) do update set definition_digest = excluded.definition_digest, idle_runs = 0, paused_by = null, failure = null,
      reason = null, paused_at = null, pause_applied = false
    where source_health.definition_digest <> excluded.definition_digest`.execute(db);
  const before = await lockHealth(db, { tenant, source });
  const after = next(before);
  const { pause } = after;
  const isNew = pause !== undefined && before.pause === undefined;
  await sql`
    update source_health set idle_runs = ${after.idleRuns}, paused_by = ${pause?.by ?? null}, failure = ${pause?.failure ?? null},
      reason = ${pause?.reason ?? null}, updated_at = now(),
      paused_at = case when ${pause === undefined} then null when ${isNew} then now() else paused_at end,
      pause_applied = pause_applied and ${pause !== undefined && !isNew}
    where tenant = ${tenant} and source = ${source}`.execute(db);
  return { before, after };
}

async function lockHealth(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<SourceHealth> {
  const row = await db
    .selectFrom('source_health')
    .select(['idle_runs', 'paused_by', 'failure', 'reason'])
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return HEALTHY;
  const { idle_runs: idleRuns, paused_by: by, failure, reason } = row;
  if (by === null) return { idleRuns };
  return { idleRuns, pause: { by, failure: failure as FailureName, reason: reason ?? '' } };
}

/** All sources that the system paused, each under the definition that its `digest` names. */
export async function readSuspended(db: Database): Promise<readonly SuspendedSource[]> {
  const { rows } = await sql<SuspendedSource>`
    select ${SUSPENDED} from source_health h where paused_by is not null order by tenant, source`.execute(
    db,
  );
  return rows;
}

/** Why the system paused this source, under the definition in force; undefined while it should run. */
export async function readSuspension(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<SuspendedSource | undefined> {
  const { rows } = await sql<SuspendedSource>`
    select ${SUSPENDED} from source_health h join revisions r on r.in_force and r.sources ->> h.source = h.definition_digest
    where h.tenant = ${tenant} and h.source = ${source} and h.paused_by is not null`.execute(db);
  return rows[0];
}

const SUSPENDED =
  sql.raw(`h.tenant, h.source, h.definition_digest as digest, h.paused_by as by, h.failure, h.reason,
  h.paused_at as since, h.pause_applied as applied`);

/** Temporal has the pause of this source now. */
export async function markPauseApplied(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<void> {
  await db
    .updateTable('source_health')
    .set({ pause_applied: true })
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('paused_by', 'is not', null)
    .execute();
}

/** A person let the source run again: its runs count from the beginning. Returns whether the system had paused it. */
export async function clearHealth(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<boolean> {
  const { rows } = await sql<{ paused: boolean }>`
    with before as (select paused_by from source_health where tenant = ${tenant} and source = ${source} for update)
    update source_health set idle_runs = 0, paused_by = null, failure = null, reason = null, paused_at = null, pause_applied = false,
      updated_at = now()
    from before where tenant = ${tenant} and source = ${source} returning before.paused_by is not null as paused`.execute(
    db,
  );
  return rows[0]?.paused ?? false;
}
