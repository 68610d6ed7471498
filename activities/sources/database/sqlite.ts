import { access } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { failure } from '../../../workflows/failures.ts';
import type { FileAddress } from './address.ts';
import {
  streamOf,
  wrapped,
  type Cell,
  type Column,
  type Kind,
  type Relation,
  type Session,
  type Wanted,
  type Words,
} from './dialect.ts';
import { databaseFailure, type Classified, type DriverError } from './errors.ts';
import { tableMissing } from './sentences.ts';

/** Opens a file, read-only. A page is read in one go and blocks the process meanwhile; pages are small. @throws InvalidConfig, AccessDenied */
export async function connectSqlite(address: FileAddress, signal: AbortSignal): Promise<Session> {
  signal.throwIfAborted();
  const { DatabaseSync } = await import('node:sqlite');
  const mapped = (error: unknown): unknown =>
    databaseFailure(error, address.label, signal, classify);
  await readable(address);
  try {
    const file = new DatabaseSync(address.path, { readOnly: true, timeout: 5000 });
    return session(file, (read) => {
      signal.throwIfAborted();
      try {
        return read();
      } catch (error) {
        throw mapped(error);
      }
    });
  } catch (error) {
    throw mapped(error);
  }
}

async function readable(address: FileAddress): Promise<void> {
  try {
    await access(address.path, 4);
  } catch (cause) {
    const denied = (cause as DriverError).code === 'EACCES';
    throw failure(
      denied ? 'AccessDenied' : 'InvalidConfig',
      denied
        ? `The worker may not read the file "${address.path}". Grant it.`
        : `There is no file "${resolve(address.path)}". ${pathHint(address)}`,
      { cause },
    );
  }
}

/** A relative path begins where the worker was started, which is rarely what a person means. */
function pathHint({ path }: FileAddress): string {
  if (isAbsolute(path)) return 'Mend the path in "url".';
  return `The path in "url" is relative to the folder of the worker: write an absolute one.`;
}

const WORDS: Words = {
  quote,
  select: source,
  parameter: () => '?',
  rowValues: true,
  // SQLite has types per value, and 5 is not '5': the letter keeps the type.
  explain: (text) => `EXPLAIN QUERY PLAN ${text}`,
  sorts: /TEMP B-TREE/u,
  position: (cell) => `${LETTER[cell.kind] ?? 't'}${cell.text}`,
};

const LETTER: Partial<Record<Kind, string>> = { integer: 'i', float: 'f', binary: 'b' };

type Reading = <T>(read: () => T) => T;

function session(file: DatabaseSync, reading: Reading): Session {
  const all = (text: string, values: readonly SQLInputValue[] = []): SQLOutputValue[][] =>
    reading(() => {
      const statement = file.prepare(text);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      return statement.all(...values) as unknown as SQLOutputValue[][];
    });
  return {
    words: WORDS,
    relation: async (wanted) => reading(() => relation(file, all, wanted)),
    streams: async () => reading(() => streams(all)),
    rows: async ({ text, values }, selected) =>
      all(text, values.map(fromPosition)).map((row) =>
        row.map((value, index) => cell(value, selected[index])),
      ),
    async upperBound({ from }, cursor) {
      const greatest = cell(all(`SELECT max(${source(cursor)}) FROM ${from}`)[0]?.[0] ?? null);
      return greatest && upperOf(WORDS.position(greatest), new Date());
    },
    lowerBound: async (_cursor, watermark, lagMs) => lowerOf(watermark, lagMs),
    async [Symbol.asyncDispose]() {
      file.close();
    },
  };
}

function fromPosition(position: string): SQLInputValue {
  const text = position.slice(1);
  if (position.startsWith('i')) return BigInt(text);
  if (position.startsWith('f')) return Number(text);
  return position.startsWith('b') ? Buffer.from(text, 'hex') : text;
}

/** What the column declares is a hint in SQLite; the value itself decides. */
function cell(value: SQLOutputValue, column?: Column): Cell {
  if (value === null) return null;
  if (typeof value === 'bigint') return { kind: 'integer', text: String(value) };
  if (typeof value === 'number') return { kind: 'float', text: String(value) };
  if (typeof value !== 'string') {
    return { kind: 'binary', text: Buffer.from(value).toString('hex') };
  }
  const declared = column?.kind;
  return { kind: declared === 'time' || declared === 'json' ? declared : 'text', text: value };
}

