import { expect, test } from 'vitest';
import { singleLine } from '../../../activities/collection/normalise.ts';

test.each([
  ['a plain title, of "ASCII" words!', 'a plain title, of "ASCII" words!'],
  ['', ''],
  [' ', ''],
  [' padded ', 'padded'],
  ['two  blanks', 'two blanks'],
  ['a line\nand a tab\there', 'a line and a tab here'],
  ['a bell\u0007 and a delete\u007F', 'a bell and a delete'],
  ['e\u0301', 'é'],
  ['half \uD800 a pair', 'half \uFFFD a pair'],
])('%j becomes the one line %j', (text, expected) => {
  expect(singleLine(text)).toBe(expected);
});
