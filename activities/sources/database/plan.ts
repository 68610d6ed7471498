import { createHash } from 'node:crypto';
import { failure } from '../../../workflows/failures.ts';
import { namedColumns, type DatabaseConfig } from './config.ts';
import type { Column, Kind, Relation, Session, Wanted } from './dialect.ts';
import { relationName } from './sentences.ts';

/** What is read and how, once the database has said what its columns are. */
export interface Plan {
  readonly session: Session;
  readonly relation: Relation;
  readonly key: readonly Column[];
  readonly cursor?: Column;
  /** Everything that a page selects: key, cursor, then what the output names. Each column once. */
  readonly selected: readonly Column[];
  /** Changes when the same row would give another document: a stored cursor of another plan starts from the beginning. */
  readonly signature: string;
  readonly name: string;
}

/** Looks the table or query up. @throws InvalidConfig - a column is missing or cannot be a key or cursor. */
export async function planOf(session: Session, config: DatabaseConfig): Promise<Plan> {
  const wanted = wantedOf(config);
  const relation = await session.relation(wanted);
  const name = relationName(wanted);
  const key = find(relation, keyNames(config, relation, name), name).map((column) =>
    comparable(column, 'primaryKey'),
  );
  const [cursor] = find(relation, config.cursor === undefined ? [] : [config.cursor], name);
  const output = find(relation, namedColumns(config) ?? all(relation), name);
  return {
    session,
    relation,
    key,
    ...(cursor ? { cursor: comparable(cursor, 'cursor') } : {}),
    selected: [...new Set([...key, ...(cursor ? [cursor] : []), ...output])],
    signature: signatureOf(config, key),
    name,
  };
}

export function wantedOf(config: DatabaseConfig): Wanted {
  if (config.query !== undefined) return { kind: 'query', sql: config.query };
  const { table = '', schema } = config;
  if (schema !== undefined) return { kind: 'table', schema, table };
  const dot = table.indexOf('.');
  return dot < 1
    ? { kind: 'table', table }
    : { kind: 'table', schema: table.slice(0, dot), table: table.slice(dot + 1) };
}

function keyNames(config: DatabaseConfig, relation: Relation, name: string): readonly string[] {
  const names = config.primaryKey ?? relation.primaryKey;
  if (names.length > 0) return names;
  throw failure(
    'InvalidConfig',
    `The ${name.replace(/^the /u, '')} declares no primary key, and "primaryKey" is not given. Name the columns that identify a row in "primaryKey".`,
  );
}

function find(relation: Relation, names: readonly string[], name: string): readonly Column[] {
  const missing = names.filter((one) => !relation.columns.some((column) => column.name === one));
  if (missing.length > 0) {
    throw failure(
      'InvalidConfig',
      `Column ${missing.map((one) => `"${one}"`).join(', ')} is not in ${name}. Its columns are: ${all(relation).join(', ')}.`,
    );
  }
  return names.flatMap((one) => relation.columns.filter((column) => column.name === one));
}

const INCOMPARABLE: ReadonlySet<Kind> = new Set(['json', 'list', 'float', 'enum']);

/** Pages go by "greater than the last value", which must mean the same to the text of a value and to the database. */
function comparable(column: Column, field: 'primaryKey' | 'cursor'): Column {
  if (!INCOMPARABLE.has(column.kind)) return column;
  throw failure(
    'InvalidConfig',
    `Column "${column.name}" has the type "${column.type}", which cannot be compared exactly. Name another column in "${field}".`,
  );
}

function all(relation: Relation): readonly string[] {
  return relation.columns.map((column) => column.name);
}

function signatureOf(config: DatabaseConfig, key: readonly Column[]): string {
  const { url: _url, pageSize: _pageSize, lag: _lag, keyScan: _keyScan, ...shape } = config;
  const text = JSON.stringify([shape, key.map((column) => column.name)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
