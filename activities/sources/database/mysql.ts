import type {
  Connection,
  ConnectionOptions,
  FieldPacket,
  RowDataPacket,
  TypeCastField,
} from 'mysql2/promise';
import type { ServerAddress } from './address.ts';
import {
  CONNECT_TIMEOUT_MS,
  STATEMENT_TIMEOUT_MS,
  type Column,
  type Session,
  type Words,
} from './dialect.ts';
import { databaseFailure, unlessAborted, type Classified, type DriverError } from './errors.ts';
import { mysqlRelation, mysqlStreams, quote } from './mysql-catalogue.ts';
import { textSession, type TextAnswer } from './text-session.ts';

/** Opens MySQL or MariaDB. @throws SourceUnavailable, AuthExpired, AccessDenied, InvalidConfig */
export async function connectMysql(address: ServerAddress, signal: AbortSignal): Promise<Session> {
  const { createConnection } = await import('mysql2/promise');
  const mapped = (error: unknown): unknown =>
    databaseFailure(error, address.label, signal, classify);
  let connection: Connection | undefined;
  const stop = (): void => connection?.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    connection = await unlessAborted(opened(createConnection(options(address)), signal), signal);
    await prepare(connection);
  } catch (error) {
    stop();
    throw mapped(error);
  }
  return session(connection, { mapped, signal }, async () => {
    signal.removeEventListener('abort', stop);
    // A polite end would wait for a statement that a cancellation has cut off.
    if (signal.aborted) stop();
    else await connection?.end().catch(() => stop());
  });
}

