import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** What a person wants of the next run that a person starts, other than reading everything. */
export type RunRequest = 'dead-letters';

/** A request whose trigger never came must not narrow a run of next week. */
const GOOD_FOR = '5 minutes';

/** To be followed by a trigger at once. */
export async function requestRun(
  db: Database,
  { tenant, source }: SourceReference,
  kind: RunRequest,
): Promise<void> {
  await sql`
    insert into run_requests (tenant, source, kind) values (${tenant}, ${source}, ${kind})
    on conflict (tenant, source) do update set kind = excluded.kind, requested_at = now()`.execute(
    db,
  );
}

/** Takes the request away; undefined when there is none, or an old one. */
export async function takeRunRequest(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<RunRequest | undefined> {
  const { rows } = await sql<{ kind: RunRequest; fresh: boolean }>`
    delete from run_requests where tenant = ${tenant} and source = ${source}
    returning kind, requested_at > now() - ${GOOD_FOR}::interval as fresh`.execute(db);
  return rows[0]?.fresh ? rows[0].kind : undefined;
}
