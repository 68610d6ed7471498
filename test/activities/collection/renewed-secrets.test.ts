import { expect, test } from 'vitest';
import { failure } from '../../../workflows/failures.ts';
import { COMPLETE, document, withCollecting, type Message } from './collecting.ts';

const newSource = withCollecting();

const refusal = () => failure('AuthExpired', 'The token was refused.');
const at = (cursor: unknown): Message => ({ kind: 'checkpoint', cursor });

/** A store whose secret is renewed by the test; what it kept is given out again unless it is asked for anew. */
function store(first: string) {
  const state = { now: first, kept: first };
  const secretsManager = (_name: string, { fresh = false } = {}): Promise<string> => {
    if (fresh) state.kept = state.now;
    return Promise.resolve(state.kept);
  };
  return { state, deps: { secrets: { variable: () => undefined, secretsManager } } };
}

test('F41 a secret that is renewed while a source is read is read again, and the run goes on where it was', async () => {
  const source = await newSource();
  await source.redefine({ config: { token: 'secretsmanager:wiki' } });
  const { state, deps } = store('canary-old');
  const begins: unknown[] = [];
  source.emits(async function* (from, _env, { token }) {
    begins.push(from);
    if (token === 'canary-new') {
      yield document('b');
      yield COMPLETE;
      return;
    }
    yield document('a');
    yield at({ page: 2 });
    state.now = 'canary-new';
    throw refusal();
  });

  const first = await source.collect({ run: 'r', deps });
  const second = await source.collect({ run: 'r', slice: 1, deps });

  expect(first).toMatchObject({ more: true, waitReason: expect.stringContaining('renewed') });
  expect(JSON.stringify(first)).not.toContain('canary');
  expect(first.notBeforeMs).toBeLessThanOrEqual(Date.now());
  expect(second).toMatchObject({ more: false, counts: { added: 2 }, listing: { complete: true } });
  expect(begins).toStrictEqual([null, { page: 2 }]);
});

test('F41 a secret that is refused and was not renewed ends the run as AuthExpired', async () => {
  const source = await newSource();
  await source.redefine({ config: { token: 'secretsmanager:wiki' } });
  source.emits(async function* () {
    yield document('a');
    yield at({ page: 2 });
    throw refusal();
  });

  const reading = source.collect({ run: 'r', deps: store('canary-old').deps });

  await expect(reading).rejects.toMatchObject({ type: 'AuthExpired', nonRetryable: true });
});
