import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, displayWidth, indented, sizeText, truncate, wrap } from '../../client/text.ts';

test.each([
  ['\u001B[31mred\u001B[0m', 'red'],
  ['\u001B]0;title\u0007text', 'text'],
  ['a\r\n\tb', 'a b'],
  ['safe\u202Etxt.exe', 'safetxt.exe'],
  ['bell\u0007\u009B5A', 'bell'],
])('text from outside cannot steer the terminal: %j', (text, shown) => {
  expect(clean(text)).toBe(shown);
});

test.each([
  ['plain', 5],
  ['日本語', 6],
  ['e\u0301', 1],
  ['👩‍🚀 ok', 5],
])('%s takes %d columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

describe('wrapping', () => {
  test('lines break between words, and words that are too long inside', () => {
    expect(wrap('one two abcdefghij', 7)).toEqual(['one two', 'abcdefg', 'hij']);
    expect(indented('one two three', 9, '  ', '- ')).toBe('- one two\n  three');
  });

  test('no line is wider than asked for, and no word is lost', () => {
    const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }));
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 30 }), (list, width) => {
        const text = clean(list.join(' '));
        const lines = wrap(text, width);
        expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});

test.each([
  ['short', 5, 'short'],
  ['longer', 5, 'long…'],
  ['日本語', 4, '日…'],
])('%s in %i columns is %s', (text, width, shown) => {
  expect(truncate(text, width)).toBe(shown);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [4200, '4.2 KB'],
  [16_000, '16 KB'],
  [1_300_000, '1.3 MB'],
  [25_000_000_000, '25 GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