type All = (text: string, values?: readonly SQLInputValue[]) => SQLOutputValue[][];

function relation(file: DatabaseSync, all: All, wanted: Wanted): Relation {
  if (wanted.kind === 'query') {
    const from = wrapped(wanted.sql);
    const columns = file.prepare(`SELECT src.* FROM ${from} LIMIT 0`).columns();
    return {
      from,
      columns: columns.map(({ name, type }) => column(name, type ?? '', true)),
      primaryKey: [],
    };
  }
  const schema = wanted.schema ?? 'main';
  const facts = tableFacts(all, wanted.table, schema);
  if (facts.columns.length === 0) throw tableMissing(wanted);
  return { from: `${quote(schema)}.${quote(wanted.table)} AS src`, ...facts };
}

function tableFacts(
  all: All,
  table: string,
  schema: string,
): Pick<Relation, 'columns' | 'primaryKey'> {
  const info = all('SELECT name, type, "notnull", pk FROM pragma_table_info(?, ?)', [
    table,
    schema,
  ]);
  const keyed = info.filter((row) => row[3] !== 0n);
  // An INTEGER PRIMARY KEY alone is the row id and never NULL; any other key of SQLite may hold NULL, by an old bug kept on purpose.
  const rowId = keyed.length === 1 && /^integer$/iu.test(textOf(keyed[0]?.[1]));
  return {
    columns: info.map(([name, type, required, pk]) =>
      column(textOf(name), textOf(type), required === 0n && !(rowId && pk === 1n)),
    ),
    primaryKey: keyed.toSorted((a, b) => Number(a[3]) - Number(b[3])).map(([name]) => textOf(name)),
  };
}

function column(name: string, type: string, nullable: boolean): Column {
  return { name, type, kind: kindOf(type), nullable };
}

function kindOf(declared: string): Kind {
  if (/^(datetime|timestamp)/iu.test(declared)) return 'time';
  if (/json/iu.test(declared)) return 'json';
  if (/blob/iu.test(declared)) return 'binary';
  if (/^date$/iu.test(declared)) return 'date';
  return /int/iu.test(declared) ? 'integer' : 'text';
}

function streams(all: All) {
  const tables = all(
    `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
  );
  return tables.map(([name]) => {
    const facts = tableFacts(all, textOf(name), 'main');
    return streamOf(textOf(name), facts.columns, facts.primaryKey);
  });
}

/** `t2026-11-05 12:30:00.5` or with `T`: the two forms in which SQLite's users keep times as text. */
const TIME = /^t(\d{4}-\d\d-\d\d)([ T])(\d\d:\d\d:\d\d)/u;

/**
 * The clock of the machine that opened the file is the database's clock. Times are text and compare as text, so the bound takes
 * the form of the newest value, to the second and one second on, below which all fractions and suffixes sort.
 */
function upperOf(greatest: string, now: Date): string {
  const separator = TIME.exec(greatest)?.[2];
  return separator === undefined
    ? greatest
    : earliest(greatest, written(now.getTime() + 1000, separator));
}

function lowerOf(watermark: string, lagMs: number): string {
  const [, day, separator, time] = TIME.exec(watermark) ?? [];
  if (separator === undefined) return watermark;
  return written(Date.parse(`${day}T${time}Z`) - lagMs, separator);
}

function earliest(a: string, b: string): string {
  return a < b ? a : b;
}

function written(ms: number, separator: string): string {
  return `t${new Date(ms).toISOString().slice(0, 19).replace('T', separator)}`;
}

function textOf(value: SQLOutputValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function source(column: Column): string {
  return `src.${quote(column.name)}`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Result codes: sqlite.org/rescode.html; the low byte is the primary one. */
function classify(error: DriverError): Classified {
  const code = (error.errcode ?? 0) & 0xff;
  if (code === 5 || code === 6) return ['SourceUnavailable', 'is locked by a writer.'];
  if (code === 26) return ['InvalidConfig', 'is not an SQLite file. Mend the path in "url".'];
  if (code === 11) return ['InvalidConfig', 'is damaged. Restore the file.'];
  if (code === 8 || code === 23)
    return ['InvalidConfig', 'was asked to write. A source may only read; mend "query".'];
  if (code === 1 || code === 20 || code === 25) {
    return ['InvalidConfig', `refused the statement: ${error.message}. Mend the definition.`];
  }
  return undefined;
}
