import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SILENCE, withSilences } from '../../../activities/collection/with-silences.ts';

const signal = new AbortController().signal;

test('messages come in order, with silences only while the next one is awaited', async () => {
  async function* source() {
    yield 1;
    yield 2;
    await sleep(120);
    yield 3;
  }

  const got = await Array.fromAsync(withSilences(source, { signal, everyMs: 30 }));

  expect(got.filter((one) => one !== SILENCE)).toEqual([1, 2, 3]);
  expect(got.slice(0, 2)).toEqual([1, 2]);
  expect(got.filter((one) => one === SILENCE).length).toBeGreaterThan(1);
});

test('the source does not run ahead of its reader', async () => {
  let made = 0;
  // oxlint-disable-next-line typescript/require-await
  async function* source() {
    while (made < 100) yield (made += 1);
  }

  for await (const _one of withSilences(source, { signal, everyMs: 10 })) {
    await sleep(25);
    if (made === 3) break;
    expect(made).toBeLessThan(4);
  }

  expect(made).toBe(3);
});

test('an error of the source that comes while its reader is busy with a silence is thrown, and nothing is left unhandled', async () => {
  // oxlint-disable-next-line require-yield
  async function* source(): AsyncGenerator<number> {
    await sleep(40);
    throw new Error('broken');
  }

  const reading = (async () => {
    for await (const one of withSilences(source, { signal, everyMs: 20 })) {
      if (one === SILENCE) await sleep(60);
    }
  })();

  await expect(reading).rejects.toThrow('broken');
});

test('a reader that stops in a silence stops the source and waits for its end', async () => {
  let closed = false;
  // oxlint-disable-next-line require-yield
  async function* source(own: AbortSignal): AsyncGenerator<number> {
    await new Promise((resolve) => own.addEventListener('abort', resolve, { once: true }));
    closed = true;
  }

  for await (const one of withSilences(source, { signal, everyMs: 20 })) if (one === SILENCE) break;

  expect(closed).toBe(true);
});
