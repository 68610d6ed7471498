import { describe, expect, test } from 'vitest';
import { structuredData } from '../../../activities/strategies/structured-data.ts';
import { patchedSpec } from '../../../adapters/extraction/validate-spec.ts';
import { readings } from '../../../adapters/extraction/readings.ts';
import { evidenceOf } from './broken.ts';
import { productOf, productsOf, type Product } from './products.ts';

const EXTRACT = {
  title: { stable: true, locators: 'h1.name' },
  price: { type: 'number', locators: '.price' },
};

const SEEDS = [1, 2, 3, 4, 5, 6];

/** Where a page may keep its data when its visible form is gone. */
const MOVES: readonly (readonly [string, (one: Product) => string])[] = [
  [
    'JSON-LD',
    ({ title, price }) =>
      ldJson({
        '@type': 'Product',
        name: title,
        offers: { '@type': 'Offer', price, priceCurrency: 'EUR' },
      }),
  ],
  [
    'a graph of JSON-LD',
    ({ title, price }) =>
      ldJson({
        '@graph': [
          { '@type': 'WebSite', name: 'The Shop of Things' },
          { '@type': 'Product', name: title, offers: [{ '@type': 'Offer', price: String(price) }] },
        ],
      }),
  ],
  [
    'microdata',
    ({ title, price }) =>
      `<div itemscope itemtype="https://schema.org/Product"><span itemprop="name">${title}</span><meta itemprop="price" content="${price}"></div>`,
  ],
  [
    'embedded JSON',
    ({ title, price }) =>
      `<script id="__NEXT_DATA__" type="application/json">${JSON.stringify({ props: { product: { title, price, rating: 4.5 } } })}</script>`,
  ],
  [
    'a state variable',
    ({ title, price }) =>
      `<script>window.__STATE__ = ${JSON.stringify({ product: { label: title, cost: price } })};</script>`,
  ],
  [
    'OpenGraph',
    ({ title, price }) =>
      `<meta property="og:title" content="${title}"><meta property="product:price:amount" content="${price}">`,
  ],
  [
    'meta tags',
    ({ title, price }) =>
      `<meta name="title" content="${title}"><meta name="price" content="${price}">`,
  ],
];

describe('fields that only structured data still has (repair 4.1)', () => {
  for (const [what, write] of MOVES) {
    test.each(SEEDS)(`in ${what}, %i`, async (seed) => {
      const { read, wanted } = await outcome(seed, write);

      expect(read).toEqual(wanted);
    });
  }

  test.each(SEEDS)(
    'a product that is gone is not found in the block of the site, %i',
    async (seed) => {
      const { read } = await outcome(seed, () =>
        ldJson({ '@type': 'WebSite', name: 'The Shop of Things', url: 'https://shop.example/' }),
      );

      expect(read).toBe('abstained');
    },
  );

  test.each(SEEDS)(
    'another product that is advertised is not the one of the page, %i',
    async (seed) => {
      const advert = productOf(seed + 500, 77);
      const { read } = await outcome(seed, () =>
        ldJson({ '@type': 'Product', name: advert.title, offers: { price: advert.price } }),
      );

      expect(read).toBe('abstained');
    },
  );

  test.each(SEEDS)('a list that moved into a script is read there, %i', async (seed) => {
    const list = (items: readonly Product[]): string =>
      items.map((one) => `<li><h2>${one.title}</h2><b>${one.price}</b></li>`).join('');
    const now = productsOf(seed, 0, 'later');
    const state = {
      props: {
        list: now.map(({ id, title, price }) => ({ id, title, price })),
        menu: [{ title: 'Home' }, { title: 'Sale' }],
      },
    };
    const { view } = evidenceOf({
      extract: {
        records: 'li',
        title: { stable: true, locators: 'h2' },
        price: { type: 'number', locators: 'b' },
      },
      pages: [
        {
          url: 'https://shop.example/list',
          before: list(productsOf(seed, 0)),
          now: `<div id="app"></div><script id="__NEXT_DATA__" type="application/json">${JSON.stringify(state)}</script>`,
        },
      ],
    });

    expect(await valuesOf(view)).toEqual(now.map(({ title, price }) => ({ title, price })));
  });
});

function ldJson(value: unknown): string {
  return `<script type="application/ld+json">${JSON.stringify(value)}</script>`;
}

async function outcome(seed: number, write: (one: Product) => string) {
  const wanted = [0, 1, 2].map((at) => productOf(seed, at + 1));
  const { view } = evidenceOf({
    extract: EXTRACT,
    pages: wanted.map((one) => ({
      url: one.url,
      before: `<html><body><h1 class="name">${one.title}</h1><p class="price">${one.price}</p></body></html>`,
      now: `<html><head>${write(one)}</head><body><div id="root"></div></body></html>`,
    })),
  });
  return {
    read: await valuesOf(view),
    wanted: wanted.map(({ title, price }) => ({ title, price })),
  };
}

async function valuesOf(view: ReturnType<typeof evidenceOf>['view']) {
  const { proposals } = await structuredData.propose(view);
  const patched = patchedSpec(
    view.spec,
    proposals.flatMap((one) => one.patch),
  );
  if ('refused' in patched) return 'abstained';
  return view.failing.flatMap(
    ({ body: text, url }) => readings.data({ text, url, spec: patched.spec }).records,
  );
}
