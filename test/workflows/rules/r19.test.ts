import { describe, expect, test } from 'vitest';
import { DOCS_HISTORY } from './docs-history.ts';
import { expected, expectReplayed, expectSettled, withReplay } from './r19-docs-history.ts';

const replay = withReplay();

/** The beginning, and the changes that delete much with their neighbours. `npm run test:full` walks through all 99, and through web pages and MCP, too. */
const CHOSEN = new Set([1, 17, 18, 60, 61, 69, 70, 71]);

describe.skipIf(DOCS_HISTORY === '')('R19: the history of a documentation', () => {
  test('after each commit S3 equals the tree, and a second run writes nothing', async () => {
    const { history, source } = replay();
    const one = await source('script');

    await expectSettled(one, history, CHOSEN);

    expect(await one.stored()).toEqual(await expected(history));
  }, 120_000);

  test('what is written is what changed', async () => {
    const { history, source } = replay();
    const one = await source('script');

    let before: ReadonlyMap<string, string> = new Map();
    for (const change of history.changes.slice(0, 20))
      before = await expectReplayed(one, history, change, before);

    expect(await one.stored()).toEqual(before);
  }, 60_000);
});
