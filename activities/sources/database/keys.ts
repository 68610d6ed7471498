import type { KnownDocument } from '../contract.ts';
import type { RunningCursor } from './cursor.ts';
import { deletionMark } from './deleted.ts';
import type { Column, Row } from './dialect.ts';
import { pagesOf, type RowPage } from './pages.ts';
import { distinct } from './plan.ts';
import {
  documentsOf,
  idOfMessage,
  versionOf,
  type Message,
  type Reading,
  type RowMessage,
} from './reading.ts';
import { idOf, valuesOf } from './row.ts';

/**
 * Reports every key as seen. A row outside of this run's window that the manifest does not know as it is now was committed later than the
 * lag allows for, or carries a time to come: it is read now, and so is one that failed.
 */
export async function* allKeys(
  reading: Reading,
  cursor: Column,
  start: RunningCursor,
): AsyncGenerator<Message> {
  const { plan, config, env } = reading;
  const select = distinct([...plan.key, cursor, ...(plan.mark ? [plan.mark] : [])]);
  const query = { select, order: plan.key };
  let state = start;
  for await (const page of pagesOf(plan, query, start.after, config.pageSize)) {
    const listed = page.rows.map((row) => listedRow(reading, select, row));
    const known = await env.known(listed.map(({ id }) => id));
    const late = await lateRows(reading, { cursor, state, page, listed, known });
    yield* late;
    yield* presence(listed, known, new Set(late.map(idOfMessage)));
    state = { ...start, after: page.last };
    yield { kind: 'checkpoint', cursor: state };
  }
}

interface ListedRow {
  readonly id: string;
  /** The value of its cursor. */
  readonly etag?: string;
  /** Why it counts as deleted. */
  readonly gone?: string;
}

function listedRow(reading: Reading, select: readonly Column[], row: Row): ListedRow {
  const values = valuesOf(select, row);
  const gone = deletionMark(reading.config, values);
  return {
    id: idOf(reading.plan.key, values),
    ...versionOf(reading, values),
    ...(gone === undefined ? {} : { gone }),
  };
}

type Known = ReadonlyMap<string, KnownDocument>;

/** A row that is marked as deleted is gone as long as its document is still there. */
function* presence(
  listed: readonly ListedRow[],
  known: Known,
  read: ReadonlySet<string>,
): Generator<Message> {
  for (const { id, gone } of listed) {
    if (gone === undefined && !read.has(id)) yield { kind: 'seen', id };
    if (gone !== undefined && known.has(id)) yield { kind: 'gone', id, why: gone };
  }
}

interface LatePage {
  readonly cursor: Column;
  readonly state: RunningCursor;
  readonly page: RowPage;
  readonly listed: readonly ListedRow[];
  readonly known: Known;
}

async function lateRows(
  reading: Reading,
  { cursor, state: { after, window }, page, listed, known }: LatePage,
): Promise<readonly RowMessage[]> {
  const { plan, env } = reading;
  const wanted = new Set(
    listed.filter((row) => !row.gone && isUnread(row, known.get(row.id))).map(({ id }) => id),
  );
  // Without an upper end no row has a cursor value, and those without one are read in every run.
  if (wanted.size === 0 || window.upper === null) return [];
  const below = window.lower === null ? {} : { below: window.lower };
  const query = {
    select: plan.selected,
    order: plan.key,
    upTo: page.last,
    outside: { column: cursor, ...below, above: window.upper },
  };
  const late: RowMessage[] = [];
  for await (const rows of pagesOf(plan, query, after, page.rows.length)) {
    late.push(...[...documentsOf(reading, rows)].filter((one) => wanted.has(idOfMessage(one))));
  }
  if (late.length > 0)
    env.log.info('read rows that were committed late or failed', { rows: late.length });
  return late;
}

function isUnread({ etag }: ListedRow, known: KnownDocument | undefined): boolean {
  if (!known || known.failed) return true;
  return known.etag !== undefined && etag !== undefined && known.etag !== etag;
}
