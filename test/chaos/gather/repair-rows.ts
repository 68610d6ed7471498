import { sql } from 'kysely';
import type { Database } from '../../../adapters/postgres/database.ts';
import type { RepairEvidence } from '../evidence.ts';

type Rows = Pick<RepairEvidence, 'incidents' | 'moves' | 'storms' | 'notices'>;

/** What the product's database says of repairs. */
export async function gatherRepairRows(db: Database): Promise<Rows> {
  const [incidents, moves, storms, notices] = await Promise.all([
    rowsOf<Rows['incidents'][number]>(
      db,
      `select id, tenant || ' ' || source as source, fingerprint, state, stage, outcome, storm, occurrences,
        array(select one ->> 'run' from jsonb_array_elements(first_occurrences || last_occurrences) one) as runs,
        ${ms('opened_at')} as "openedAtMs", ${ms('closed_at')} as "closedAtMs"
       from incidents order by opened_at, id`,
    ),
    rowsOf<Rows['moves'][number]>(
      db,
      `select p.incident, p.tenant || ' ' || p.source as source, p.patch_digest as "patchDigest", m.move, ${ms('m.at')} as "atMs",
        r.sources ->> p.source as "definitionDigest"
       from spec_moves m join spec_pointers p on p.id = m.pointer left join revisions r on r.id = m.revision
       where p.kind = 'fix' order by m.id`,
    ),
    rowsOf<Rows['storms'][number]>(
      db,
      `select id, scope, key from systemic_incidents where released_at is null`,
    ),
    rowsOf<Rows['notices'][number]>(
      db,
      `select kind, source, subject, count(*)::integer as noted from notices group by kind, source, subject`,
    ),
  ]);
  return { incidents, moves, storms, notices };
}

function ms(column: string): string {
  return `extract(epoch from ${column})::float8 * 1000`;
}

async function rowsOf<Row>(db: Database, statement: string): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`${sql.raw(statement)}`.execute(db);
  return rows;
}
