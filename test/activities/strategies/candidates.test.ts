import { afterAll, describe, expect, test } from 'vitest';
import { checkCandidate } from '../../../activities/repair/check-candidate.ts';
import { findCandidates } from '../../../activities/strategies/candidates.ts';
import type { Proposal, Strategy } from '../../../activities/strategies/contract.ts';
import { STRATEGIES } from '../../../activities/strategies/index.ts';
import { closeStrategyPool } from '../../../activities/strategies/strategy-pool.ts';
import { closeExtractionPool } from '../../../adapters/extraction/extract-pool.ts';
import { verdictOf } from '../../../workflows/repair/checks.ts';
import type { SpecPatch } from '../../../workflows/repair/patch.ts';
import { evidenceOf } from './broken.ts';
import { productOf, type Product } from './products.ts';

afterAll(async () => {
  await closeStrategyPool();
  await closeExtractionPool();
});

const EXTRACT = {
  title: { stable: true, locators: 'h1.name' },
  price: { type: 'number', stable: true, locators: '.price' },
};

function before({ title, price }: Product): string {
  return `<html><body><header><h2>The Shop</h2></header><main><h1 class="name">${title}</h1><p class="price">${price}</p></main></body></html>`;
}

/** The visible page has other names, and says the same in JSON-LD. */
function now({ title, price }: Product): string {
  const data = { '@type': 'Product', name: title, offers: { '@type': 'Offer', price } };
  return `<html><head><script type="application/ld+json">${JSON.stringify(data)}</script></head><body><header><h2>The Shop</h2></header><main><h1 class="heading">${title}</h1><p class="amount">${price}</p><p class="note">Free delivery</p></main></body></html>`;
}

const pages = [1, 2, 3].map((at) => {
  const one = productOf(2, at);
  return { url: one.url, before: before(one), now: now(one) };
});
const heldOut = [4, 5].map((at) => {
  const one = productOf(2, at);
  return { url: one.url, before: before(one), heldOut: true };
});

function evidence() {
  return evidenceOf({ extract: EXTRACT, pages: [...pages, ...heldOut] });
}

function puts(name: string, ...patch: SpecPatch): Strategy {
  return says(name, [{ patch, features: {}, explains: 'It says so.' }]);
}

function says(
  name: string,
  proposals: readonly Proposal[],
  family: Strategy['family'] = 'memory',
): Strategy {
  return {
    name,
    family,
    handles: ['SelectorMissing'],
    propose: () => Promise.resolve({ proposals }),
  };
}

function tabled(...names: readonly string[]): readonly Strategy[] {
  return names.flatMap((wanted) => STRATEGIES.filter(({ name }) => name === wanted));
}

/** So many failing pages, all one object, that looking at each takes minutes; the list is on all of them. */
function endless() {
  const items = Array.from({ length: 2_000 }, (_, id) => ({ id, title: 'Lamp' }));
  const { view, heldOut } = evidenceOf({
    extract: { records: { json: 'items' }, title: { locators: { json: 'title' } } },
    failingFields: ['title'],
    pages: [{ url: 'https://shop.example/list', now: JSON.stringify({ items }) }],
  });
  const failing = Array.from({ length: 20_000 }).flatMap(() => view.failing);
  return { view: { ...view, failing }, heldOut };
}

const front = (field: string, css: string) =>
  ({ op: 'add', path: `/fields/${field}/locators/0`, value: { css } }) as const;

const RIGHT = [front('title', 'h1.heading'), front('price', '.amount')];

