import * as fc from 'fast-check';
import { FIELD_TYPES, NORMALISERS } from '../../workflows/collection/extraction-spec.ts';

type Extract = Readonly<Record<string, unknown>>;

const css = fc.constantFrom('h1', 'main', '.a > .b', ':scope', '[data-id="1"]', ' h2 ');
const locator = fc.oneof(
  css,
  fc.record({ css, attr: fc.constantFrom('href', 'title') }, { requiredKeys: ['css'] }),
  fc.record({ meta: fc.constantFrom('og:title', 'author') }),
  fc.record({ json: fc.constantFrom('data.items[0].title', 'a["b.c"]') }),
  fc.constant({ structured: 'json-ld', path: 'name' }),
  fc.constant({ anchor: 'Price', take: 'next' }),
);
const locators = fc.oneof(locator, fc.array(locator, { minLength: 1, maxLength: 4 }));
const fullField = fc.record(
  {
    locators,
    type: fc.constantFrom(...FIELD_TYPES.filter((type) => type !== 'enum')),
    cardinality: fc.constantFrom('one', 'many'),
    required: fc.boolean(),
    stable: fc.boolean(),
    normalise: fc.array(fc.constantFrom(...NORMALISERS), { maxLength: 3 }),
    expect: fc.record({ min: fc.nat(9), maxLength: fc.nat(99) }, { requiredKeys: [] }),
  },
  { requiredKeys: ['locators'] },
);
const field = fc.oneof(css, fullField);

/** What people write below `extract:`, in short and long forms. */
export const writtenExtract: fc.Arbitrary<Extract> = fc.record(
  {
    title: field,
    content: field,
    price: field,
    records: locators,
    next: fc.record(
      { locators, parameter: fc.constant('page'), maxPages: fc.integer({ min: 1, max: 200 }) },
      { requiredKeys: ['locators'] },
    ),
    decode: fc.record({ format: fc.constantFrom('html', 'json') }, { requiredKeys: [] }),
  },
  { requiredKeys: ['title'] },
);

const place = fc.constantFrom(
  ...['title', 'content', 'price', 'other'].flatMap((name) => [
    `/fields/${name}`,
    `/fields/${name}/locators/0`,
    `/fields/${name}/locators/-`,
    `/fields/${name}/type`,
    `/fields/${name}/required`,
    `/fields/${name}/normalise`,
  ]),
  '/records',
  '/records/0',
  '/next',
  '/next/maxPages',
  '/decode',
  '/decode/format',
);
const canonicalField = {
  type: 'text',
  cardinality: 'one',
  required: true,
  stable: false,
  locators: [{ css: '.found' }],
};
const found = { css: '.found' };

/** A value that fits its place, mostly. */
function valueFor(path: string): unknown {
  if (/\/(?:0|-)$/.test(path)) return found;
  if (path.endsWith('/type')) return 'html';
  if (path.endsWith('/required')) return false;
  if (path.endsWith('/normalise')) return ['trim'];
  if (path.endsWith('/maxPages')) return 7;
  if (path.endsWith('/format')) return 'json';
  if (path === '/records') return [found, { css: 'h1' }];
  if (path === '/next') return { locators: [found], maxPages: 100 };
  return path === '/decode' ? { format: 'html' } : canonicalField;
}

const operation = fc.oneof(
  { weight: 8, arbitrary: place.map((path) => ({ op: 'add', path, value: valueFor(path) })) },
  { weight: 4, arbitrary: place.map((path) => ({ op: 'replace', path, value: valueFor(path) })) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('remove'), path: place }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constantFrom('move', 'copy'), from: place, path: place }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('add'), path: place, value: fc.jsonValue() }),
  },
);

/** Patches of which a good part fits some extract. */
export const operations = fc.array(operation, { minLength: 1, maxLength: 3 });
