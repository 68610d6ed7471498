import { describe, expect, test } from 'vitest';
import type { EvidenceView, FailingPage, Strategy } from '../../activities/strategies/contract.ts';
import { patchedSpec } from '../../adapters/extraction/validate-spec.ts';
import { FAILURES } from '../../workflows/failures.ts';

/** What the suite needs to know of a strategy. */
export interface StrategyCase {
  /** Evidence of a break that it mends; left out for one that only finds. */
  readonly mends?: () => EvidenceView;
  /** Evidence of a break that it must leave to others or to people. */
  readonly declines: () => EvidenceView;
}

/** What every strategy owes, whatever it looks for. */
export function describeStrategy(strategy: Strategy, { mends, declines }: StrategyCase): void {
  describe(`the strategy "${strategy.name}" keeps the contract of strategies`, () => {
    test('it handles failures that a repair may cure', () => {
      expect(strategy.handles.length).toBeGreaterThan(0);
      expect(strategy.handles.filter((name) => !FAILURES[name].repairable)).toEqual([]);
    });

    if (mends !== undefined) {
      test('it proposes patches that make a valid spec, and explains them', async () => {
        const view = mends();
        const { proposals } = await strategy.propose(view);

        expect(proposals.length).toBeGreaterThan(0);
        for (const { patch, features, explains } of proposals) {
          expect(patchedSpec(view.spec, patch)).toHaveProperty('spec');
          expect(Object.values(features).filter((one) => !(one >= 0 && one <= 1))).toEqual([]);
          expect(explains).toMatch(/^[^\p{C}]{10,600}\.$/su);
        }
      });

      test('the same evidence gives the same answer', async () => {
        expect(await strategy.propose(mends())).toEqual(await strategy.propose(mends()));
      });

      test('evidence is not changed', async () => {
        const view = mends();
        const copy = structuredClone(view);
        await strategy.propose(view);

        expect(view).toEqual(copy);
      });
    }

    test('it declines with a reason, as a sentence', async () => {
      const { proposals, abstains } = await strategy.propose(declines());

      expect(proposals).toEqual([]);
      expect(abstains).toMatch(/^["“\p{Lu}].{8,}\.$/su);
    });

    test.each(HOSTILE)('%s does not break it', async (_, body) => {
      const began = performance.now();
      const answer = await strategy.propose(hostile((mends ?? declines)(), body));

      expect(answer.proposals.length > 0 || (answer.abstains ?? '').length > 0).toBe(true);
      expect(performance.now() - began).toBeLessThan(MAX_MS);
    });

    test('evidence without any good sample does not break it', async () => {
      const { proposals, abstains } = await strategy.propose({ ...declines(), good: [] });

      expect(proposals.length > 0 || (abstains ?? '').length > 0).toBe(true);
    });
  });
}

const MAX_MS = 15_000;

function hostile(view: EvidenceView, body: string): EvidenceView {
  const failing: readonly FailingPage[] = view.failing.map((page) => ({
    ...page,
    body,
    bytes: Buffer.from(body),
    records: [],
    misses: [],
  }));
  return { ...view, failing };
}

/** Bodies that people write to break readers, and those that broken servers send. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['an empty body', ''],
  ['a body of NUL', '\0'.repeat(10_000)],
  ['half a surrogate pair', `<h1>\uD800</h1>{"a":"\uDC00"}`],
  ['tags that never close', '<div class="a">'.repeat(20_000)],
  ['lists in lists', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ['maps in maps', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
  ['cut JSON', '{"data":{"items":[{"id":1,"title":"A'],
  [
    'keys of prototypes',
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"a":1}},"items":[{"__proto__":{"id":1},"id":"x"}]}',
  ],
  [
    'paths that cannot be named',
    '{"a\\"b":[{"":1,"*":2,"$":3,"x.y":4,"[0]":5}],"items":[{"a\\"b":1}]}',
  ],
  [
    'many keys',
    JSON.stringify(Object.fromEntries(Array.from({ length: 6_000 }, (_, at) => [`key${at}`, at]))),
  ],
  [
    'many small lists',
    JSON.stringify(Array.from({ length: 1_000 }, (_, at) => ({ [`list${at}`]: [{ id: at }] }))),
  ],
  ['one long word', `<h1>${'a'.repeat(500_000)}</h1><b>${'9'.repeat(500_000)}</b>`],
  [
    'broken JSON-LD',
    '<script type="application/ld+json">{"@type":["a",{"@graph":[</script>'.repeat(500),
  ],
  [
    'structured data that holds itself by name',
    `<script type="application/ld+json">${JSON.stringify({ '@type': 'A'.repeat(10_000), '@graph': [{ '@graph': [{ '@type': 'B', name: 'x' }] }] })}</script>`,
  ],
  ['many links', '<a href="?page=2" rel="next" aria-label="Next">Next</a>'.repeat(1_000)],
  [
    'many meta tags',
    '<meta property="og:title" content="x"><meta name="title" content="y">'.repeat(1_000),
  ],
];
