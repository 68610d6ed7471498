import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFilter } from '../../../local/bedrock/filter.ts';

const DOCUMENT = { year: 2026, lang: 'en', draft: false, tags: ['law', 'open source'] };

test.each([
  [{ equals: { key: 'lang', value: 'en' } }, true],
  [{ equals: { key: 'year', value: '2026' } }, false],
  [{ equals: { key: 'draft', value: false } }, true],
  [{ equals: { key: 'tags', value: ['law', 'open source'] } }, true],
  [{ notEquals: { key: 'lang', value: 'de' } }, true],
  [{ notEquals: { key: 'absent', value: 'de' } }, false],
  [{ greaterThan: { key: 'year', value: 2026 } }, false],
  [{ greaterThanOrEquals: { key: 'year', value: 2026 } }, true],
  [{ lessThan: { key: 'year', value: 2027 } }, true],
  [{ lessThanOrEquals: { key: 'lang', value: 5 } }, false],
  [{ in: { key: 'lang', value: ['de', 'en'] } }, true],
  [{ notIn: { key: 'lang', value: ['de', 'en'] } }, false],
  [{ notIn: { key: 'absent', value: ['de'] } }, false],
  [{ startsWith: { key: 'lang', value: 'e' } }, true],
  [{ stringContains: { key: 'tags', value: 'source' } }, true],
  [{ stringContains: { key: 'lang', value: 'x' } }, false],
  [{ listContains: { key: 'tags', value: 'law' } }, true],
  [{ listContains: { key: 'tags', value: 'source' } }, false],
  [{ listContains: { key: 'lang', value: 'en' } }, false],
])('%j is %s', (filter, expected) => {
  expect(readFilter(filter)(DOCUMENT)).toBe(expected);
});

test.each([
  [{ andAll: [{ equals: { key: 'a', value: 1 } }] }, 'needs at least two members'],
  [{ orAll: [] }, 'needs at least two members'],
  [{}, 'exactly one member'],
  [undefined, 'exactly one member'],
  [{ equals: { key: 'a', value: 1 }, in: { key: 'a', value: [] } }, 'exactly one member'],
  [{ like: { key: 'a', value: 1 } }, 'Unknown filter "like"'],
  [{ equals: { value: 1 } }, 'needs a "key"'],
  [{ equals: { key: 'a' } }, 'a "value"'],
  [{ equals: { key: 'a', value: null } }, 'takes a string, number, boolean or list'],
  [{ greaterThan: { key: 'a', value: '1' } }, 'takes a number'],
  [{ in: { key: 'a', value: 'b' } }, 'takes a list'],
  [{ startsWith: { key: 'a', value: 1 } }, 'takes a string'],
])('%j is refused: %s', (filter, sentence) => {
  expect(() => readFilter(filter)).toThrow(sentence);
});

test.each(['startsWith', 'stringContains'])('S3 Vectors has no %s', (name) => {
  const filter = { [name]: { key: 'lang', value: 'e' } };

  expect(() => readFilter(filter, { storageType: 'S3_VECTORS' })).toThrow(
    'not supported by S3 Vectors',
  );
});

describe('for any two filters and any document', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('x', 'y'), fc.boolean());
  const attributes = fc.dictionary(key, value, { maxKeys: 3 });
  const comparison = fc
    .tuple(fc.constantFrom('equals', 'notEquals'), key, value)
    .map(([name, key, value]) => ({ [name]: { key, value } }));

  test('andAll is both and orAll is either', () => {
    fc.assert(
      fc.property(comparison, comparison, attributes, (left, right, document) => {
        const [first, second] = [readFilter(left)(document), readFilter(right)(document)];

        expect(readFilter({ andAll: [left, right] })(document)).toBe(first && second);
        expect(readFilter({ orAll: [left, right] })(document)).toBe(first || second);
      }),
    );
  });

  test('a filter and its opposite part exactly the documents that have the attribute', () => {
    fc.assert(
      fc.property(key, value, attributes, (key, value, document) => {
        const pairs = [
          [{ equals: { key, value } }, { notEquals: { key, value } }],
          [{ in: { key, value: [value] } }, { notIn: { key, value: [value] } }],
        ];
        for (const pair of pairs) {
          const passed = pair.filter((filter) => readFilter(filter)(document));

          expect(passed).toHaveLength(Object.hasOwn(document, key) ? 1 : 0);
        }
      }),
    );
  });
});
