import { expect, test } from 'vitest';
import { createFrontier } from '../../../../activities/sources/web/frontier.ts';

test('a resumed frontier goes on where the packed one stopped', () => {
  const first = createFrontier({ maxPages: 100 }, null);
  for (const id of ['https://a.example/1', 'https://a.example/2', 'https://a.example/3'])
    first.add(id, 1);
  first.next();
  first.hide('because');

  const second = createFrontier({ maxPages: 100 }, first.toCursor());
  second.add('https://a.example/1', 1);

  expect(second.next()).toStrictEqual({ id: 'https://a.example/2', depth: 1, tries: 0 });
  expect(second.next()?.id).toBe('https://a.example/3');
  expect(second.next()).toBeUndefined();
  expect(second.hidden).toStrictEqual(['because']);
});

test('a page put before another comes first, then that one again', () => {
  const frontier = createFrontier({ maxPages: 100 }, null);
  for (const id of ['https://a.example/x?v=1', 'https://a.example/y', 'https://a.example/x'])
    frontier.add(id, 1);
  const visit = frontier.next();

  expect(visit && frontier.putBefore('https://a.example/x', visit)).toBe(true);

  expect([1, 2, 3, 4].map(() => frontier.next()?.id)).toStrictEqual([
    'https://a.example/x',
    'https://a.example/x?v=1',
    'https://a.example/y',
    undefined,
  ]);
});

test('2,000 pages fit into a cursor of 64 KB', () => {
  const frontier = createFrontier({ maxPages: 2000 }, null);
  for (let index = 0; index < 2000; index += 1)
    frontier.add(`https://a.example/docs/${crypto.randomUUID()}`, 1);

  expect(JSON.stringify(frontier.toCursor()).length).toBeLessThan(65_536);
  expect(frontier.hidden).toStrictEqual([]);
});

test('addresses that would make the cursor grow beyond reason are left out, and the listing says so', () => {
  const frontier = createFrontier({ maxPages: 2000 }, null);
  for (let index = 0; index < 2000; index += 1) {
    frontier.add(
      `https://a.example/${Array.from({ length: 20 }, () => crypto.randomUUID()).join('')}`,
      1,
    );
  }

  expect(JSON.stringify(frontier.toCursor()).length).toBeLessThan(90_000);
  expect(frontier.hidden).toStrictEqual([expect.stringContaining('too long')]);
});

test('a cursor that cannot be read is a clear failure', () => {
  expect(() => createFrontier({ maxPages: 1 }, { v: 1, packed: 'nonsense' })).toThrow(
    'cannot be read',
  );
});
