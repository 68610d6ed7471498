import { describe, expect, test } from 'vitest';
import { encoding } from '../../../activities/strategies/encoding.ts';
import { formats } from '../../../activities/strategies/formats.ts';
import { STRATEGIES } from '../../../activities/strategies/index.ts';
import { jsonEnvelope } from '../../../activities/strategies/json-envelope.ts';
import { jsonFields } from '../../../activities/strategies/json-fields.ts';
import { listRecords } from '../../../activities/strategies/list-records.ts';
import { movedUrl } from '../../../activities/strategies/moved-url.ts';
import { normalisers } from '../../../activities/strategies/normalisers.ts';
import { pagination } from '../../../activities/strategies/pagination.ts';
import { structuredData } from '../../../activities/strategies/structured-data.ts';
import { describeStrategy } from '../../contracts/strategy.ts';
import { evidenceOf } from './broken.ts';
import { productOf, productsOf } from './products.ts';

const gone = () => page('<p>This product is no longer available.</p>');

describeStrategy(structuredData, {
  mends: () => page(`<meta property="og:title" content="${productOf(1, 1).title}">`),
  declines: gone,
});
describeStrategy(listRecords, {
  mends: () => list((cards) => `<main><ul class="tiles">${cards}</ul></main>`),
  declines: () => list(() => '<p>Nothing found.</p>'),
});
describeStrategy(jsonFields, {
  mends: () =>
    payload((items) => ({ items: items.map(({ title, ...rest }) => ({ ...rest, name: title })) })),
  declines: () => payload((items) => ({ items: items.map(({ id }) => ({ id })) })),
});
describeStrategy(jsonEnvelope, {
  mends: () => payload((results) => ({ results })),
  declines: () => payload(() => ({ error: 'none' })),
});
describeStrategy(pagination, {
  mends: () => paged('<a rel="next" href="?page=2">x</a>'),
  declines: () => paged('<p>the end</p>'),
});
describeStrategy(formats, {
  mends: () => price((one) => one.replace('.', ',')),
  declines: () => price(() => 'on request'),
});
describeStrategy(normalisers, {
  mends: () => price((one) => `${one} EUR`),
  declines: () => price(() => 'on request'),
});
describeStrategy(encoding, {
  mends: () => bytes(Buffer.from('3c68313ecbe0ecefe020e8e720ebe0f2f3ede83c2f68313e', 'hex')),
  declines: () => bytes(Buffer.from('<h1>Лампа из латуни</h1>')),
});
describeStrategy(movedUrl, {
  declines: () =>
    evidenceOf({
      extract: { title: 'h1' },
      pages: [
        { url: 'https://shop.example/a', now: '<p>x</p>', finalUrl: 'https://shop.example/b' },
      ],
    }).view,
});

describe('the table of strategies', () => {
  test('each name is there once', () => {
    const names = STRATEGIES.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
  });
});

function page(now: string) {
  const { title, url } = productOf(1, 1);
  return evidenceOf({
    extract: { title: { stable: true, locators: 'h1' } },
    pages: [{ url, before: `<h1>${title}</h1>`, now }],
  }).view;
}

function list(write: (cards: string) => string) {
  const all = productsOf(5, 0);
  const cards = (tag: string): string =>
    all
      .map((one) => `<${tag} class="card"><h3>${one.title}</h3><b>${one.price}</b></${tag}>`)
      .join('');
  return evidenceOf({
    extract: {
      records: 'div.card',
      title: { stable: true, locators: 'h3' },
      price: { type: 'number', locators: 'b' },
    },
    failure: 'EmptyResult',
    pages: [{ url: 'https://shop.example/list', before: cards('div'), now: write(cards('li')) }],
  }).view;
}

function payload(change: (items: ReturnType<typeof productsOf>) => unknown) {
  return evidenceOf({
    extract: {
      records: { json: 'items' },
      id: { stable: true, locators: { json: 'id' } },
      title: { stable: true, locators: { json: 'title' } },
    },
    pages: [
      {
        url: 'https://shop.example/api',
        before: JSON.stringify({ items: productsOf(3, 0) }),
        now: JSON.stringify(change(productsOf(3, 0))),
      },
    ],
  }).view;
}

function paged(foot: string) {
  return evidenceOf({
    extract: { title: 'h1', next: { locators: 'a.more' } },
    failure: 'ContentShrank',
    pages: [
      {
        url: 'https://shop.example/list',
        before: '<h1>A</h1><a class="more" href="?page=2">x</a>',
        now: `<h1>A</h1>${foot}`,
      },
    ],
  }).view;
}

function price(write: (text: string) => string) {
  const items = productsOf(5, 0);
  const list = (text: (one: string) => string): string =>
    items
      .map((one) => `<li><h2>${one.title}</h2><b>${text(one.price.toFixed(2))}</b></li>`)
      .join('');
  return evidenceOf({
    extract: {
      records: 'li',
      title: { stable: true, locators: 'h2' },
      price: { type: 'number', locators: 'b' },
    },
    failingFields: ['price'],
    pages: [{ url: 'https://shop.example/list', before: list((one) => one), now: list(write) }],
  }).view;
}

function bytes(body: Buffer) {
  return evidenceOf({
    extract: { title: { stable: true, locators: 'h1' } },
    failingFields: ['title'],
    pages: [
      {
        url: 'https://shop.example/a',
        before: '<h1>Лампа из латуни</h1>',
        bytes: new Uint8Array(body),
        contentType: 'text/html',
      },
    ],
  }).view;
}
