import { sql } from 'kysely';
import { isRegressionOf, type Failure } from '../../workflows/repair/incident.ts';
import type { RepairOutcome } from '../../workflows/repair/outcome.ts';
import type { Database } from './database.ts';

/** What says whether the break of a closed incident is quiet. */
export interface ClosedRow {
  readonly id: string;
  readonly outcome: RepairOutcome;
  readonly closedAtMs: number;
  readonly goodSince: boolean;
}

/** Of a closed incident `i`. */
export const CLOSED_COLUMNS =
  sql.raw(`i.id, i.outcome, (extract(epoch from i.closed_at) * 1000)::double precision as "closedAtMs",
  exists (select 1 from runs r where r.tenant = i.tenant and r.source = i.source and r.status in ('succeeded', 'partial')
    and r.finished_at > i.closed_at) as "goodSince"`);

/** The newest incident of the same break that is over. */
export async function findClosed(
  db: Database,
  { tenant, source, fingerprint }: Pick<Failure, 'tenant' | 'source' | 'fingerprint'>,
): Promise<ClosedRow | undefined> {
  const { rows } = await sql<ClosedRow>`
    select ${CLOSED_COLUMNS} from incidents i
    where i.tenant = ${tenant} and i.source = ${source} and i.fingerprint = ${fingerprint} and i.state = 'closed'
    order by i.closed_at desc limit 1`.execute(db);
  return rows[0];
}

/**
 * The earlier incident whose fix did not hold: the same break, or the same failure of one of its fields on the fix. A fix makes another
 * spec, and with it another fingerprint.
 */
export async function findRegression(
  db: Database,
  { tenant, source, fingerprint, name, fields, atMs }: Failure,
): Promise<string | undefined> {
  const { rows } = await sql<ClosedRow>`
    select ${CLOSED_COLUMNS} from incidents i
    where i.tenant = ${tenant} and i.source = ${source} and i.state = 'closed' and i.failure = ${name}
      and (i.fingerprint = ${fingerprint} or i.fields ?| ${[...fields]}::text[] or i.fields = ${JSON.stringify(fields)}::jsonb)
    order by i.closed_at desc limit 20`.execute(db);
  return rows.find((row) => isRegressionOf(row, atMs))?.id;
}
