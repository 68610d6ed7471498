import { describe, expect, test } from 'vitest';
import { DOCS_HISTORY } from './docs-history.ts';
import { expected, expectReplayed, withReplay, type Kind } from './r19-docs-history.ts';

const replay = withReplay();

/**
 * The beginning, and a change that deletes much with the one before it; for the quickest source all that delete, and their neighbours.
 * `npm run test:full` walks through all 99 with each.
 */
const CHOSEN = [1, 17, 69, 70];
const NEIGHBOURS = [18, 60, 61, 71];

describe.skipIf(DOCS_HISTORY === '')('R19: the history of a documentation', () => {
  test.each<Kind>(['script', 'mcp', 'web'])(
    'read through a %s source: after each commit S3 equals the tree, and a second run writes nothing',
    async (kind) => {
      const { history, source } = replay();
      const one = await source(kind);

      const chosen = new Set(kind === 'script' ? [...CHOSEN, ...NEIGHBOURS] : CHOSEN);

      for (const { n } of history.changes.filter((change) => chosen.has(change.n))) {
        const change = history.changes[n - 1];
        if (!change) throw new Error(`There is no change ${n}.`);
        expect(await one.at(change), `change ${n}`).toMatchObject({ status: 'succeeded' });
        expect(await one.stored(), `after change ${n}`).toEqual(await expected(history));
        expect((await one.run()).counts, `twice at change ${n}`).toMatchObject({
          added: 0,
          updated: 0,
          deleted: 0,
        });
      }
    },
    120_000,
  );

  test('what is written is what changed', async () => {
    const { history, source } = replay();
    const one = await source('script');

    let before: ReadonlyMap<string, string> = new Map();
    for (const change of history.changes.slice(0, 20))
      before = await expectReplayed(one, history, change, before);

    expect(await one.stored()).toEqual(before);
  }, 60_000);
});
