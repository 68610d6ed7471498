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

  const slice = await source.collect({ run: 'r', deps });

  expect(slice).toMatchObject({ more: false, counts: { added: 2 }, listing: { complete: true } });
  expect(begins).toStrictEqual([null, { page: 2 }]);
});

test('F41 a secret that is renewed again and again is read again once', async () => {
  const source = await newSource();
  await source.redefine({ config: { token: 'secretsmanager:wiki' } });
  const { state, deps } = store('canary-0');
  const tokens: unknown[] = [];
  // oxlint-disable-next-line require-yield, typescript/require-await
  source.emits(async function* (_from, _env, { token }) {
    tokens.push(token);
    state.now = `canary-${tokens.length}`;
    throw refusal();
  });

  await expect(source.collect({ run: 'r', deps })).rejects.toMatchObject({ type: 'AuthExpired' });
  expect(tokens).toStrictEqual(['canary-0', 'canary-1']);
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
