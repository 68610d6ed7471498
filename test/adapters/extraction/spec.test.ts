import { describe, expect, test } from 'vitest';
import {
  expandExtraction,
  ExtractionConfig,
  runExtractionSpec,
} from '../../../adapters/extraction/spec.ts';

const URL_OF_PAGE = 'https://shop.example.com/items/list.html';

function run(written: unknown, body: string) {
  const spec = expandExtraction('shop', ExtractionConfig.parse(written));
  return runExtractionSpec(spec, body, { url: URL_OF_PAGE, deadlineMs: 5000 });
}

describe('what people write', () => {
  test('a plain string is one CSS locator of a required field, and content is markup', () => {
    const spec = expandExtraction(
      'docs',
      ExtractionConfig.parse({ title: 'h1', content: 'article' }),
    );

    expect(spec).toStrictEqual({
      v: 1,
      source: 'docs',
      fields: {
        title: field('text', { css: 'h1' }),
        content: field('html', { css: 'article' }),
      },
    });
  });

  test('records, next and decode are no fields', () => {
    const spec = expandExtraction(
      'docs',
      ExtractionConfig.parse({
        records: '.item',
        next: { locators: 'a[rel=next]' },
        decode: { charset: 'windows-1252' },
        id: { locators: { css: ':scope', attr: 'data-id' } },
      }),
    );

    expect(spec).toStrictEqual({
      v: 1,
      source: 'docs',
      records: [{ css: '.item' }],
      fields: { id: field('text', { css: ':scope', attr: 'data-id' }) },
      next: { locators: [{ css: 'a[rel=next]' }], maxPages: 100 },
      decode: { charset: 'windows-1252' },
    });
  });

  test.each([
    ['no field at all', { records: '.item' }],
    ['a selector that cannot be matched', { title: 'h1[' }],
    ['a pseudo-element', { title: 'h1::before' }],
    ['an unknown normaliser', { title: { locators: 'h1', normalise: ['eval'] } }],
    ['a misspelt key', { title: { locator: 'h1' } }],
    ['a path with an expression', { title: { locators: { json: 'a[?(@.b)]' } } }],
    ['a field name that could poison an object', { __proto__x: 'h1' }],
    ['an enum without values', { title: { locators: 'h1', type: 'enum' } }],
    ['an unknown charset', { title: 'h1', decode: { charset: 'klingon' } }],
  ])('%s is refused', (_, written) => {
    expect(ExtractionConfig.safeParse(written).success).toBe(false);
  });
});

describe('a page', () => {
  const PAGE = `<html><head><meta name="author" content="Ada"><base href="/base/"></head><body>
    <h1> Big   <b>news</b> </h1><article><p>One</p><script>evil()</script><p>Two</p></article>
    <time datetime="2026-03-12T10:00:00+02:00">yesterday</time>
    <a class="more" href="../more?x=1#top">More</a>
    <dl><dt>Price:</dt><dd>€ 1.234,50</dd></dl><p>Weight: 12 kg</p></body></html>`;

  test('gives texts, markup, attributes, dates, addresses and labelled values', () => {
    const { records, misses, violations } = run(
      {
        title: 'h1',
        content: 'article',
        plain: 'article',
        author: { locators: { meta: 'author' } },
        day: { type: 'date', locators: 'time' },
        more: { type: 'url', locators: 'a.more' },
        price: {
          type: 'number',
          locators: { anchor: 'price', take: 'next' },
          normalise: ['stripCurrency', 'decimalComma'],
        },
        weight: {
          type: 'integer',
          locators: { anchor: 'Weight', take: 'value' },
          normalise: ['firstNumber'],
        },
      },
      PAGE,
    );

    expect(records).toStrictEqual([
      {
        title: 'Big news',
        content: '<article><p>One</p><script>evil()</script><p>Two</p></article>',
        plain: 'One Two',
        author: 'Ada',
        day: '2026-03-12T08:00:00.000Z',
        more: 'https://shop.example.com/more?x=1',
        price: 1234.5,
        weight: 12,
      },
    ]);
    expect({ misses, violations }).toStrictEqual({ misses: [], violations: [] });
  });

  test('serves a field by its first locator that yields a valid value, and says which', () => {
    const { records, served } = run(
      { price: { type: 'number', locators: ['h1', { css: '.nothing' }, { css: 'b.n' }] } },
      '<h1>no number</h1><b class="n">7</b>',
    );

    expect(records).toStrictEqual([{ price: 7 }]);
    expect(served).toStrictEqual({ price: [{ locator: 2, records: 1 }] });
  });

  test('a missing field says what each locator matched and why it did not serve', () => {
    const { records, misses } = run(
      { price: { type: 'number', locators: ['.gone', 'h1', 'h2'] } },
      '<h1>words</h1><h2></h2>',
    );

    expect(records).toStrictEqual([{}]);
    expect(misses).toStrictEqual([
      {
        field: 'price',
        record: 0,
        required: true,
        tried: [
          { locator: { css: '.gone' }, matched: 0, because: 'no-match' },
          { locator: { css: 'h1' }, matched: 1, because: 'unreadable' },
          { locator: { css: 'h2' }, matched: 1, because: 'empty' },
        ],
      },
    ]);
  });

  test('links and images of markup become absolute, and only there', () => {
    const { records } = run(
      { content: 'article', link: { locators: { css: 'a', attr: 'href' } } },
      '<article><a href="../a#b">A</a><img src="i.png" alt="i">x</article>',
    );

    expect(records).toStrictEqual([
      {
        content:
          '<article><a href="https://shop.example.com/a#b">A</a><img src="https://shop.example.com/items/i.png" alt="i">x</article>',
        link: '../a#b',
      },
    ]);
  });

  test('an element without text is no content', () => {
    const { misses } = run({ content: 'article' }, '<article><div></div></article>');

    expect(misses.map(({ field }) => field)).toStrictEqual(['content']);
  });

  test('a value outside of its expectation is kept and reported', () => {
    const { records, violations } = run(
      {
        price: { type: 'number', locators: 'b', expect: { max: 10 } },
        tags: { cardinality: 'many', locators: 'li', expect: { minItems: 3 } },
      },
      '<b>11</b><ul><li>a</li><li>b</li></ul>',
    );

    expect(records).toStrictEqual([{ price: 11, tags: ['a', 'b'] }]);
    expect(violations).toStrictEqual([
      {
        kind: 'range',
        field: 'price',
        record: 0,
        detail: 'The number is 11, expected at most 10.',
      },
      {
        kind: 'items',
        field: 'tags',
        record: 0,
        detail: 'The number of values is 2, expected at least 3.',
      },
    ]);
  });
});

