import type { FieldPacket } from 'mysql2/promise';
import {
  qualified,
  streamOf,
  wrapped,
  type Column,
  type Kind,
  type Relation,
  type Wanted,
  type WantedTable,
} from './dialect.ts';
import type { Texts } from './mysql.ts';
import { tableMissing } from './sentences.ts';

export function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Columns come from the result itself, so that tables, views and queries answer alike; the key from the catalogue. */
export async function mysqlRelation(ask: Texts, wanted: Wanted): Promise<Relation> {
  const primaryKey = wanted.kind === 'table' ? await keyOf(ask, wanted) : [];
  const from = wanted.kind === 'query' ? wrapped(wanted.sql) : `${qualified(wanted, quote)} AS src`;
  const { fields } = await ask(`SELECT src.* FROM ${from} LIMIT 0`);
  return { from, columns: fields.map(columnOf), primaryKey };
}

async function keyOf(ask: Texts, { schema, table }: WantedTable): Promise<readonly string[]> {
  const { rows } = await ask(
    `SELECT s.column_name FROM information_schema.tables t
      LEFT JOIN information_schema.statistics s
        ON s.table_schema = t.table_schema AND s.table_name = t.table_name AND s.index_name = 'PRIMARY'
      WHERE t.table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND t.table_name = ?
      ORDER BY s.seq_in_index`,
    [schema ?? '', table],
  );
  if (rows.length === 0)
    throw tableMissing({ kind: 'table', table, ...(schema === undefined ? {} : { schema }) });
  return rows.flatMap(([name]) => (typeof name === 'string' ? [name] : []));
}

/** Numbers of the protocol: MySQL internals, enum_field_types and column definition flags. */
const FLAG = { notNull: 1, unsigned: 32, enum: 256, set: 2048 } as const;
const BINARY_CHARSET = 63;
const TYPES: Readonly<Record<number, readonly [string, Kind]>> = {
  0: ['decimal', 'decimal'],
  1: ['tinyint', 'integer'],
  2: ['smallint', 'integer'],
  3: ['int', 'integer'],
  4: ['float', 'float'],
  5: ['double', 'float'],
  7: ['timestamp', 'time'],
  8: ['bigint', 'integer'],
  9: ['mediumint', 'integer'],
  10: ['date', 'date'],
  11: ['time', 'text'],
  12: ['datetime', 'time'],
  13: ['year', 'integer'],
  16: ['bit', 'integer'],
  245: ['json', 'json'],
  246: ['decimal', 'decimal'],
  255: ['geometry', 'binary'],
};

function columnOf(field: FieldPacket): Column {
  const flags = Number(field.flags);
  const nullable = (flags & FLAG.notNull) === 0;
  const [type, kind] = typeOf(field, flags);
  return { name: field.name, type, kind, nullable };
}

function typeOf(field: FieldPacket, flags: number): readonly [string, Kind] {
  if ((flags & (FLAG.enum | FLAG.set)) !== 0) return ['enum', 'enum'];
  const known = TYPES[field.columnType ?? -1];
  if (known?.[1] === 'integer' && known[0] !== 'bit' && (flags & FLAG.unsigned) !== 0) {
    return ['unsigned integer', 'integer'];
  }
  if (known) return known;
  return field.characterSet === BINARY_CHARSET ? ['binary', 'binary'] : ['text', 'text'];
}

/** Without counts: those of InnoDB are guesses that change from one look to the next. */
export async function mysqlStreams(ask: Texts, schema: string | undefined) {
  const { rows } = await ask(
    `SELECT c.table_name, c.column_name, c.column_type, c.data_type, c.is_nullable, s.seq_in_index
      FROM information_schema.columns c
      LEFT JOIN information_schema.statistics s
        ON s.table_schema = c.table_schema AND s.table_name = c.table_name
          AND s.column_name = c.column_name AND s.index_name = 'PRIMARY'
      WHERE c.table_schema = COALESCE(NULLIF(?, ''), DATABASE())
      ORDER BY BINARY c.table_name, c.ordinal_position`,
    [schema ?? ''],
  );
  const tables = Map.groupBy(rows, (row) => row[0] ?? '');
  return [...tables].map(([name, columns]) => {
    const key = columns
      .filter((row) => row[5] !== null)
      .toSorted((a, b) => Number(a[5]) - Number(b[5]))
      .map((row) => row[1] ?? '');
    return streamOf(name, columns.map(declared), key);
  });
}

const TIMES = new Set(['datetime', 'timestamp']);

function declared(row: readonly (string | null)[]): Column {
  return {
    name: row[1] ?? '',
    type: row[2] ?? '',
    kind: TIMES.has(row[3] ?? '') ? 'time' : 'text',
    nullable: row[4] === 'YES',
  };
}
