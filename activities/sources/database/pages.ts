import { failure } from '../../../workflows/failures.ts';
import type { Kind, Row } from './dialect.ts';
import { equalsStatement, pageStatement, type Page } from './keyset.ts';
import type { Plan } from './plan.ts';
import { idOf, valuesOf } from './row.ts';

export interface RowPage {
  readonly rows: readonly Row[];
  /** The position after which the next page begins. */
  readonly last: readonly string[];
}

/** What stays the same from page to page. Everything in `order` must be among `select`. */
export type Query = Omit<Page, 'from' | 'after' | 'limit'>;

/**
 * Pages of at most `size` rows after a position; none is empty. Each reads one row more than it gives, which tells the end and
 * shows two rows of the same key even across the edge of two pages.
 * @throws InvalidConfig - the key is not unique, so a row would be lost or doubled.
 */
export async function* pagesOf(
  plan: Plan,
  query: Query,
  after: readonly string[] | null,
  size: number,
): AsyncGenerator<RowPage> {
  const { session, relation } = plan;
  let position = after;
  let limit = size;
  for (;;) {
    const page = { ...query, from: relation.from, after: position, limit: limit + 1 };
    const found = await session.rows(pageStatement(session.words, page), query.select);
    refuseDoubles(plan, query, found);
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    if (!last) return;
    position = positionOf(plan, query, last);
    const isLast = found.length <= limit;
    if (!isLast) await refuseEquals(plan, query, position);
    yield { rows, last: position };
    if (isLast) return;
    limit = nextLimit(rows, size);
  }
}

/** A page is held in memory whole: where rows are large, the next page takes fewer. */
const PAGE_TARGET_LENGTH = 16 * 1024 * 1024;

function nextLimit(rows: readonly Row[], size: number): number {
  const length = rows.flat().reduce((sum, cell) => sum + (cell?.text.length ?? 0), 0);
  const fitting = Math.floor((PAGE_TARGET_LENGTH / Math.max(1, length)) * rows.length);
  return Math.max(1, Math.min(size, fitting));
}

/** Where a row stands in the order of a query. @throws InvalidConfig - a value of it is NULL. */
export function positionOf({ session, name }: Plan, query: Query, row: Row): readonly string[] {
  const values = valuesOf(query.select, row);
  return query.order.map((column) => {
    const cell = values.get(column.name);
    if (cell) return session.words.position(cell);
    throw failure(
      'InvalidConfig',
      `Column "${column.name}" of ${name} is NULL in a row. Key columns must have a value in every row; name others in "primaryKey".`,
    );
  });
}

function refuseDoubles(plan: Plan, query: Query, rows: readonly Row[]): void {
  const ids = rows.map((row) => idOf(plan.key, valuesOf(query.select, row)));
  const double = ids.find((id, index) => id === ids[index - 1]);
  if (double !== undefined) throw notUnique(plan, `two rows have ${double}`);
}

const EQUAL_IN_OTHER_FORMS: ReadonlySet<Kind> = new Set(['text', 'decimal']);

/**
 * A collation may take "a" and "A" for equal, and then the next page, which is what is greater, would begin behind both. The database
 * itself is asked at each edge, unless it promises that the key is unique.
 */
async function refuseEquals(plan: Plan, query: Query, position: readonly string[]): Promise<void> {
  if (plan.keyIsDeclared || !plan.key.some(({ kind }) => EQUAL_IN_OTHER_FORMS.has(kind))) return;
  const { session, relation } = plan;
  const page = { from: relation.from, order: query.order };
  const equal = await session.rows(equalsStatement(session.words, page, position), []);
  if (equal.length < 2) return;
  const shown = JSON.stringify(position);
  throw notUnique(plan, `the database takes the values of two rows for equal to ${shown}`);
}

function notUnique(plan: Plan, why: string): Error {
  const key = plan.key.map((column) => `"${column.name}"`).join(', ');
  return failure(
    'InvalidConfig',
    `The key ${key} is not unique in ${plan.name}: ${why}. Name the columns that identify a row in "primaryKey".`,
  );
}
