import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLines, type Line } from '../../../adapters/child-process/lines.ts';

const LIMITS = { maxLineBytes: 20, maxTotalBytes: 1_000 };

function linesOf(chunks: readonly Buffer[], limits = LIMITS): Promise<Line[]> {
  return Array.fromAsync(readLines(Readable.from(chunks, { objectMode: true }), limits));
}

test('the same bytes give the same lines however they are cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.string({ unit: 'binary', maxLength: 5 }).map((text) => text.replaceAll('\n', ' ')),
      ),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      async (texts, sizes) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));

        const whole = await linesOf([bytes]);

        expect(await linesOf(cut(bytes, sizes))).toStrictEqual(whole);
        expect(whole).toHaveLength(texts.length);
      },
    ),
  );
});

test('a line at the limit is kept, one byte more is counted and dropped', async () => {
  const lines = await linesOf([Buffer.from(`${'a'.repeat(20)}\n${'b'.repeat(21)}\nc`)]);

  expect(lines).toStrictEqual([
    { kind: 'line', number: 1, text: 'a'.repeat(20), valid: true },
    { kind: 'too-long', number: 2, sizeBytes: 21 },
    { kind: 'line', number: 3, text: 'c', valid: true },
  ]);
});

test('bytes that are no UTF-8 become U+FFFD and are told', async () => {
  const lines = await linesOf([Buffer.from([0x61, 0xff, 0x0a]), Buffer.from('b\r\n')]);

  expect(lines).toStrictEqual([
    { kind: 'line', number: 1, text: 'a\uFFFD', valid: false },
    { kind: 'line', number: 2, text: 'b', valid: true },
  ]);
});

test('nothing is read beyond the total', async () => {
  const lines = await linesOf([Buffer.from('a\n'), Buffer.alloc(2_000)], LIMITS);

  expect(lines.map((line) => line.kind)).toStrictEqual(['line', 'total-exceeded']);
});

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
