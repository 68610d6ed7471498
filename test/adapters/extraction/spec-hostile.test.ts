import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  expandExtraction,
  ExtractionConfig,
  runExtractionSpec,
} from '../../../adapters/extraction/spec.ts';

const EVERYTHING = {
  title: 'h1',
  content: 'article, div',
  many: { cardinality: 'many', locators: ['p', 'div'] },
  meta: { locators: { meta: 'author' } },
  json: { type: 'number', locators: { json: 'a[*].b' } },
  ld: { locators: { structured: 'json-ld', path: 'a.b' } },
  micro: { locators: { structured: 'microdata', path: 'name' } },
  graph: { locators: { structured: 'open-graph', path: 'og:title' } },
  state: { locators: { structured: 'embedded-json', path: 'props.a' } },
  next: { locators: ['a', { json: 'next' }] },
  label: { type: 'date', locators: { anchor: 'Price', take: 'next' } },
  rest: { type: 'duration', locators: { anchor: 'Price', take: 'value' } },
  parent: { type: 'url', locators: { anchor: 'Price', take: 'parent' } },
} as const;

function run(written: unknown, body: string, deadlineMs = 20_000) {
  const spec = expandExtraction('docs', ExtractionConfig.parse(written));
  return runExtractionSpec(spec, body, { url: 'https://example.com/', deadlineMs });
}

describe('a hostile body never makes the runner throw', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(
      '<h1>',
      '</h1>',
      '<article><p>',
      '<dt>Price:</dt><dd>',
      '<div itemscope itemprop="name">',
      '<div itemscope><b itemprop="__proto__">x</b>',
      '<script type="application/ld+json">',
      '{"@graph":[{"a":{"b":1}}]}',
      '<script>window.__S__ = {"props":{"a":1',
      '</script>',
      '<meta property="og:title" content="',
      '<meta name="author" content=x>',
      '<base href="javascript:alert(1)">',
      '<a href="http://[">',
      '<template><svg><![CDATA[',
      '<!--',
      '\u0000',
      '&#x110000;',
      '{"a":[{"b":"1e999"}],"next":{}}',
    ),
  );

  test('whatever pieces it is made of, and twice the same', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const body = pieces.join('');

        const first = run(EVERYTHING, body);

        expect(run(EVERYTHING, body)).toStrictEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  test('whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const found = run({ ...EVERYTHING, records: { json: '[*]' } }, JSON.stringify(value));

        expect(Array.isArray(found.records)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['nested elements', `<article>${'<div>'.repeat(20_000)}Price: 3`],
    ['nested items', '<div itemscope itemprop="name">'.repeat(5000)],
    ['nested JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    [
      'nested JSON-LD',
      `<script type="application/ld+json">${'{"@graph":['.repeat(5000)}${']}'.repeat(5000)}</script>`,
    ],
    ['open brackets of a state', `<script>window.__S__ = ${'{"a":'.repeat(50_000)}</script>`],
    ['many assignments', `<script>${'window.__S__ = {'.repeat(20_000)}</script>`],
    ['nothing', ''],
  ])('%s, within the deadline', (_, body) => {
    const startedAt = performance.now();

    const { records } = run(EVERYTHING, body, 3000);

    expect(records.length).toBeLessThan(2);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  test('a deadline keeps whole records alone and says how many', () => {
    const body = `<ul>${'<li><b>x</b></li>'.repeat(5000)}</ul>`;

    const { records, violations } = run({ records: 'li', title: 'b' }, body, 5);

    expect(records.length).toBeLessThan(5000);
    expect(violations).toStrictEqual([
      {
        kind: 'deadline',
        detail: `The document took more than 5 ms; ${records.length} of 5000 records were read.`,
      },
    ]);
  });

  test('names of objects are data: nothing is inherited and nothing is poisoned', () => {
    const { records } = run(
      {
        a: { required: false, locators: [{ json: '__proto__.polluted' }, { json: 'constructor' }] },
      },
      '{"x":1}',
    );

    expect(records).toStrictEqual([{}]);
  });
});
