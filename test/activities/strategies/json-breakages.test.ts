import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { jsonEnvelope } from '../../../activities/strategies/json-envelope.ts';
import { jsonFields } from '../../../activities/strategies/json-fields.ts';
import type { Strategy } from '../../../activities/strategies/contract.ts';
import { patchedSpec } from '../../../adapters/extraction/validate-spec.ts';
import { readings } from '../../../adapters/extraction/readings.ts';
import { evidenceOf, type Breakage } from './broken.ts';
import { listOf, productsOf, type Product } from './products.ts';

const EXTRACT = {
  records: { json: 'data.items' },
  id: { type: 'text', stable: true, locators: { json: 'id' } },
  title: { type: 'text', stable: true, locators: { json: 'title' } },
  price: { type: 'number', locators: { json: 'price' } },
  url: { type: 'url', stable: true, locators: { json: 'url' } },
};

/** How a payload may change without that any datum is lost: each is a mutator with a known right answer. */
const RENAMES: readonly (readonly [string, (one: Product) => object])[] = [
  ['title is name', ({ title, ...rest }) => ({ ...rest, name: title })],
  ['title is headline', ({ title, ...rest }) => ({ ...rest, headline: title })],
  ['title is productTitle', ({ title, ...rest }) => ({ ...rest, productTitle: title })],
  ['title is x7', ({ title, ...rest }) => ({ ...rest, x7: title })],
  ['title is in attributes', ({ title, ...rest }) => ({ ...rest, attributes: { title } })],
  [
    'title is in a list',
    ({ title, ...rest }) => ({ ...rest, titles: [{ lang: 'en', text: title }] }),
  ],
  ['price is amount', ({ price, ...rest }) => ({ ...rest, amount: price })],
  [
    'price is in pricing',
    ({ price, ...rest }) => ({ ...rest, pricing: { price, old: price * 2 } }),
  ],
  ['price is a text', ({ price, ...rest }) => ({ ...rest, cost: String(price) })],
  ['url is link', ({ url, ...rest }) => ({ ...rest, link: url })],
  [
    'url is links.self',
    ({ url, ...rest }) => ({ ...rest, links: { self: url, image: `${url}.png` } }),
  ],
  ['id is sku', ({ id, ...rest }) => ({ ...rest, sku: id })],
  ['all but the id', ({ id, title, price, url }) => ({ id, n: title, price, u: url })],
  ['everything', ({ id, title, price, url }) => ({ sku: id, name: title, cost: price, href: url })],
];

const ENVELOPES: readonly (readonly [string, (items: readonly object[]) => unknown])[] = [
  ['results', (results) => ({ results })],
  ['a bare list', (items) => items],
  ['data', (data) => ({ data, meta: { total: data.length } })],
  [
    'response.docs',
    (docs) => ({
      response: {
        docs,
        facets: [
          { id: 'a', count: 3 },
          { id: 'b', count: 2 },
        ],
      },
    }),
  ],
  [
    'nodes below edges',
    (nodes) => ({ data: { list: { edges: nodes.map((node) => ({ node, cursor: 'x' })) } } }),
  ],
  ['a key with a dot', (items) => ({ 'v2.items': items })],
  [
    'beside a short list of the same kind',
    (items) => ({
      results: items,
      promoted: items.slice(0, 1).map((one) => ({
        ...one,
        id: 'zz-promoted',
        title: 'Something Else Entirely',
        url: 'https://shop.example/promo',
      })),
    }),
  ],
];

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('JSON fields that were renamed or moved (repair 4.1)', () => {
  for (const [what, rename] of RENAMES) {
    test.each(SEEDS)(`${what}, %i`, async (seed) => {
      expect(await outcome(jsonFields, renamed(seed, rename), seed)).toBe('right');
    });
  }

  test.each(SEEDS)(
    'a price without a name, a third of which changed, is left to others, %i',
    async (seed) => {
      const bare = renamed(seed, ({ price, ...rest }) => ({ ...rest, p: price }));

      expect(await outcome(jsonFields, bare, seed)).toBe('abstained');
    },
  );

  test.each(SEEDS)('a field that is gone is not found elsewhere, %i', async (seed) => {
    const without = renamed(seed, ({ id, price, url }) => ({
      id,
      price,
      url,
      colour: 'red',
      stock: 4,
    }));

    expect(await outcome(jsonFields, without, seed)).toBe('abstained');
  });

  test.each(SEEDS)('a price that is gone is not its stock, %i', async (seed) => {
    const without = renamed(seed, ({ price, ...rest }) => ({
      ...rest,
      stock: Math.round(price) + 1,
    }));

    expect(await outcome(jsonFields, without, seed)).toBe('abstained');
  });
});

