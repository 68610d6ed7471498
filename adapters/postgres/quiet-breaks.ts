import { sql } from 'kysely';
import { quietUntilMs } from '../../workflows/repair/incident.ts';
import type { Database } from './database.ts';
import { CLOSED_COLUMNS, type ClosedRow } from './closed-incidents.ts';

/** Of the given incidents those that are over and whose break only counts when it comes again, with the end of that quiet. */
export async function quietBreaks(
  db: Database,
  incidents: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, Date>> {
  if (incidents.length === 0) return new Map();
  const { rows } = await sql<ClosedRow>`
    select ${CLOSED_COLUMNS} from incidents i where i.id = any(${[...incidents]}::text[]) and i.state = 'closed'`.execute(
    db,
  );
  return new Map(
    rows
      .map((row) => [row.id, new Date(quietUntilMs(row))] as const)
      .filter(([, until]) => until > now),
  );
}
