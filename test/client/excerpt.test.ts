import { expect, test } from 'vitest';
import { excerpt } from '../../client/excerpt.ts';

const TEXT = [
  'The preamble speaks of other things at some length.',
  'It goes on and on without an answer.',
  'Whoever modifies the program offers its users over a network the source.',
  'Then come the warranties.',
].join('\n\n');

test('the stretch with the words of the question is shown, and that more is around it', () => {
  expect(
    excerpt(TEXT, 'who offers users the source over a network?', { width: 44, maxLines: 2 }),
  ).toEqual(['… Whoever modifies the program offers its', 'users over a network the source. …']);
});

test('a short passage is shown whole', () => {
  expect(excerpt('One.\n\nTwo\nlines.', 'anything', { width: 40, maxLines: 6 })).toEqual([
    'One.',
    'Two lines.',
  ]);
});

test('without a word in common it begins at the beginning', () => {
  expect(excerpt(TEXT, 'xyzzy', { width: 64, maxLines: 1 })).toEqual([
    'The preamble speaks of other things at some length. …',
  ]);
});
