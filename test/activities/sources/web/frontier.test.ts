import { expect, test } from 'vitest';
import { NO_NOTES } from '../../../../activities/sources/web/crawl-notes.ts';
import {
  createFrontier,
  type CrawlState,
  type Frontier,
} from '../../../../activities/sources/web/frontier.ts';
import type { FrontierLimits } from '../../../../activities/sources/web/frontier-bounds.ts';

const EMPTY: CrawlState = { notes: NO_NOTES, rows: [] };

function frontierOf(limits: Partial<FrontierLimits> = {}, state = EMPTY): Frontier {
  return createFrontier({ maxPages: 100, ...limits }, state);
}

/** What its changes amount to, as a store would keep them. */
function stateOf(frontier: Frontier): CrawlState {
  const rows = frontier.takeRows().toSorted((a, b) => a.page - b.page);
  return structuredClone({ notes: frontier.toNotes(), rows });
}

const page = (name: number | string): string => `https://a.example/${name}`;

test('a resumed frontier goes on where the other one stopped', () => {
  const first = frontierOf();
  for (const id of [1, 2, 3].map(page)) first.add(id, 1);
  first.next();
  first.hide('because');

  const second = frontierOf({}, stateOf(first));
  second.add(page(1), 1);

  expect(second.next()).toStrictEqual({ id: page(2), depth: 1, tries: 0 });
  expect(second.next()?.id).toBe(page(3));
  expect(second.next()).toBeUndefined();
  expect(second.hidden).toStrictEqual(['because']);
});

test('a resumed frontier keeps its order, its tries and its lists', () => {
  const first = frontierOf();
  for (const id of [1, 2, 3].map(page)) first.add(id, 1);
  const visit = first.next();
  if (visit) first.again({ ...visit, tries: 1 }, 'end');
  first.addNext(page('list?page=2'), 0, { id: page('list'), page: 2 });
  first.add(page(4), 2, '2026-11-01');

  const second = frontierOf({}, stateOf(first));
  second.add(page(5), 2);

  expect([1, 2, 3, 4, 5, 6, 7].map(() => second.next())).toStrictEqual([
    { id: page('list?page=2'), depth: 0, tries: 0, list: { id: page('list'), page: 2 } },
    { id: page(2), depth: 1, tries: 0 },
    { id: page(3), depth: 1, tries: 0 },
    { id: page(1), depth: 1, tries: 1 },
    { id: page(4), depth: 2, tries: 0, lastmod: '2026-11-01' },
    { id: page(5), depth: 2, tries: 0 },
    undefined,
  ]);
});

test('a page put before another comes first, then that one again', () => {
  const frontier = frontierOf();
  for (const id of ['x?v=1', 'y', 'x'].map(page)) frontier.add(id, 1);
  const visit = frontier.next();

  expect(visit && frontier.putBefore(page('x'), visit)).toBe(true);

  expect([1, 2, 3, 4].map(() => frontier.next()?.id)).toStrictEqual([
    page('x'),
    page('x?v=1'),
    page('y'),
    undefined,
  ]);
});

test('a step holds what changed in it and nothing else', () => {
  const frontier = frontierOf();
  for (const id of [1, 2, 3].map(page)) frontier.add(id, 1);
  frontier.takeRows();

  frontier.next();
  frontier.add(page(4), 2);

  expect(frontier.takeRows().map(({ url, place }) => [url, place === null])).toStrictEqual([
    [page(1), true],
    [page(4), false],
  ]);
  expect(frontier.takeRows()).toStrictEqual([]);
});

test('100,000 pages wait in the order in which they were found', () => {
  const frontier = frontierOf({ maxPages: 100_000 });
  for (let index = 0; index < 100_001; index += 1) frontier.add(page(index), 1);
  const ids = Array.from({ length: 100_000 }, () => frontier.next()?.id);

  expect(ids.findIndex((id, index) => id !== page(index))).toBe(-1);
  expect(frontier.next()).toBeUndefined();
  expect(frontier.hidden).toStrictEqual([expect.stringContaining('more than 100000 pages')]);
  expect(frontier.toNotes().leftOut).toStrictEqual({
    pages: { count: 1, examples: [page(100_000)] },
  });
});

test('addresses that would fill the memory are left out, and the listing says so', () => {
  const frontier = frontierOf({ maxCharacters: 1000 });
  for (let index = 0; index < 100; index += 1) frontier.add(page('x'.repeat(index)), 1);

  expect(frontier.hidden).toStrictEqual([expect.stringContaining('too long')]);
  expect(frontier.takeRows().length).toBeLessThan(50);
});

test('B15: a shape of which more than 20 pages say the same is closed, others are not', () => {
  const frontier = frontierOf();
  for (let index = 0; index < 21; index += 1) frontier.noteText(page(`day/${index}`), 'same');

  const resumed = frontierOf({}, stateOf(frontier));
  for (const name of ['day/99', 'day/a', 'night/99']) resumed.add(page(name), 1);

  expect(resumed.next()?.id).toBe(page('day/a'));
  expect(resumed.next()?.id).toBe(page('night/99'));
  expect(resumed.next()).toBeUndefined();
  expect(resumed.hidden).toStrictEqual([expect.stringContaining('"a.example/day/#"')]);
  expect(resumed.takeLeftOut()).toStrictEqual([{ id: page('day/99'), reason: 'equal text' }]);
});

test('links beyond the depth are counted once, and not at all once they are visited', () => {
  const frontier = frontierOf();
  for (const name of [1, 2, 1, 3]) frontier.leaveOut(page(name), 'depth');
  frontier.add(page(2), 1);

  expect(frontier.toNotes().leftOut).toStrictEqual({
    depth: { count: 2, examples: [page(1), page(3)] },
  });
  expect(frontier.hidden).toStrictEqual([]);
});
