import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, definitionDigest, digestOf } from '../../../adapters/definitions/digest.ts';
import { BASE, DATABASE, onlySource } from './case.ts';

test('equal data has one text, whatever the order of its keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (map) => {
      const reversed = Object.fromEntries(Object.entries(map).toReversed());
      expect(canonicalJson(reversed)).toBe(canonicalJson(map));
    }),
  );
});

test('the text is JSON of the same data', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('a key without value is no key', () => {
  expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
});

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [undefined], [() => 1]])(
  'what JSON cannot hold is refused: %s',
  (value) => {
    expect(() => canonicalJson([value])).toThrow('JSON cannot hold');
  },
);

test('a digest changes with any value and not with the layout of the file', async () => {
  const flow = await onlySource(`${BASE}sources: [{ id: a, type: database, ${DATABASE} }]`);
  const block = await onlySource(
    `sources:\n  - ${DATABASE}\n    type: database\n    id: a\n${BASE}`,
  );

  expect(definitionDigest(flow)).toBe(definitionDigest(block));
  expect(definitionDigest({ ...flow, enabled: false })).not.toBe(definitionDigest(flow));
  expect(digestOf({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
});
