import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Extraction, ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import { addTallies, NO_TALLY } from '../../../workflows/repair/run-summary.ts';
import { tallyPage } from '../../../workflows/repair/tally-page.ts';

const field = { type: 'text', cardinality: 'one', required: true, stable: false } as const;
const spec: ExtractionSpec = {
  v: 1,
  source: 'shop',
  records: [{ css: 'li' }],
  fields: {
    price: { ...field, type: 'number', locators: [{ css: '.price' }, { css: '.cost' }] },
    tags: { ...field, cardinality: 'many', required: false, locators: [{ css: '.tag' }] },
  },
};

const found: Extraction = {
  records: [{ price: 3, tags: ['a', 'bc'] }, { price: 5.5 }, {}],
  served: { price: [{ locator: 1, records: 2 }], tags: [{ locator: 0, records: 1 }] },
  misses: [
    { field: 'tags', record: 1, required: false, tried: [] },
    { field: 'tags', record: 2, required: false, tried: [] },
    {
      field: 'price',
      record: 2,
      required: true,
      tried: [{ locator: { css: '.price' }, matched: 1, because: 'unreadable' }],
    },
  ],
  violations: [{ kind: 'range', field: 'price', record: 1, detail: 'It is outside.' }],
};

test('a page is counted by field: present, missing, empty, served, spreads and forms', () => {
  expect(tallyPage({ extraction: found, spec })).toEqual({
    ...NO_TALLY,
    pages: 1,
    records: 3,
    failedPages: 1,
    fields: [
      {
        name: 'price',
        required: true,
        present: 2,
        missing: 1,
        empty: 1,
        served: [0, 2],
        violations: { range: 1 },
        numeric: { count: 2, sum: 8.5, min: 3, max: 5.5 },
        forms: { number: 2 },
      },
      {
        name: 'tags',
        required: false,
        present: 1,
        missing: 2,
        empty: 0,
        served: [1],
        violations: {},
        length: { count: 2, sum: 3, min: 1, max: 2 },
        items: { count: 1, sum: 2, min: 2, max: 2 },
        forms: { a: 1 },
      },
    ],
  });
});

test('a list that is not found, and a page that failed before it was read, are counted as such', () => {
  const empty = { ...found, records: [], served: {}, misses: [{ required: true, tried: [] }] };
  expect(
    tallyPage({ failure: 'SelectorMissing', extraction: { ...empty, violations: [] }, spec }),
  ).toMatchObject({ pages: 1, listsMissing: 1, failedPages: 1, failures: { SelectorMissing: 1 } });
  expect(tallyPage({ failure: 'Blocked' })).toMatchObject({ failedPages: 1, fields: [] });
});

test('the counts of parts add up to those of the whole, in whatever order they come', () => {
  const arbitraryTally = fc
    .array(
      fc.record({
        price: fc.constantFrom('1.50', 'EUR 3', 'free', '2026-01-01'),
        many: fc.nat(3),
      }),
      { maxLength: 6 },
    )
    .map((records) =>
      tallyPage({
        spec,
        extraction: {
          records: records.map(({ price, many }) => ({ price, tags: Array(many).fill('t') })),
          served: { price: [{ locator: 0, records: records.length }] },
          misses: [],
          violations: [],
        },
      }),
    );
  fc.assert(
    fc.property(arbitraryTally, arbitraryTally, arbitraryTally, (a, b, c) => {
      const left = addTallies(addTallies(a, b), c);
      expect(addTallies(a, addTallies(b, c))).toEqual(left);
      expect(addTallies(c, addTallies(b, a))).toEqual(left);
      expect(addTallies(NO_TALLY, left)).toEqual(left);
      expect(left.records).toBe(a.records + b.records + c.records);
    }),
  );
});
