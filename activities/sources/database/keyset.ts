import type { Column, Statement, Words } from './dialect.ts';

/** One page: rows after a position, in the order of `order`. */
export interface Page {
  readonly from: string;
  readonly select: readonly Column[];
  /** Unique together. Never more than one page of rows is sorted where an index on them exists. */
  readonly order: readonly Column[];
  /** One value for each column of `order`; null begins at the start. */
  readonly after: readonly string[] | null;
  /** The last position, inclusive. */
  readonly upTo?: readonly string[];
  readonly limit: number;
  readonly bounds?: Bounds;
  /** Rows that lie on either side of a window, not inside it. */
  readonly outside?: { readonly column: Column; readonly below?: string; readonly above: string };
  readonly isNull?: Column;
}

interface Bounds {
  readonly column: Column;
  readonly atLeast?: string;
  readonly atMost?: string;
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

/** At most two rows that the database itself takes for equal to a position, by its own collations. */
export function equalsStatement(
  words: Words,
  { from, order }: Pick<Page, 'from' | 'order'>,
  position: readonly string[],
): Statement {
  const { text, values } = equalTo(words, order, position);
  return { text: `SELECT 1 FROM ${from} WHERE ${text} LIMIT 2`, values };
}

/** The rows at one position, whole: more than one where the database takes different texts for equal. */
export function rowStatement(
  words: Words,
  { from, select, order, limit }: Pick<Page, 'from' | 'select' | 'order' | 'limit'>,
  position: readonly string[],
): Statement {
  const { text, values } = equalTo(words, order, position);
  const columns = select.map((column) => words.select(column)).join(', ');
  return { text: `SELECT ${columns} FROM ${from} WHERE ${text} LIMIT ${limit}`, values };
}

function equalTo(words: Words, order: readonly Column[], position: readonly string[]): Statement {
  const values: string[] = [];
  const equal = pairsOf(order, position).map(
    ({ column, value }) =>
      `${name(words, column)} = ${words.parameter(column, values.push(value))}`,
  );
  return { text: equal.join(' AND '), values };
}

/** Binding must follow the order of the text: two of the three dialects have placeholders without numbers. */
type Bind = (column: Column, value: string) => string;

function conditions(words: Words, page: Page, bind: Bind): string[] {
  const conditions: string[] = [];
  const { order, after, upTo } = page;
  if (page.isNull) conditions.push(`${name(words, page.isNull)} IS NULL`);
  if (page.bounds) conditions.push(...within(words, page.bounds, bind));
  if (page.outside) conditions.push(beyond(words, page.outside, bind));
  if (after) conditions.push(compared(words, '>', pairsOf(order, after), bind));
  if (upTo) conditions.push(compared(words, '<=', pairsOf(order, upTo), bind));
  return conditions;
}

function within(words: Words, { column, atLeast, atMost }: Bounds, bind: Bind): string[] {
  const left = name(words, column);
  return [
    ...(atLeast === undefined ? [] : [`${left} >= ${bind(column, atLeast)}`]),
    ...(atMost === undefined ? [] : [`${left} <= ${bind(column, atMost)}`]),
  ];
}

function beyond(
  words: Words,
  { column, below, above }: NonNullable<Page['outside']>,
  bind: Bind,
): string {
  const left = name(words, column);
  const early = below === undefined ? '' : `${left} < ${bind(column, below)} OR `;
  return `(${early}${left} > ${bind(column, above)})`;
}

interface Pair {
  readonly column: Column;
  readonly value: string;
}

function pairsOf(order: readonly Column[], position: readonly string[]): readonly Pair[] {
  return order.map((column, index) => ({ column, value: position[index] ?? '' }));
}

function compared(words: Words, sign: '>' | '<=', pairs: readonly Pair[], bind: Bind): string {
  if (!words.rowValues) return expanded(words, sign, pairs, bind);
  const names = pairs.map(({ column }) => name(words, column)).join(', ');
  const values = pairs.map(({ column, value }) => bind(column, value)).join(', ');
  return `(${names}) ${sign} (${values})`;
}

/** `a > 1 OR (a = 1 AND (b > 2))`, which MySQL and MariaDB turn into ranges of an index. */
function expanded(
  words: Words,
  sign: '>' | '<=',
  [pair, ...rest]: readonly Pair[],
  bind: Bind,
): string {
  if (!pair) return 'FALSE';
  const left = name(words, pair.column);
  if (rest.length === 0) return `(${left} ${sign} ${bind(pair.column, pair.value)})`;
  const strict = `${left} ${sign === '>' ? '>' : '<'} ${bind(pair.column, pair.value)}`;
  const equal = `${left} = ${bind(pair.column, pair.value)}`;
  return `(${strict} OR (${equal} AND ${expanded(words, sign, rest, bind)}))`;
}

function name(words: Words, column: Column): string {
  return `src.${words.quote(column.name)}`;
}
