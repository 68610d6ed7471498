import { createHash } from 'node:crypto';
import { failure } from '../../../workflows/failures.ts';
import { namedColumns, type DatabaseConfig } from './config.ts';
import type { Column, Kind, Relation, Session, Wanted } from './dialect.ts';
import { typeOfFailure } from './errors.ts';
import { relationName } from './sentences.ts';
import { changesOf, drifted, shapeOf, type Shape, type ShapeChange } from './shape.ts';

/** What is read and how, once the database has said what its columns are. */
export interface Plan {
  readonly session: Session;
  readonly relation: Relation;
  readonly key: readonly Column[];
  /** The database itself promises that the key is unique. */
  readonly keyIsDeclared: boolean;
  readonly cursor?: Column;
  /** The column that marks deleted rows. */
  readonly mark?: Column;
  /** Everything that a page selects: key, cursor, mark, then what the output names. Each column once. */
  readonly selected: readonly Column[];
  /** Changes when the same row would give another document: a stored cursor of another plan starts from the beginning. */
  readonly signature: string;
  readonly shape: Shape;
  /** What became of the table since the look that the cursor remembers. */
  readonly changes: ShapeChange;
  readonly name: string;
}

/**
 * Looks the table or query up; `before` is its shape at the last look.
 * @throws InvalidConfig - a column is missing or cannot be a key or cursor.
 * @throws SchemaDrift - the same, but it was good once.
 */
export async function planOf(
  session: Session,
  config: DatabaseConfig,
  before?: Shape,
): Promise<Plan> {
  const wanted = wantedOf(config);
  const name = relationName(wanted);
  try {
    return planned(await session.relation(wanted), { session, config, name, before });
  } catch (error) {
    const isOfColumns = before !== undefined && typeOfFailure(error) === 'InvalidConfig';
    throw isOfColumns ? drifted(name, sentenceOf(error), error) : error;
  }
}

interface Planning {
  readonly session: Session;
  readonly config: DatabaseConfig;
  readonly name: string;
  readonly before: Shape | undefined;
}

function planned(relation: Relation, { session, config, name, before }: Planning): Plan {
  const one = (column: string | undefined): Column | undefined =>
    find(relation, column === undefined ? [] : [column], name)[0];
  const key = find(relation, keyNames(config, relation, name), name).map((column) =>
    comparable(column, 'primaryKey'),
  );
  const cursor = one(config.cursor);
  const mark = one(config.deleted?.column);
  const output = find(
    relation,
    namedColumns(config) ?? openColumns(relation, config, before),
    name,
  );
  const vital = distinct([...key, ...(cursor ? [cursor] : []), ...(mark ? [mark] : [])]);
  const selected = distinct([...vital, ...output]);
  const watched = config.contract === 'freeze' ? relation.columns : selected;
  const shape = shapeOf(key, watched, vital);
  if (shape.rest !== undefined && config.contract === 'discard' && config.body === undefined) {
    throw tooWide(name);
  }
  return {
    session,
    relation,
    key,
    keyIsDeclared: isSubset(relation.primaryKey, key),
    ...(cursor ? { cursor: comparable(cursor, 'cursor') } : {}),
    ...(mark ? { mark } : {}),
    selected,
    signature: signatureOf(config, key, output),
    shape,
    changes: before ? changesOf(before, shape) : { broken: [], noted: [] },
    name,
  };
}

/** Without a list in the definition: every column, or with "discard" those that were there at the first look. */
function openColumns(
  relation: Relation,
  { contract }: DatabaseConfig,
  before: Shape | undefined,
): readonly string[] {
  if (contract !== 'discard' || !before) return all(relation);
  const first = new Set(before.columns.map(([name]) => name));
  return all(relation).filter((name) => first.has(name));
}

/** Within one run nothing may break; between runs that is for a person to judge, before the read begins. @throws SchemaDrift */
export function refuseDrift({ changes, name }: Plan, { contract }: DatabaseConfig): void {
  const { broken, noted } = changes;
  const why = contract === 'freeze' ? [...broken, ...noted] : broken;
  if (why.length > 0) throw drifted(name, why.join('; '));
}

function tooWide(name: string): Error {
  return failure(
    'InvalidConfig',
    `The ${name.replace(/^the /u, '')} has too many columns to remember which of them were there at first, as "discard" must. List the columns to read in "body".`,
  );
}

function isSubset(primaryKey: readonly string[], key: readonly Column[]): boolean {
  const names = new Set(key.map(({ name }) => name));
  return primaryKey.length > 0 && primaryKey.every((name) => names.has(name));
}

/** The sentence of a failure without its full stop. */
function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/u, '') : 'it cannot be read';
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
  return namesOf(relation.columns);
}

/** With an open body its columns take part: a new one gives every row another text. */
function signatureOf(
  config: DatabaseConfig,
  key: readonly Column[],
  output: readonly Column[],
): string {
  const { url: _url, pageSize: _pageSize, lag: _lag, keyScan: _keyScan, ...shape } = config;
  const columns = config.body === undefined ? namesOf(output) : [];
  const text = JSON.stringify([shape, namesOf(key), columns]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function namesOf(columns: readonly Column[]): readonly string[] {
  return columns.map(({ name }) => name);
}

/** Each column once, in the order of its first place. */
export function distinct(columns: readonly Column[]): readonly Column[] {
  return [...new Set(columns)];
}
