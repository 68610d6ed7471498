import { expect, test } from 'vitest';
import { capLines } from '../../../activities/repair/capped-lines.ts';
import { logWindow } from '../../../activities/repair/log-window.ts';
import { structuralDiff } from '../../../activities/repair/structural-diff.ts';

const bytesOf = (lines: readonly string[]): number => Buffer.byteLength(lines.join('\n'));

test('what is cut says how much is missing and where the whole is', () => {
  const lines = Array.from({ length: 1000 }, (_, at) => `line ${String(at).padStart(4, '0')}`);
  const capped = capLines(lines, { headBytes: 100, tailBytes: 200, whole: 'the log' });
  expect(capped.lines).toHaveLength(31);
  expect(capped.lines[0]).toBe('line 0000');
  expect(capped.lines.at(-1)).toBe('line 0999');
  expect(capped.lines[10]).toBe('[970 lines, 9700 bytes left out; the whole: the log]');
  expect(capped).toMatchObject({ droppedLines: 970, droppedBytes: 9700 });
  expect(capLines(lines, { headBytes: 10_000, tailBytes: 0, whole: '' }).lines).toEqual(lines);
});

test('a log has one line for each kind of entry, with its count, and at most 64 KB', () => {
  const pages = Array.from({ length: 300 }, (_, at) => ({
    text: `SelectorMissing: Selector ".price" matched 0 elements on "https://shop.example/${at}" (200, ${at} bytes).`,
    count: 1,
  }));
  const { lines } = logWindow([...pages, { text: 'Blocked: 403', count: 2 }], 'run');
  expect(lines).toEqual([`300x ${pages[0]?.text}`, '2x Blocked: 403']);
  const letters = 'abcdefghij';
  const kinds = Array.from({ length: 1000 }, (_, at) => ({
    text: `${String(at).replaceAll(/\d/g, (digit) => letters[Number(digit)] ?? '')} ${'x'.repeat(300)}`,
    count: 1,
  }));
  const long = logWindow(kinds, 'run "a"');
  expect(bytesOf(long.lines)).toBeLessThanOrEqual(64 * 1024 + 200);
  expect(long.droppedLines).toBeGreaterThan(700);
  expect(long.lines.some((line) => line.includes('left out; the whole: run "a"'))).toBe(true);
});

test('a difference names what came, what went and what stands there another number of times, and no text', () => {
  const before = '<main><h1 class="a">One</h1><ul><li>1</li><li>2</li></ul></main>';
  const after = '<main><h2 class="b">Two</h2><ul><li>1</li><li>2</li><li>3</li></ul></main>';
  const { lines } = structuralDiff({ text: before, sha256: 'x' }, { text: after, sha256: 'y' });
  expect(lines).toEqual(['- main > h1.a (1)', '+ main > h2.b (1)', '~ main > ul > li (2 → 3)']);
});

test('JSON is compared by its members, and a huge difference is cut at 32 KB', () => {
  const old = { text: '{"items":[{"title":"A","price":1}]}', sha256: 'x' };
  const fresh = { text: '{"items":[{"name":"A","price":"1"}]}', sha256: 'y' };
  expect(structuralDiff(old, fresh).lines).toEqual([
    '- $.items[].title: string (1)',
    '- $.items[].price: number (1)',
    '+ $.items[].name: string (1)',
    '+ $.items[].price: string (1)',
  ]);
  const wide = Object.fromEntries(Array.from({ length: 4000 }, (_, at) => [`member-${at}`, at]));
  const capped = structuralDiff(old, { text: JSON.stringify(wide), sha256: 'y' });
  expect(bytesOf(capped.lines)).toBeLessThanOrEqual(32 * 1024);
  expect(capped.lines.at(-1)).toContain('bytes left out; the whole: bodies x and y');
});
