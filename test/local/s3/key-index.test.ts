import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareUtf8, createKeyIndex, placeAfter } from '../../../local/s3/key-index.ts';

const key = fc.string({ unit: 'binary', maxLength: 6 });
const facts = (name: string) => ({
  key: name,
  sizeBytes: 0,
  etag: '',
  lastModifiedMs: 0,
  headers: {},
});

test('keys compare like their bytes', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareUtf8(a, b))).toBe(bytes);
    }),
  );
});

test('the index lists exactly the keys that are there, in order, whatever came before', () => {
  const step = fc.record({ key, act: fc.constantFrom('set', 'delete', 'list') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const index = createKeyIndex();
      const there = new Set<string>();
      for (const { key: name, act } of steps) {
        if (act === 'set') {
          index.set(facts(name));
          there.add(name);
        } else if (act === 'delete') {
          index.delete(name);
          there.delete(name);
        }
        const expected = [...there].toSorted(compareUtf8);
        // Looking sorts what has changed: now and then, and at the end.
        expect(act === 'list' ? index.sortedKeys() : expected).toEqual(expected);
      }
      expect(index.sortedKeys()).toEqual([...there].toSorted(compareUtf8));
    }),
  );
});

test('a place is behind every key up to the named one', () => {
  fc.assert(
    fc.property(fc.uniqueArray(key), key, (keys, wanted) => {
      const sorted = keys.toSorted(compareUtf8);
      const place = placeAfter(sorted, wanted);
      expect(sorted.slice(0, place).every((one) => compareUtf8(one, wanted) <= 0)).toBe(true);
      expect(sorted.slice(place).every((one) => compareUtf8(one, wanted) > 0)).toBe(true);
    }),
  );
});
