import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineDiff } from '../../client/line-diff.ts';

test('only the lines that differ are shown, with their numbers', () => {
  expect(lineDiff('a\nb\nc\nd\ne', 'a\nB\nc\nd\nx\ne')).toEqual([
    { kind: '-', line: 2, text: 'b' },
    { kind: '+', line: 2, text: 'B' },
    { kind: '+', line: 5, text: 'x' },
  ]);
  expect(lineDiff('a\nb', 'a\nb')).toEqual([]);
});

test('taking the one kind away and the other in makes of the one text the other', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  const check = fc.property(text, text, (before, after) => {
    const changes = lineDiff(before.join('\n'), after.join('\n'));
    const left = (kind: '-' | '+', lines: readonly string[]): readonly string[] => {
      const changed = new Set(changes.flatMap((one) => (one.kind === kind ? [one.line] : [])));
      return lines.filter((_, at) => !changed.has(at + 1));
    };
    expect(left('-', before.length === 0 ? [''] : before)).toEqual(
      left('+', after.length === 0 ? [''] : after),
    );
    for (const { kind, line, text: shown } of changes)
      expect((kind === '-' ? before : after)[line - 1] ?? '').toBe(shown);
  });
  fc.assert(check, { numRuns: 500 });
});
