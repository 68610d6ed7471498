import type { Client } from 'pg';
import type { ServerAddress } from './address.ts';
import {
  CONNECT_TIMEOUT_MS,
  STATEMENT_TIMEOUT_MS,
  type Column,
  type Session,
  type Statement,
  type Words,
} from './dialect.ts';
import { databaseFailure, unlessAborted, type Classified, type DriverError } from './errors.ts';
import { postgresRelation, postgresStreams, quote } from './postgres-catalogue.ts';
import { textSession, type TextAnswer } from './text-session.ts';

/** Opens PostgreSQL. @throws SourceUnavailable, AuthExpired, AccessDenied, InvalidConfig */
export async function connectPostgres(
  address: ServerAddress,
  signal: AbortSignal,
): Promise<Session> {
  const { Client } = await import('pg');
  const client = new Client(options(address));
  const stop = (): void => void client.end().catch(() => undefined);
  // Without a listener the loss of an idle connection would end the worker; the next statement reports it.
  client.on('error', () => undefined);
  signal.addEventListener('abort', stop, { once: true });
  const mapped = (error: unknown): unknown =>
    databaseFailure(error, address.label, signal, classify);
  try {
    await unlessAborted(client.connect(), signal);
  } catch (error) {
    stop();
    throw mapped(error);
  }
  return session(client, mapped, async () => {
    signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  });
}

function options(address: ServerAddress) {
  return {
    host: address.host,
    port: address.port,
    user: address.user === '' ? 'postgres' : address.user,
    // A function, because an empty text would make the driver look into the environment of the worker.
    password: () => address.password,
    database: address.database,
    ssl: address.tls,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'wellspring',
  };
}

const WORDS: Words = {
  quote,
  // An array has a text form of its own that only PostgreSQL reads; JSON is exact as well.
  select: (column) =>
    column.kind === 'list' ? `to_json(${source(column)})::text` : source(column),
  parameter: (_column, index) => `$${index}`,
  rowValues: true,
  explain: (text) => `EXPLAIN ${text}`,
  sorts: /\bSort\b/u,
  position: (cell) => cell.text,
};

/** Every value as PostgreSQL wrote it: the driver would turn times into `Date` and lose microseconds. */
export type Texts = (
  text: string,
  values?: readonly string[],
) => Promise<TextAnswer & { readonly fields: readonly ResultField[] }>;
interface ResultField {
  readonly name: string;
  readonly dataTypeID: number;
}

function session(
  client: Client,
  mapped: (error: unknown) => unknown,
  close: () => Promise<void>,
): Session {
  const ask: Texts = async (text, values = []) => {
    try {
      return await inTransaction(client, { text, values });
    } catch (error) {
      throw mapped(error);
    }
  };
  return textSession({
    words: WORDS,
    ask,
    clock,
    earlier: ({ type }) => `SELECT $1::${type} - make_interval(secs => $2::float8)`,
    relation: (wanted) => postgresRelation(ask, wanted),
    streams: (schema) => postgresStreams(ask, schema),
    close,
  });
}

/**
 * One READ ONLY transaction a statement, so that nothing stays open while documents are stored. `SET LOCAL` because a pooler
 * in front of the server may give each transaction another session, and refuses settings at the start of a connection.
 */
async function inTransaction(client: Client, statement: Statement): ReturnType<Texts> {
  await client.query(BEGIN);
  try {
    const result = await client.query<(string | null)[]>({
      text: statement.text,
      values: [...statement.values],
      rowMode: 'array',
      ...EXTENDED,
      types: { getTypeParser: () => (value: string) => value },
    });
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The extended protocol takes one statement only, so a configured query cannot carry a second one. (Not in the types yet.) */
const EXTENDED = { queryMode: 'extended' };

const BEGIN = [
  'BEGIN TRANSACTION READ ONLY',
  `SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
  `SET LOCAL idle_in_transaction_session_timeout = ${STATEMENT_TIMEOUT_MS}`,
  `SET LOCAL TimeZone = 'UTC'`,
  `SET LOCAL DateStyle = 'ISO'`,
  `SET LOCAL IntervalStyle = 'iso_8601'`,
  'SET LOCAL extra_float_digits = 1',
].join(';');

/**
 * The clock in the type of the column. A timestamp without zone holds either UTC or the server's own zone; the later of the two
 * is safe, because the next run begins at the greatest value seen, not here.
 */
function clock(cursor: Column): string | undefined {
  const zone = `(SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone')`;
  const latest = `greatest(now() AT TIME ZONE 'UTC', now() AT TIME ZONE ${zone})`;
  if (cursor.type === 'timestamp with time zone') return 'now()';
  if (cursor.type === 'timestamp without time zone') return latest;
  return cursor.type === 'date' ? `(${latest})::date` : undefined;
}

/** Qualified, also in ORDER BY: there a bare name means the output column, and sorting by a cast of it costs a full sort a page. */
function source(column: Column): string {
  return `src.${quote(column.name)}`;
}

/** Codes: PostgreSQL manual, appendix A. */
function classify(error: DriverError): Classified {
  const code = error.code ?? '';
  if (code.startsWith('28'))
    return ['AuthExpired', 'refused the user or the password. Renew the secret of "url".'];
  if (code === '3D000') return ['InvalidConfig', 'does not exist. Mend the database in "url".'];
  if (code === '42501')
    return ['AccessDenied', `denied access: ${error.message}. Grant SELECT to the user of "url".`];
  if (code === '25006')
    return ['InvalidConfig', 'was asked to write. A source may only read; mend "query".'];
  if (code === '57014')
    return [
      'SourceUnavailable',
      'took too long over one page. An index on the cursor and key columns helps.',
    ];
  if (/^(42|22|3F|0A)/u.test(code))
    return ['InvalidConfig', `refused the statement: ${error.message}. Mend the definition.`];
  if (/^(08|40|53|55|57|58|XX)/u.test(code))
    return ['SourceUnavailable', `gave up for now (${code}).`];
  return /does not support SSL/u.test(error.message ?? '')
    ? ['InvalidConfig', 'has no TLS. Remove "sslmode" from the URL or switch TLS on at the server.']
    : undefined;
}
