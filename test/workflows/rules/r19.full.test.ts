import { describe, expect, test } from 'vitest';
import { DOCS_HISTORY } from './docs-history.ts';
import {
  expected,
  expectReplayed,
  expectSettled,
  withReplay,
  type Kind,
} from './r19-docs-history.ts';

const replay = withReplay();

describe.skipIf(DOCS_HISTORY === '')('R19: the whole history of a documentation', () => {
  test.each<Kind>(['script', 'mcp', 'web'])(
    'all its changes through a %s source: S3 equals the tree after each, and what is written is what changed',
    async (kind) => {
      const { history, source } = replay();
      const one = await source(kind);

      let before: ReadonlyMap<string, string> = new Map();
      for (const change of history.changes)
        before = await expectReplayed(one, history, change, before);

      expect(before.size).toBe(48);
    },
    600_000,
  );

  test.each<Kind>(['mcp', 'web'])(
    'read through a %s source: after each of some changes a second run writes nothing',
    async (kind) => {
      const { history, source } = replay();
      const one = await source(kind);

      await expectSettled(one, history, new Set([1, 17, 69, 70]));

      expect(await one.stored()).toEqual(await expected(history));
    },
    120_000,
  );

  test('backwards, where additions become deletions: what shrank to a third is held, all else is the tree', async () => {
    const { history, source } = replay();
    const one = await source('script', { maxDeletedShare: 1 });

    for (const change of history.changes.toReversed()) {
      const { counts } = await one.at(change);
      const [stored, tree] = [await one.stored(), await expected(history)];
      expect([...stored.keys()], `after change ${change.n}`).toEqual([...tree.keys()]);
      const stale = [...tree].filter(([path, text]) => stored.get(path) !== text);
      expect({ n: change.n, stale: stale.length }).toEqual({ n: change.n, stale: counts.held });
    }

    expect((await one.stored()).size).toBe(4);
  }, 600_000);

  test('backwards with the guard as it is: the change that takes 44 of 53 documents is held', async () => {
    const { history, source } = replay();
    const one = await source('script');

    await one.at(must(history.changes[70]));
    const back = await one.at(must(history.changes[68]));

    expect(back.status).toBe('held');
    expect((await one.stored()).size).toBeGreaterThanOrEqual(48);
  }, 60_000);

  test('every fifth change alone, where six go at once and are allowed to', async () => {
    const { history, source } = replay();
    const one = await source('script', { maxDeletedShare: 1 });

    let before: ReadonlyMap<string, string> = new Map();
    for (const change of history.changes.filter(({ n }) => n % 5 === 0))
      before = await expectReplayed(one, history, change, before);

    expect(await one.stored()).toEqual(await expected(history));
  }, 300_000);
});

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The history is shorter than its list says.');
  return value;
}
