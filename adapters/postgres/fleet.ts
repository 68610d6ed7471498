import { sql } from 'kysely';
import type { Database } from './database.ts';

/** One source of the revision in force, with what its runs say. */
export interface FleetRow {
  readonly tenant: string;
  readonly source: string;
  readonly title: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly schedule: string;
  readonly periodMs: number;
  readonly live: number;
  readonly deadLetters: number;
  readonly lastRun: string | null;
  readonly lastStatus: string | null;
  readonly lastStartedAt: Date | null;
  readonly lastFinishedAt: Date | null;
  readonly lastFailure: string | null;
  readonly lastMessage: string | null;
  /** Deletions that wait for a person. */
  readonly held: number;
  /** End of the last run that ended well; `held` and incomplete listings never count. */
  readonly lastSuccessAt: Date | null;
  /** Why the system paused it; null while it should run. */
  readonly suspended: {
    readonly failure: string;
    readonly reason: string;
    readonly since: string;
  } | null;
}

/** Every source in force, sorted by id. One statement, whatever their number. */
export async function readFleet(db: Database): Promise<readonly FleetRow[]> {
  const { rows } = await sql<FleetRow>`
    select coalesce(d.body->>'tenant', 'default') as tenant, s.key as source, d.body->>'title' as title, d.body->>'type' as type,
      (d.body->>'enabled')::boolean as enabled, d.body->'schedule'->>'text' as schedule,
      (d.body->'schedule'->>'periodMs')::bigint as "periodMs",
      coalesce(live.count, 0) as live, coalesce(letters.count, 0) as "deadLetters",
      last.id as "lastRun", last.status as "lastStatus", last.started_at as "lastStartedAt", last.finished_at as "lastFinishedAt",
      last.failure as "lastFailure", last.failure_message as "lastMessage", coalesce(waiting.count, 0) as held,
      success.finished_at as "lastSuccessAt",
      case when health.paused_by is not null then jsonb_build_object('failure', health.failure, 'reason', health.reason,
        'since', health.paused_at) end as suspended
    from revisions r
    cross join lateral jsonb_each_text(r.sources) as s
    join definitions d on d.digest = s.value
    left join (select tenant, source, count(*) from documents where state = 'live' group by 1, 2) live
      on live.source = s.key and live.tenant = coalesce(d.body->>'tenant', 'default')
    left join (select tenant, source, count(*) from dead_letters group by 1, 2) letters
      on letters.source = s.key and letters.tenant = coalesce(d.body->>'tenant', 'default')
    left join (select tenant, source, sum(candidates)::bigint as count from held_sets where state = 'open' and kind = 'deletions' group by 1, 2) waiting
      on waiting.source = s.key and waiting.tenant = coalesce(d.body->>'tenant', 'default')
    left join source_health health on health.source = s.key and health.tenant = coalesce(d.body->>'tenant', 'default')
      and health.definition_digest = d.digest
    left join lateral (select * from runs where runs.source = s.key
      and runs.tenant = coalesce(d.body->>'tenant', 'default') order by started_at desc limit 1) last on true
    left join lateral (select finished_at from runs where runs.source = s.key
      and runs.tenant = coalesce(d.body->>'tenant', 'default') and status in ('succeeded', 'partial')
      and listing_complete is distinct from false order by started_at desc limit 1) success on true
    where r.in_force
    order by s.key`.execute(db);
  return rows;
}

export interface SyncLag {
  readonly knowledgeBase: string;
  /** Since the oldest change that no job covers; 0 when everything is covered. */
  readonly lagMs: number;
}

export async function readSyncLags(db: Database): Promise<readonly SyncLag[]> {
  const { rows } = await sql<SyncLag>`
    select id as "knowledgeBase", coalesce(extract(epoch from now() - dirty_since) * 1000, 0)::bigint as "lagMs"
    from knowledge_base_state order by id`.execute(db);
  return rows;
}
