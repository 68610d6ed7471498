import type { Client } from 'pg';

/** The server settings that `countStatements` needs. */
export const STATEMENT_SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.max': '1000',
};

/** Makes the counters of a server visible; once a server. */
export async function installStatementCounters(client: Client): Promise<void> {
  await client.query('create extension if not exists pg_stat_statements');
}

/** Starts to count anew, for all databases of the server. */
export async function resetStatements(client: Client): Promise<void> {
  await client.query('select pg_stat_statements_reset()');
}

/** Statements executed in the named database since the reset; transaction control is among them. */
export async function countStatements(client: Client, database: string): Promise<number> {
  const { rows } = await client.query<{ calls: string }>(
    `select coalesce(sum(s.calls), 0) as calls from pg_stat_statements s
     join pg_database d on d.oid = s.dbid where d.datname = $1 and s.query not like '%pg_stat_statements%'`,
    [database],
  );
  return Number(rows[0]?.calls ?? 0);
}
