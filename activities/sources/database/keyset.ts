import type { Column, Statement, Words } from './dialect.ts';

/** One page: rows after a position, in the order of `order`. */
export interface Page {
  readonly from: string;
  readonly select: readonly Column[];
  /** Unique together. Never more than one page of rows is sorted where an index on them exists. */
  readonly order: readonly Column[];
  /** One value for each column of `order`; null begins at the start. */
  readonly after: readonly string[] | null;
  readonly limit: number;
  readonly bounds?: Bounds;
  readonly isNull?: Column;
}

interface Bounds {
  readonly column: Column;
  readonly atLeast?: string;
  readonly atMost?: string;
  readonly below?: string;
}

/**
 * The SQL of a page, by key and never by OFFSET. ORDER BY and comparisons name `src."column"`: a bare name would mean the
 * selected expression, and sorting by that costs a full sort a page.
 */
export function pageStatement(words: Words, page: Page): Statement {
  const values: string[] = [];
  const bind: Bind = (column, value) => words.parameter(column, values.push(value));
  const where = conditions(words, page, bind);
  const text = [
    `SELECT ${page.select.map((column) => words.select(column)).join(', ')}`,
    `FROM ${page.from}`,
    where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`,
    `ORDER BY ${page.order.map((column) => name(words, column)).join(', ')}`,
    `LIMIT ${page.limit}`,
  ];
  return { text: text.filter((line) => line !== '').join('\n'), values };
}

/** Binding must follow the order of the text: two of the three dialects have placeholders without numbers. */
type Bind = (column: Column, value: string) => string;

function conditions(words: Words, page: Page, bind: Bind): string[] {
  const conditions: string[] = [];
  if (page.isNull) conditions.push(`${name(words, page.isNull)} IS NULL`);
  if (page.bounds) conditions.push(...within(words, page.bounds, bind));
  if (page.after) conditions.push(after(words, page.order, page.after, bind));
  return conditions;
}

function within(words: Words, bounds: Bounds, bind: Bind): string[] {
  const { column, atLeast, atMost, below } = bounds;
  const left = name(words, column);
  return [
    ...(atLeast === undefined ? [] : [`${left} >= ${bind(column, atLeast)}`]),
    ...(atMost === undefined ? [] : [`${left} <= ${bind(column, atMost)}`]),
    ...(below === undefined ? [] : [`${left} < ${bind(column, below)}`]),
  ];
}

function after(
  words: Words,
  order: readonly Column[],
  position: readonly string[],
  bind: Bind,
): string {
  const pairs = order.map((column, index) => ({ column, value: position[index] ?? '' }));
  if (!words.rowValues) return expanded(words, pairs, bind);
  const names = order.map((column) => name(words, column)).join(', ');
  const values = pairs.map(({ column, value }) => bind(column, value)).join(', ');
  return `(${names}) > (${values})`;
}

interface Pair {
  readonly column: Column;
  readonly value: string;
}

/** `a > 1 OR (a = 1 AND (b > 2))`, which MySQL and MariaDB turn into ranges of an index. */
function expanded(words: Words, [pair, ...rest]: readonly Pair[], bind: Bind): string {
  if (!pair) return 'FALSE';
  const left = name(words, pair.column);
  const greater = `${left} > ${bind(pair.column, pair.value)}`;
  if (rest.length === 0) return `(${greater})`;
  const equal = `${left} = ${bind(pair.column, pair.value)}`;
  return `(${greater} OR (${equal} AND ${expanded(words, rest, bind)}))`;
}

function name(words: Words, column: Column): string {
  return `src.${words.quote(column.name)}`;
}
