import { expect, test } from 'vitest';
import { table } from '../../client/table.ts';

const plain = (text: string): string => text;
const COLUMNS = [
  { title: 'NAME' },
  { title: 'SIZE', align: 'right' },
  { title: 'NOTE', shrinkTo: 6 },
  { title: 'MORE', dropBelow: 60 },
] as const;
const ROWS = [
  ['one', '1', 'a rather long note', 'x'],
  ['日本', '1,000', 'short', 'y'],
];

test('columns are as wide as their widest cell, numbers stand to the right', () => {
  expect(table(COLUMNS, ROWS, { width: 80, head: plain }).split('\n')).toEqual([
    'NAME   SIZE  NOTE                MORE',
    'one       1  a rather long note  x',
    '日本  1,000  short               y',
  ]);
});

test('on a narrow terminal columns are left out, then shortened, but never what people copy', () => {
  expect(table(COLUMNS, ROWS, { width: 24, head: plain }).split('\n')).toEqual([
    'NAME   SIZE  NOTE',
    'one       1  a rather l…',
    '日本  1,000  short',
  ]);
  expect(table(COLUMNS, ROWS, { width: 19, head: plain })).toContain('a rat…');
});

test('what fits no terminal beside each other stands below each other, with its title', () => {
  expect(
    table(COLUMNS, [...ROWS, ['three', '', '', '']], { width: 18, head: plain }).split('\n'),
  ).toEqual([
    'one',
    '  SIZE  1',
    '  NOTE  a rather',
    '        long note',
    '日本',
    '  SIZE  1,000',
    '  NOTE  short',
    'three',
  ]);
});

test('cells are painted after they are cleaned and measured', () => {
  const paint = (text: string): string => `<${text}>`;
  const rows = [[{ text: 'a\u001B[31m b', paint }, '2', '', '']];

  expect(table(COLUMNS, rows, { width: 80, head: plain }).split('\n')[1]).toBe(
    '<a b>      2  <>'.replace('  <>', ''),
  );
});
