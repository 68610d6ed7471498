import type { DiscoveredStream } from '../../../workflows/collection/inspection.ts';

/** What a value is, so that it can be rendered and compared exactly. `enum` sorts in its own order, not as its text. */
export type Kind =
  | 'text'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'boolean'
  | 'time'
  | 'date'
  | 'json'
  | 'list'
  | 'enum'
  | 'binary';

export interface Column {
  readonly name: string;
  /** As the database names it, for people and for casts. */
  readonly type: string;
  readonly kind: Kind;
  /** False only where the database promises it. */
  readonly nullable: boolean;
}

/** One value, exact: digits as the database wrote them, never a JavaScript number or Date. Null is NULL. */
export type Cell = { readonly kind: Kind; readonly text: string } | null;
export type Row = readonly Cell[];

/** A table or a wrapped query as it stands in a FROM clause, always under the name `src`. */
export interface Relation {
  readonly from: string;
  readonly columns: readonly Column[];
  /** Empty where the database declares none. */
  readonly primaryKey: readonly string[];
}

export type Wanted =
  | { readonly kind: 'table'; readonly schema?: string; readonly table: string }
  | { readonly kind: 'query'; readonly sql: string };
export type WantedTable = Wanted & { readonly kind: 'table' };

export interface Statement {
  readonly text: string;
  readonly values: readonly string[];
}

/** One way to speak SQL. Positions (values of key and cursor columns) are texts that only the same dialect reads back. */
export interface Words {
  quote(name: string): string;
  /** How the column is read: a cast only where its plain form would lose something. */
  select(column: Column): string;
  /** The placeholder of the n-th value (from 1), typed like the column that it is compared with. */
  parameter(column: Column, index: number): string;
  /** Row comparisons that this database answers from an index. */
  readonly rowValues: boolean;
  /** What a later page needs to go on after this value. */
  position(cell: NonNullable<Cell>): string;
  /** Asks for the plan of a statement instead of its rows, and what in that plan means that all rows are sorted. */
  explain(text: string): string;
  readonly sorts: RegExp;
}

/** A connection. Every statement runs in a READ ONLY transaction of its own with time limits. */
export interface Session extends AsyncDisposable {
  readonly words: Words;
  /** @throws InvalidConfig - there is no such table, or the query is wrong. */
  relation(wanted: Wanted): Promise<Relation>;
  /** `selected` says what each value of a row is. */
  rows(statement: Statement, selected: readonly Column[]): Promise<readonly Row[]>;
  /** The newest value of a cursor that this run reads: the database's clock for times, the greatest value otherwise. Null: no rows. */
  upperBound(relation: Relation, cursor: Column): Promise<string | null>;
  /** A position `lagMs` before `watermark`; the watermark itself where the cursor is not a time. */
  lowerBound(cursor: Column, watermark: string, lagMs: number): Promise<string>;
  /** Tables and views with columns and keys, sorted by name. */
  streams(schema: string | undefined): Promise<readonly DiscoveredStream[]>;
}

/** A page must not take longer; a longer statement means a missing index. */
export const STATEMENT_TIMEOUT_MS = 120_000;
export const CONNECT_TIMEOUT_MS = 10_000;

/** Columns that probably grow with each change: times, those named like a change first. */
function cursorCandidates(columns: readonly Column[]): readonly string[] {
  const times = columns.filter((column) => column.kind === 'time');
  const isChange = (column: Column): boolean => /updat|modif|chang/iu.test(column.name);
  return [...times.filter(isChange), ...times.filter((one) => !isChange(one))].map(
    (column) => column.name,
  );
}

export function streamOf(
  name: string,
  columns: readonly Column[],
  primaryKey: readonly string[],
  count?: number,
): DiscoveredStream {
  return {
    name,
    primaryKey,
    cursorCandidates: cursorCandidates(columns),
    fields: columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
    ...(count === undefined ? {} : { count }),
  };
}

/** A table by its quoted names, with its schema where one is given. */
export function qualified({ schema, table }: WantedTable, quote: (name: string) => string): string {
  const names = schema === undefined ? [table] : [schema, table];
  return names.map((name) => quote(name)).join('.');
}

/** The wrapped form of a query; the line break ends a comment in its last line. */
export function wrapped(query: string): string {
  return `(${query.trim().replace(/;+\s*$/u, '')}\n) AS src`;
}
