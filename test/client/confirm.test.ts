import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirm } from '../../client/confirm.ts';

async function asked(typed: string | undefined, isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  const answer = confirm('Delete these documents?', { input, output });
  if (typed === undefined) input.end();
  else input.write(typed);
  const yes = await answer;
  return { yes, shown: String(output.read() ?? '') };
}

test.each([
  ['y\n', true],
  ['YES\n', true],
  [' yes \n', true],
  ['n\n', false],
  ['\n', false],
  ['yesterday\n', false],
  // Ctrl-D.
  [undefined, false],
])('%j means %s', async (typed, expected) => {
  const { yes, shown } = await asked(typed);

  expect(yes).toBe(expected);
  expect(shown).toContain('Delete these documents? [y/N]');
});

test('where nobody sits, nobody is asked', async () => {
  expect(await asked(undefined, false)).toEqual({ yes: true, shown: '' });
});
