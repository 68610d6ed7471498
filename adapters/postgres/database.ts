import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import type { Tables } from './tables.ts';

/** Our tables behind typed SQL. `destroy()` closes the pool. */
export type Database = Kysely<Tables>;

export interface DatabaseOptions {
  /** Connections at most. */
  readonly maxConnections?: number;
  /** Called when an idle connection breaks; the pool replaces it by itself. */
  readonly onIdleError?: (error: Error) => void;
}

/** Opens lazily: the first statement connects. bigint (int8) arrives as a number: ours stay far below 2^53. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'wellspring',
    types: { getTypeParser },
  });
  pool.on('error', options.onIdleError ?? (() => undefined));
  // A connection in use that breaks between two statements tells nobody but its listeners; without one the process would end.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** Only for our own pool: a source's pool keeps the exact text of an int8. */
const getTypeParser: typeof types.getTypeParser = (
  ...args: Parameters<typeof types.getTypeParser>
) => (args[0] === types.builtins.INT8 ? Number : types.getTypeParser(...args));