describe('candidates (repair 4.4)', () => {
  test('the whole table finds a fix of both fields, and the families agree', async () => {
    const found = await findCandidates(evidence());

    const [best] = found.candidates;
    expect(best?.families).toEqual(expect.arrayContaining(['relocate', 'structured']));
    expect(best?.patch.length).toBeGreaterThanOrEqual(2);
    expect(found.distinctPassing).toBe(1);
    expect(found.agree).toBeGreaterThan(0.5);
    expect(found.abstained.map(({ strategy }) => strategy)).toContain('moved-url');
    expect(found.abstained.filter(({ because }) => !because.endsWith('.'))).toEqual([]);
  });

  test('parts of several strategies make one whole candidate', async () => {
    const strategies = [
      puts('a', front('title', 'h1.heading')),
      puts('b', front('price', '.amount')),
    ];
    const { candidates, agree } = await findCandidates(evidence(), { strategies });

    expect(candidates).toHaveLength(1);
    expect(candidates[0]?.strategies).toEqual(['a', 'b']);
    expect(candidates[0]?.patch).toHaveLength(2);
    expect(agree).toBe(1);
  });

  test('other selectors with the same records are one behaviour', async () => {
    const strategies = [
      puts('a', ...RIGHT),
      puts('b', front('title', 'main h1'), front('price', 'main .amount')),
    ];
    const { candidates, distinctPassing, agree } = await findCandidates(evidence(), { strategies });

    expect(distinctPassing).toBe(1);
    expect(candidates[0]?.strategies).toEqual(['a', 'b']);
    expect(agree).toBe(1);
  });

  test('the behaviour of most independent families comes first', async () => {
    const spec = { title: { locators: 'h1.name' } };
    const loose = evidenceOf({ extract: spec, pages });
    const part = (css: string): Proposal => ({
      patch: [front('title', css)],
      features: {},
      explains: 'x',
    });
    const strategies = [
      says('a', [part('p.amount, h1.heading')], 'memory'),
      says('b', [part('h1.heading')], 'relocate'),
      says('c', [part('main h1')], 'structured'),
    ];
    const { candidates, agree } = await findCandidates(loose, { strategies });

    expect(candidates[0]?.families).toEqual(expect.arrayContaining(['relocate', 'structured']));
    expect(agree).toBeGreaterThan(0.6);
  });

  test('a wrong value is no candidate, though it is there on every page', async () => {
    const strategies = [puts('a', front('title', 'header h2'), front('price', '.amount'))];
    const { candidates, failed } = await findCandidates(evidence(), { strategies });

    expect(candidates).toEqual([]);
    expect(failed[0]?.because).toMatch(/"title".*\.$/u);
  });

  test('what would change a good page is no candidate', async () => {
    const strategies = [puts('a', front('title', 'h2, h1'), front('price', '.amount'))];

    expect((await findCandidates(evidence(), { strategies })).candidates).toEqual([]);
  });

  test('a list that leads on again is a fix, though no field failed', async () => {
    const list = evidenceOf({
      extract: { title: 'h1', next: { locators: 'a.more' } },
      failure: 'ContentShrank',
      failingFields: [],
      pages: [
        {
          url: 'https://shop.example/list',
          before: '<h1>Lamps</h1><a class="more" href="?page=2">x</a>',
          now: '<h1>Lamps</h1><a rel="next" href="?page=2">x</a>',
        },
      ],
    });
    const { candidates } = await findCandidates(list);

    expect(candidates.map(({ strategies }) => strategies)).toEqual([['pagination']]);
    const { features, checks } = await checkCandidate(candidates[0]?.patch ?? [], list);
    expect(features.f2p).toBe(1);
    expect(verdictOf(checks, 'f2p')).toBe('pass');
  });

  test('a change after which nothing passes that failed is no fix', async () => {
    const strategies = [puts('a', front('title', 'h1.other'))];
    const found = await findCandidates(
      evidenceOf({
        extract: EXTRACT,
        failingFields: [],
        pages: pages.map(({ url, before }) => ({ url, before, now: before })),
      }),
      { strategies },
    );

    expect(found.candidates).toEqual([]);
    expect(found.failed[0]?.because).toBe('Nothing that failed passes with it.');
  });

  test('half a fix is none', async () => {
    const strategies = [puts('a', front('title', 'h1.heading'))];
    const { candidates, failed } = await findCandidates(evidence(), { strategies });

    expect(candidates).toEqual([]);
    expect(failed[0]?.because).toContain('Field "price" still fails');
  });

  test('what was refused before is not tried again', async () => {
    const strategies = [puts('a', ...RIGHT)];
    const { candidates } = await findCandidates(evidence(), { strategies });
    const refused = new Set(candidates.map(({ patchDigest }) => patchDigest));
    const again = await findCandidates(evidence(), { strategies, refused });

    expect(candidates).toHaveLength(1);
    expect(again.candidates).toEqual([]);
    expect(again.abstained).toEqual([
      { strategy: 'a', because: 'What it proposes has failed or was refused before.' },
    ]);
  });

  test('a strategy that throws, hangs or says nothing is an abstention with a reason', async () => {
    const strategies: Strategy[] = [
      { ...says('throws', []), propose: () => Promise.reject(new TypeError('x')) },
      {
        ...says('throws-at-once', []),
        propose: () => {
          throw new RangeError('x');
        },
      },
      { ...says('hangs', []), propose: () => new Promise(() => {}) },
      says('says-nothing', []),
      puts('works', ...RIGHT),
    ];
    const found = await findCandidates(evidence(), { strategies, strategyDeadlineMs: 200 });

    expect(found.candidates).toHaveLength(1);
    expect(found.abstained).toEqual([
      { strategy: 'throws', because: 'It broke (TypeError).' },
      { strategy: 'throws-at-once', because: 'It broke (RangeError).' },
      { strategy: 'hangs', because: 'It took more than 0.2 seconds.' },
      { strategy: 'says-nothing', because: 'It proposes nothing, and does not say why.' },
    ]);
  });

  test('an abort ends it with its reason', async () => {
    const reason = new Error('the activity was cancelled');

    await expect(findCandidates(evidence(), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  test('the event loop goes on while a large page is worked on', async () => {
    const filler = '<div class="x"><p class="y">text <b>bold</b></p></div>'.repeat(20_000);
    const large = pages
      .slice(0, 1)
      .map((one) => ({ ...one, now: one.now.replace('</body>', `${filler}</body>`) }));
    const known = evidenceOf({ extract: EXTRACT, pages: large });
    let beats = 0;
    const timer = setInterval(() => {
      beats += 1;
    }, 50);
    const began = performance.now();
    await findCandidates(known, {
      strategies: STRATEGIES.filter(({ name }) => name === 'structured-data'),
      strategyDeadlineMs: 5_000,
    });
    clearInterval(timer);

    expect(beats).toBeGreaterThan((performance.now() - began) / 50 / 4);
  });

  test('a body that breaks a strategy ends its thread, and the others go on', async () => {
    const { view } = evidence();
    const broken = view.failing.map((page) => ({ ...page, body: 7 as unknown as string }));
    const found = await findCandidates(
      { view: { ...view, failing: broken }, heldOut: [] },
      { strategies: tabled('structured-data', 'pagination', 'moved-url', 'encoding') },
    );

    expect(found.abstained).toEqual([
      { strategy: 'structured-data', because: 'A page broke it (TypeError).' },
      { strategy: 'pagination', because: 'The source follows no pages.' },
      { strategy: 'moved-url', because: 'A page broke it (TypeError).' },
      { strategy: 'encoding', because: 'No bytes of the failing pages were kept.' },
    ]);
  });

  test('one that hangs between others costs only itself', async () => {
    const found = await findCandidates(endless(), {
      strategies: tabled('pagination', 'json-envelope', 'encoding'),
      strategyDeadlineMs: 3_000,
    });

    expect(found.abstained).toEqual([
      { strategy: 'pagination', because: 'The source follows no pages.' },
      { strategy: 'json-envelope', because: 'It took more than 3 seconds.' },
      { strategy: 'encoding', because: 'No bytes of the failing pages were kept.' },
    ]);
  });

  test('an abort ends a strategy that hangs at once', async () => {
    const reason = new Error('the activity was cancelled');
    const abort = new AbortController();
    const began = performance.now();
    setTimeout(() => abort.abort(reason), 500);

    await expect(
      findCandidates(endless(), {
        strategies: tabled('json-envelope', 'encoding'),
        signal: abort.signal,
      }),
    ).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('a thread that works too long is ended, and the next strategy has another one', async () => {
    const body = '<div class="x"><p class="y">text <b>bold</b></p></div>'.repeat(20_000);
    const large = [{ ...productOf(2, 1), before: before(productOf(2, 1)), now: body }];
    const found = await findCandidates(evidenceOf({ extract: EXTRACT, pages: large }), {
      strategies: STRATEGIES.filter(({ name }) => name === 'value-anchor' || name === 'similarity'),
      strategyDeadlineMs: 30,
    });

    expect(found.abstained.map(({ because }) => because)).toEqual([
      'It took more than 0.03 seconds.',
      'It took more than 0.03 seconds.',
    ]);
    expect((await findCandidates(evidence())).candidates).toHaveLength(1);
  });
});