describe('envelopes of JSON that changed (repair 4.1)', () => {
  for (const [what, wrap] of ENVELOPES) {
    test.each(SEEDS)(`the list is in ${what}, %i`, async (seed) => {
      expect(await outcome(jsonEnvelope, wrapped(seed, wrap), seed)).toBe('right');
    });
  }

  test.each(SEEDS)('the list and the fields moved at once, %i', async (seed) => {
    const both = wrapped(seed, (items) => ({
      hits: (items as readonly Product[]).map(({ id, title, price, url }) => ({
        _id: id,
        _source: { name: title, cost: price, href: url },
      })),
    }));

    expect(await outcome(jsonEnvelope, both, seed)).toBe('right');
  });

  test.each(SEEDS)('an empty answer has no list, %i', async (seed) => {
    const empty = wrapped(seed, () => ({ data: { items: [] }, error: null }));

    expect(await outcome(jsonEnvelope, empty, seed)).toBe('abstained');
  });

  test.each(SEEDS)('a list of other things is not the list, %i', async (seed) => {
    const others = wrapped(seed, () => ({
      categories: [
        { id: 'c1', title: 'Garden', url: 'https://shop.example/c/garden' },
        { id: 'c2', title: 'Kitchen', url: 'https://shop.example/c/kitchen' },
      ],
    }));

    expect(await outcome(jsonEnvelope, others, seed)).toBe('abstained');
  });
});

function renamed(seed: number, rename: (one: Product) => object): Breakage {
  return wrapped(seed, (items) => ({ data: { items: (items as readonly Product[]).map(rename) } }));
}

function wrapped(seed: number, wrap: (items: readonly object[]) => unknown): Breakage {
  const pages = [0, 1].map((page) => ({
    url: `https://shop.example/api?page=${page}`,
    before: listOf(productsOf(seed, page)),
    now: JSON.stringify(wrap(productsOf(seed, page, 'later'))),
  }));
  return { extract: EXTRACT, pages };
}

/** Right: every field yields exactly what the products are now. Partly: what is read is right, and something is left to others. */
async function outcome(strategy: Strategy, breakage: Breakage, seed: number) {
  const { view } = evidenceOf(breakage);
  const { proposals } = await strategy.propose(view);
  const patch = proposals.flatMap((one) => one.patch);
  if (patch.length === 0) return 'abstained';
  const patched = patchedSpec(view.spec, patch);
  if ('refused' in patched) return patched.refused;
  const read = view.failing.map(
    ({ body: text, url }) => readings.data({ text, url, spec: patched.spec }).records,
  );
  const wanted = [0, 1].map((page) => productsOf(seed, page, 'later'));
  if (
    isDeepStrictEqual(
      read,
      wanted.map((page) => page.map((one) => ({ ...one }))),
    )
  )
    return 'right';
  const isPart = read.every((page, at) =>
    page.every((record, row) => isPartOf(record, wanted[at]?.[row])),
  );
  return isPart ? 'partly' : `wrong: ${JSON.stringify(read).slice(0, 200)}`;
}

function isPartOf(record: object, whole: Product | undefined): boolean {
  return isDeepStrictEqual({ ...whole, ...record }, { ...whole });
}
