import { sql } from 'kysely';
import type { ScheduleDefinition } from '../../workflows/collection/definitions.ts';
import { freshnessOf, type Freshness } from '../../workflows/collection/freshness.ts';
import { createScheduleGaps } from '../definitions/schedule-gap.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** How fresh a source in force is, and what its last run says about it. */
export interface FreshnessRow extends SourceReference, Freshness {
  readonly schedule: string;
  readonly lastSuccessAt: Date | null;
  /** Since when it is late; null while it is not. */
  readonly lateSince: Date | null;
  readonly lastStatus: string | null;
  readonly lastFailure: string | null;
  /** The newest run and what it said of its failure. */
  readonly lastRun: string | null;
  readonly lastMessage: string | null;
  /** Of the definition in force. */
  readonly digest: string;
  /** The system paused it for its health. */
  readonly suspended: boolean;
}

/** Of every source in force, sorted by id. One statement, whatever their number. */
export async function readFreshness(db: Database, now: Date): Promise<readonly FreshnessRow[]> {
  const rows = await readFacts(db);
  const gapAt = createScheduleGaps();
  return rows.map((row) =>
    judged(row, now, gapAt(row.schedule, row.lastSuccessAt ?? row.knownSince)),
  );
}

/** Keeps who is paused by people as Temporal has it now. Without a change it writes nothing. */
export async function recordPausesByPeople(
  db: Database,
  paused: readonly SourceReference[],
): Promise<void> {
  const tenants = paused.map(({ tenant }) => tenant);
  const sources = paused.map(({ source }) => source);
  const wanted = sql`select * from unnest(${tenants}::text[], ${sources}::text[]) as w(tenant, source)`;
  await sql`delete from paused_by_people where (tenant, source) not in (${wanted})`.execute(db);
  await sql`insert into paused_by_people (tenant, source) ${wanted} on conflict do nothing`.execute(
    db,
  );
}

interface FactsRow extends SourceReference {
  readonly enabled: boolean;
  readonly schedule: ScheduleDefinition;
  readonly graceMs: number | null;
  readonly pausedByPerson: boolean;
  readonly suspended: boolean;
  readonly lastSuccessAt: Date | null;
  readonly knownSince: Date;
  readonly lastStatus: string | null;
  readonly lastFailure: string | null;
  readonly lastRun: string | null;
  readonly lastMessage: string | null;
  readonly digest: string;
}

async function readFacts(db: Database): Promise<readonly FactsRow[]> {
  const { rows } = await sql<FactsRow>`
    select t.tenant, s.key as source, (d.body->>'enabled')::boolean as enabled, d.body->'schedule' as schedule,
      (d.body->'freshness'->>'graceMs')::bigint as "graceMs", p.source is not null as "pausedByPerson",
      health.paused_by is not null as suspended, success.finished_at as "lastSuccessAt",
      coalesce(first.started_at, d.created_at) as "knownSince", last.status as "lastStatus", last.failure as "lastFailure",
      last.id as "lastRun", last.failure_message as "lastMessage", d.digest
    from revisions r
    cross join lateral jsonb_each_text(r.sources) as s
    join definitions d on d.digest = s.value
    cross join lateral (select coalesce(d.body->>'tenant', 'default') as tenant) t
    left join paused_by_people p on p.tenant = t.tenant and p.source = s.key
    left join source_health health on health.tenant = t.tenant and health.source = s.key and health.definition_digest = d.digest
    left join lateral (select id, status, failure, failure_message from runs where runs.source = s.key and runs.tenant = t.tenant
      order by started_at desc limit 1) last on true
    left join lateral (select started_at from runs where runs.source = s.key and runs.tenant = t.tenant
      order by started_at limit 1) first on true
    left join lateral (select finished_at from runs where runs.source = s.key and runs.tenant = t.tenant
      and status in ('succeeded', 'partial') and listing_complete is distinct from false
      order by started_at desc limit 1) success on true
    where r.in_force
    order by s.key`.execute(db);
  return rows;
}

function judged(row: FactsRow, now: Date, periodMs: number): FreshnessRow {
  const { tenant, source, schedule, graceMs, lastSuccessAt, knownSince, ...rest } = row;
  const startMs = (lastSuccessAt ?? knownSince).getTime();
  const freshness = freshnessOf(
    {
      enabled: rest.enabled,
      pausedByPerson: rest.pausedByPerson,
      ...(lastSuccessAt ? { lastSuccessMs: startMs } : {}),
      knownSinceMs: knownSince.getTime(),
      periodMs,
      ...(graceMs === null ? {} : { graceMs }),
    },
    now.getTime(),
  );
  return {
    tenant,
    source,
    schedule: schedule.text,
    ...freshness,
    lastSuccessAt,
    lateSince: freshness.state === 'late' ? new Date(startMs + freshness.allowedMs) : null,
    lastStatus: rest.lastStatus,
    lastFailure: rest.lastFailure,
    lastRun: rest.lastRun,
    lastMessage: rest.lastMessage,
    digest: rest.digest,
    suspended: rest.suspended,
  };
}
