import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunksOf, DEFAULT_CHUNKING } from '../../../local/bedrock/chunks.ts';

/** No word comes twice, so that a chunk has one place in the text. */
const text = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.constantFrom(' ', '\n\n', '.\t', ' 🎈 ')), {
    maxLength: 80,
  })
  .map((words) =>
    words.map(([length, gap], index) => `<${index}>`.padEnd(length, 'é') + gap).join(''),
  );

test('every chunk is a piece of the text, they follow each other, and together they leave no word out', () => {
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 99 }),
      (text, maxTokens, overlapPercentage) => {
        const chunks = chunksOf(text, { strategy: 'FIXED_SIZE', maxTokens, overlapPercentage });

        const covered = text.split('').map(() => false);
        let before = -1;
        for (const chunk of chunks) {
          const start = text.indexOf(chunk, before + 1);
          expect(start).toBeGreaterThan(before);
          covered.fill(true, start, start + chunk.length);
          before = start;
        }
        const left = text.split('').map((character, index) => (covered[index] ? '' : character));
        expect(left.join('').trim()).toBe('');
      },
    ),
  );
});

test('a long text gets chunks of about 300 tokens that share a fifth with the one before', () => {
  const words = Array.from({ length: 3000 }, (_, index) => `word${index}`);

  const chunks = chunksOf(words.join(' '), DEFAULT_CHUNKING);

  const [first = '', second = ''] = chunks;
  const shared = first.split(' ').filter((word) => second.split(' ').includes(word));
  expect(first.split(' ').length * 2).toBe(300);
  expect(shared).toHaveLength(30);
  expect(chunks).toHaveLength(25);
});

test('NONE keeps a text whole, and a blank text has no chunk', () => {
  expect(chunksOf('a b\n'.repeat(5000), { strategy: 'NONE' })).toHaveLength(1);
  expect(chunksOf(' \n\t', DEFAULT_CHUNKING)).toEqual([]);
});

test('one endless word is cut', () => {
  const chunks = chunksOf('x'.repeat(10_000), DEFAULT_CHUNKING);

  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(2000);
});
