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
import type { Texts } from './postgres.ts';
import { tableMissing } from './sentences.ts';

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Columns come from the result itself, so that tables, views and queries answer alike; keys and NOT NULL from the catalogue. */
export async function postgresRelation(ask: Texts, wanted: Wanted): Promise<Relation> {
  const oid = wanted.kind === 'table' ? await tableOid(ask, wanted) : undefined;
  const from = wanted.kind === 'query' ? wrapped(wanted.sql) : `${qualified(wanted, quote)} AS src`;
  const { fields } = await ask(`SELECT src.* FROM ${from} LIMIT 0`);
  const types = await typesOf(
    ask,
    fields.map((field) => field.dataTypeID),
  );
  const facts = oid === undefined ? { required: [], key: [] } : await tableFacts(ask, oid);
  return {
    from,
    columns: fields.map(({ name, dataTypeID }) => {
      const { type, kind } = types.get(dataTypeID) ?? { type: 'unknown', kind: 'text' };
      return { name, type, kind, nullable: !facts.required.includes(name) };
    }),
    primaryKey: facts.key,
  };
}

async function tableOid(ask: Texts, wanted: WantedTable): Promise<string> {
  const { rows } = await ask('SELECT to_regclass($1::text)::oid::text', [qualified(wanted, quote)]);
  const oid = rows[0]?.[0];
  if (oid === null || oid === undefined) throw tableMissing(wanted);
  return oid;
}

async function tableFacts(ask: Texts, oid: string): Promise<{ required: string[]; key: string[] }> {
  const { rows } = await ask(
    `SELECT a.attname, a.attnotnull, array_position(i.indkey::int2[], a.attnum)
      FROM pg_catalog.pg_attribute a
      LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
      WHERE a.attrelid = $1::text::oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY 3, a.attnum`,
    [oid],
  );
  return {
    required: rows.filter((row) => row[1] === 't').map((row) => row[0] ?? ''),
    key: rows.filter((row) => row[2] !== null).map((row) => row[0] ?? ''),
  };
}

async function typesOf(
  ask: Texts,
  oids: readonly number[],
): Promise<Map<number, { type: string; kind: Kind }>> {
  const { rows } = await ask(
    `SELECT oid::text, format_type(oid, NULL), typcategory::text FROM pg_catalog.pg_type
      WHERE oid = ANY($1::text::oid[])`,
    [`{${[...new Set(oids)].join(',')}}`],
  );
  return new Map(
    rows.map(([oid, type, category]) => [
      Number(oid),
      { type: type ?? '', kind: kindOf(type ?? '', category ?? '') },
    ]),
  );
}

const BY_TYPE: Readonly<Record<string, Kind>> = {
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  numeric: 'decimal',
  real: 'float',
  'double precision': 'float',
  boolean: 'boolean',
  date: 'date',
  'timestamp with time zone': 'time',
  'timestamp without time zone': 'time',
  json: 'json',
  jsonb: 'json',
  bytea: 'binary',
};

/** An enumeration counts as text: its value is sent back untyped, so PostgreSQL compares in the enumeration's own order. */
function kindOf(type: string, category: string): Kind {
  return BY_TYPE[type] ?? (category === 'A' ? 'list' : 'text');
}

/** `count` is the estimate of the last ANALYZE; a table that never had one has none. */
export async function postgresStreams(ask: Texts, schema: string | undefined) {
  const { rows } = await ask(STREAMS, [schema ?? '']);
  const tables = Map.groupBy(rows, (row) => `${row[0]}.${row[1]}`);
  return [...tables].map(([name, columns]) => {
    const key = columns
      .filter((row) => row[7] !== null)
      .toSorted((a, b) => Number(a[7]) - Number(b[7]))
      .map((row) => row[3] ?? '');
    const count = Number(columns[0]?.[2] ?? -1);
    return streamOf(name, columns.map(columnOf), key, count < 0 ? undefined : count);
  });
}

function columnOf(row: readonly (string | null)[]): Column {
  const [name, type, category, required] = [row[3] ?? '', row[4] ?? '', row[5] ?? '', row[6]];
  return { name, type, kind: kindOf(type, category), nullable: required !== 't' };
}

const STREAMS = `
  SELECT n.nspname, c.relname, c.reltuples::bigint, a.attname, format_type(base.oid, NULL), base.typcategory::text,
    a.attnotnull, array_position(i.indkey::int2[], a.attnum)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  JOIN pg_catalog.pg_type base ON base.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
  LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    AND ($1::text = '' OR n.nspname = $1::text)
    AND has_table_privilege(c.oid, 'SELECT')
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", a.attnum`;