function options(address: ServerAddress): ConnectionOptions {
  return {
    host: address.host,
    port: address.port,
    user: address.user === '' ? 'root' : address.user,
    password: address.password,
    database: address.database,
    ...(address.tls ? { ssl: { ...address.tls } } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    charset: 'utf8mb4',
    rowsAsArray: true,
    // Every value as the server wrote it: the driver would round large integers and turn times into `Date`.
    typeCast: (field: TypeCastField) => field.string(),
  };
}

/** A connection that comes after the cancellation is closed at once. */
async function opened(pending: Promise<Connection>, signal: AbortSignal): Promise<Connection> {
  const connection = await pending;
  // Without a listener the loss of an idle connection would end the worker; the next statement reports it.
  connection.on('error', () => undefined);
  if (signal.aborted) connection.destroy();
  return connection;
}

/**
 * Two modes of the server would break us in silence: without backslash escapes the driver's quoting is unsafe, and with
 * NO_ZERO_DATE a zero date in a comparison becomes NULL, which ends a listing early.
 */
async function prepare(connection: Connection): Promise<void> {
  const rows = await textsOf(connection, 'SELECT @@sql_mode, VERSION()');
  const harmful = new Set([
    'NO_BACKSLASH_ESCAPES',
    'NO_ZERO_DATE',
    'NO_ZERO_IN_DATE',
    'TRADITIONAL',
  ]);
  const modes = (rows[0]?.[0] ?? '').split(',').filter((mode) => !harmful.has(mode));
  await connection.query(`SET SESSION sql_mode = ?, time_zone = '+00:00'`, [modes.join(',')]);
  const mariadb = /mariadb/iu.test(rows[0]?.[1] ?? '');
  await connection.query(
    mariadb
      ? `SET SESSION max_statement_time = ${STATEMENT_TIMEOUT_MS / 1000}`
      : `SET SESSION max_execution_time = ${STATEMENT_TIMEOUT_MS}`,
  );
}

const WORDS: Words = {
  quote,
  select: (column) => {
    if (column.kind === 'binary') return `LOWER(HEX(${source(column)}))`;
    return column.type === 'bit' ? `${source(column)} + 0` : source(column);
  },
  parameter: (column) => CASTS[column.type] ?? CASTS[column.kind] ?? '?',
  // Row comparisons are correct here but never answered from an index.
  rowValues: false,
  explain: (text) => `EXPLAIN ${text}`,
  sorts: /filesort/u,
  position: (cell) => cell.text,
};

/** Without a cast MySQL compares a number with a text as floating point, and 2^53 equals 2^53 + 1. */
const CASTS: Readonly<Record<string, string>> = {
  integer: 'CAST(? AS SIGNED)',
  'unsigned integer': 'CAST(? AS UNSIGNED)',
  bit: 'CAST(? AS UNSIGNED)',
  decimal: 'CAST(? AS DECIMAL(65,30))',
  time: 'CAST(? AS DATETIME(6))',
  date: 'CAST(? AS DATE)',
  binary: 'UNHEX(?)',
};

/** Every value as text. */
export type Texts = (
  text: string,
  values?: readonly string[],
) => Promise<TextAnswer & { readonly fields: readonly FieldPacket[] }>;
type TextRow = TextAnswer['rows'][number];

function session(
  connection: Connection,
  { mapped, signal }: { mapped: (error: unknown) => unknown; signal: AbortSignal },
  close: () => Promise<void>,
): Session {
  const ask: Texts = async (text, values = []) => {
    try {
      return await unlessAborted(inTransaction(connection, text, values), signal);
    } catch (error) {
      throw mapped(error);
    }
  };
  return textSession({
    words: WORDS,
    ask,
    clock,
    earlier: (cursor) => `SELECT ${WORDS.parameter(cursor, 1)} - INTERVAL ? SECOND`,
    relation: (wanted) => mysqlRelation(ask, wanted),
    streams: (schema) => mysqlStreams(ask, schema),
    close,
  });
}

/** One READ ONLY transaction a statement, so that nothing stays open while documents are stored. */
async function inTransaction(
  connection: Connection,
  text: string,
  values: readonly string[],
): ReturnType<Texts> {
  await connection.query('START TRANSACTION READ ONLY');
  try {
    const [rows, fields] = await connection.query<RowDataPacket[]>(text, [...values]);
    await connection.query('COMMIT');
    return { rows: rows as unknown as TextRow[], fields };
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function textsOf(connection: Connection, text: string): Promise<readonly TextRow[]> {
  const [rows] = await connection.query(text);
  return rows as unknown as TextRow[];
}

/**
 * The clock in the type of the column. DATETIME holds either UTC or the server's own zone; the later of the two is safe, because
 * the next run begins at the greatest value seen, not here.
 */
function clock(cursor: Column): string | undefined {
  const local = `COALESCE(CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', @@global.time_zone), UTC_TIMESTAMP(6))`;
  const latest = `GREATEST(UTC_TIMESTAMP(6), ${local})`;
  if (cursor.kind === 'time') return cursor.type === 'timestamp' ? 'UTC_TIMESTAMP(6)' : latest;
  return cursor.kind === 'date' ? `DATE(${latest})` : undefined;
}

function source(column: Column): string {
  return `src.${quote(column.name)}`;
}

const SLOW = 'took too long over one page. An index on the cursor and key columns helps.';

const SENTENCES: Readonly<Record<string, NonNullable<Classified>>> = {
  ER_ACCESS_DENIED_ERROR: [
    'AuthExpired',
    'refused the user or the password. Renew the secret of "url".',
  ],
  ER_BAD_DB_ERROR: ['InvalidConfig', 'does not exist. Mend the database in "url".'],
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: [
    'InvalidConfig',
    'was asked to write. A source may only read; mend "query".',
  ],
  ER_QUERY_TIMEOUT: ['SourceUnavailable', SLOW],
  ER_STATEMENT_TIMEOUT: ['SourceUnavailable', SLOW],
  HANDSHAKE_NO_SSL_SUPPORT: [
    'InvalidConfig',
    'has no TLS. Remove "sslmode" from the URL or switch TLS on at the server.',
  ],
};

const DENIED = /^ER_(DBACCESS|TABLEACCESS|COLUMNACCESS|SPECIFIC_ACCESS)_?DENIED/u;
const BUSY =
  /^(ER_LOCK_|ER_CON_COUNT|ER_TOO_MANY_USER|ER_SERVER_SHUTDOWN|ER_QUERY_INTERRUPTED|PROTOCOL_)/u;

/** Names: MySQL manual, server error reference; `errno` 1969 is MariaDB's statement time-out. */
function classify(error: DriverError): Classified {
  const code = error.errno === 1969 ? 'ER_STATEMENT_TIMEOUT' : (error.code ?? '');
  const known = SENTENCES[code];
  if (known) return known;
  if (DENIED.test(code)) {
    return ['AccessDenied', `denied access: ${error.message}. Grant SELECT to the user of "url".`];
  }
  if (BUSY.test(code)) return ['SourceUnavailable', `gave up for now (${code}).`];
  return code.startsWith('ER_')
    ? ['InvalidConfig', `refused the statement: ${error.message}. Mend the definition.`]
    : undefined;
}