describe('a list', () => {
  test('gives one record an element, each read within itself, and the next page', () => {
    const { records, next } = run(
      {
        records: 'li.item',
        id: { locators: { css: ':scope', attr: 'data-id' } },
        title: 'b',
        next: { locators: 'a[rel=next]' },
      },
      `<ul><li class="item" data-id="1"><b>A</b></li><li class="item" data-id="2"><b>B</b></li></ul>
       <a rel="next" href="?page=2">more</a>`,
    );

    expect(records).toStrictEqual([
      { id: '1', title: 'A' },
      { id: '2', title: 'B' },
    ]);
    expect(next).toBe('https://shop.example.com/items/list.html?page=2');
  });

  test('that is not found is a miss without a field', () => {
    const { records, misses } = run({ records: '.gone', title: 'b' }, '<b>A</b>');

    expect(records).toStrictEqual([]);
    expect(misses).toStrictEqual([
      { required: true, tried: [{ locator: { css: '.gone' }, matched: 0, because: 'no-match' }] },
    ]);
  });

  test('of a JSON payload is read by paths, with a token for the next page', () => {
    const { records, next } = run(
      {
        records: { json: 'data.items' },
        id: { type: 'integer', locators: { json: 'id' } },
        tags: { cardinality: 'many', locators: { json: 'tags[*].name' } },
        next: { locators: { json: 'data.cursor' }, parameter: 'after' },
      },
      JSON.stringify({
        data: { cursor: 'c 2', items: [{ id: 1, tags: [{ name: 'x' }, { name: 'y' }] }] },
      }),
    );

    expect(records).toStrictEqual([{ id: 1, tags: ['x', 'y'] }]);
    expect(next).toBe('https://shop.example.com/items/list.html?after=c+2');
  });
});

describe('structured data', () => {
  const structured = (structured: string, path: string, type?: string) => ({
    locators: { structured, path, ...(type === undefined ? {} : { type }) },
  });

  test.each([
    [
      'JSON-LD in a graph',
      '<script type="application/ld+json">{"@graph":[{"@type":"WebPage","name":"no"},{"@type":["Article","Thing"],"author":[{"name":"Ada"}]}]}</script>',
      structured('json-ld', 'author.name', 'https://schema.org/Article'),
    ],
    [
      'microdata with a nested item',
      '<div itemscope itemtype="https://schema.org/Book"><span itemprop="author" itemscope><b itemprop="name">Ada</b></span><b itemprop="name">Book</b></div>',
      structured('microdata', 'author.name', 'Book'),
    ],
    [
      'OpenGraph',
      '<head><meta property="og:title" content="Ada"></head>',
      structured('open-graph', 'og:title'),
    ],
    [
      'state in a JSON script',
      '<script id="__NEXT_DATA__" type="application/json">{"props":{"name":"Ada"}}</script>',
      structured('embedded-json', 'props.name', '__NEXT_DATA__'),
    ],
    [
      'state in an assignment, with brackets in its strings',
      '<script>var a=1; window.__STATE__ = {"x":"}\\"]","user":{"name":"Ada"}}; run(window.__STATE__)</script>',
      structured('embedded-json', 'user.name', '__STATE__'),
    ],
  ])('%s is read by path', (_, body, author) => {
    const { records, misses } = run({ author }, `<html><body>${body}</body></html>`);

    expect({ records, misses }).toStrictEqual({ records: [{ author: 'Ada' }], misses: [] });
  });
});

function field(type: string, locator: object) {
  return { type, cardinality: 'one', required: true, stable: false, locators: [locator] };
}
