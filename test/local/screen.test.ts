import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createScreen } from '../../local/screen.ts';

test('without a terminal each line is printed when it changes, and never twice', () => {
  const { out, text } = output({ isTTY: false });
  const screen = createScreen(out);

  screen.block([
    { key: 'a', text: 'a waits' },
    { key: 'b', text: 'b waits' },
  ]);
  screen.block([
    { key: 'a', text: 'a waits' },
    { key: 'b', text: 'b runs' },
  ]);

  expect(text()).toBe('a waits\nb waits\nb runs\n');
});

test('on a terminal the block is drawn over the one before, and lines that stay come above it', () => {
  const { out, text } = output({ isTTY: true, columns: 40, rows: 20 });
  const screen = createScreen(out);

  screen.block([{ key: 'a', text: 'a waits' }]);
  screen.line('news');
  screen.block([{ key: 'a', text: 'a runs' }]);
  screen.settle();
  screen.line('end');

  expect(text()).toBe(`a waits\n${UP}news\na waits\n${UP}a runs\nend\n`);
});

test('what a source says cannot break the picture or command the terminal', () => {
  const { out, text } = output({ isTTY: true, columns: 40, rows: 20 });
  const screen = createScreen(out);

  screen.block([{ key: 'a', text: 'bad\nnews \u001b[2J\u009b31m here' }]);
  screen.entry('more\r\nof it\u0007');

  expect(text()).toBe(`bad news  [2J 31m here\n${UP}more of it \nbad news  [2J 31m here\n`);
});

test('a block that is higher than the terminal shows what still changes, and counts the rest', () => {
  const { out, text } = output({ isTTY: true, columns: 40, rows: 6 });
  const lines = Array.from({ length: 9 }, (_, at) => ({
    key: `${at}`,
    text: `line ${at}`,
    ended: at < 6,
  }));

  createScreen(out).block(lines);

  expect(text()).toBe('line 6\nline 7\nline 8\n  … and 6 more, 6 of them ended\n');
});

/** Over one line, and everything below it away. */
const UP = '\u001B[1A\u001B[0J';

function output(terminal: { isTTY: boolean; columns?: number; rows?: number }) {
  let written = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      written += chunk.toString();
      done();
    },
  });
  return {
    out: Object.assign(stream, terminal) as unknown as NodeJS.WriteStream,
    text: () => written,
  };
}
