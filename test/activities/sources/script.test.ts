import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { ReadMessage } from '../../../activities/sources/contract.ts';
import { script } from '../../../activities/sources/script.ts';
import { describeSource } from '../../contracts/source.ts';
import { descendants, eventually, isRunning } from '../../fakes/processes.ts';
import { sourceEnv, type SourceEnvOverrides, type TestSourceEnv } from '../../fakes/source-env.ts';

const EMITTER = fileURLToPath(new URL('../../fakes/emitter.ts', import.meta.url));
const SECRET = 'tok-5f0c9d2e7b';
const folder = mkdtempSync(join(tmpdir(), 'wellspring-script-'));
const envs: TestSourceEnv[] = [];

afterEach(async () => {
  if (await eventually(() => descendants().length === 0)) return;
  throw new Error(`These processes remain: ${descendants().join(', ')}.`);
});
afterAll(() => {
  for (const env of envs) env.remove();
  rmSync(folder, { recursive: true });
});

function emit(...args: string[]): string[] {
  return [process.execPath, EMITTER, ...args];
}

function env(overrides: SourceEnvOverrides = {}): TestSourceEnv {
  const made = sourceEnv(overrides);
  envs.push(made);
  return made;
}

interface Outcome {
  readonly messages: ReadMessage<unknown>[];
  readonly error: unknown;
  readonly env: TestSourceEnv;
}

async function run(
  config: Readonly<Record<string, unknown>>,
  from: unknown = null,
  using = env(),
): Promise<Outcome> {
  const messages: ReadMessage<unknown>[] = [];
  try {
    for await (const message of script.open(config).read(from, using)) messages.push(message);
    return { messages, error: undefined, env: using };
  } catch (error) {
    return { messages, error, env: using };
  }
}

function ids(messages: readonly ReadMessage<unknown>[]): string[] {
  return messages.flatMap((one) => (one.kind === 'document' ? [one.document.id] : []));
}

describeSource('a script that lists everything', () =>
  Promise.resolve({
    type: script,
    config: { command: emit('good'), check: emit('empty'), env: { TOKEN: SECRET } },
    expectedIds: ['a', 'b', 'c'],
    secrets: [SECRET],
    badConfigs: [
      {
        why: 'the program does not exist',
        config: { command: ['/no/such/program'] },
        outcome: 'FAIL' as const,
        naming: /\/no\/such\/program/u,
      },
      {
        why: 'the check command says that credentials are refused',
        fault: 'credentials' as const,
        config: { command: emit('good'), check: emit('exit', '77'), env: { TOKEN: SECRET } },
        outcome: 'FAIL' as const,
        naming: /exit code 77.*secret/su,
      },
      {
        why: 'the check command says that the source does not answer',
        fault: 'unreachable' as const,
        config: { command: emit('good'), check: emit('exit', '75') },
        outcome: 'INDETERMINATE' as const,
      },
      {
        why: 'the check command hangs',
        config: { command: emit('good'), check: emit('silent'), timeout: '1s' },
        outcome: 'INDETERMINATE' as const,
        naming: /timeout/u,
      },
      {
        why: 'streams of a dialect that has none',
        config: { command: emit('good'), streams: { a: {} } },
        outcome: 'InvalidConfig' as const,
        naming: /"streams"/u,
      },
      { why: 'no command', config: { command: [] }, outcome: 'InvalidConfig' as const },
      {
        why: 'a time limit that is none',
        config: { command: emit('good'), timeout: 'soon' },
        outcome: 'InvalidConfig' as const,
        naming: /timeout/u,
      },
      {
        why: 'a variable of ours',
        config: { command: emit('good'), env: { WELLSPRING_STATE: 'x' } },
        outcome: 'InvalidConfig' as const,
        naming: /WELLSPRING_/u,
      },
    ],
  }),
);

describeSource('a script with checkpoints', () =>
  Promise.resolve({
    type: script,
    config: { command: emit('increments-once'), check: emit('empty') },
    expectedIds: ['n-0', 'n-1', 'n-2', 'n-3'],
    unfit: { 'read.listing': 'It goes on from its state and never lists everything.' },
  }),
);

describe('S1: the exit code', () => {
  test.each([
    ['75', 'SourceUnavailable', false],
    ['77', 'AuthExpired', true],
    ['78', 'InvalidConfig', true],
    ['1', 'ScriptError', true],
    ['126', 'ScriptError', true],
  ])('%s fails the run as %s, after what was emitted', async (code, type, nonRetryable) => {
    const { messages, error } = await run({ command: emit('exit', code), env: { TOKEN: SECRET } });

    expect(error).toMatchObject({ type, nonRetryable });
    expect(error).toMatchObject({
      details: [{ exitCode: Number(code), stderrTail: 'about to fail with [secret]' }],
    });
    expect(messages.map((one) => one.kind)).toStrictEqual(['document', 'checkpoint', 'document']);
  });

  test('a signal fails the run as ScriptError', async () => {
    const { messages, error } = await run({ command: emit('killed') });

    expect(error).toMatchObject({
      type: 'ScriptError',
      message: expect.stringContaining('SIGKILL'),
    });
    expect(ids(messages)).toStrictEqual(['before']);
  });

  test('0 without a listing gives no licence to delete', async () => {
    const { messages, error } = await run({ command: emit('empty') });

    expect(error).toBeUndefined();
    expect(messages).toStrictEqual([{ kind: 'checkpoint', cursor: null }]);
  });
});

describe('the listing', () => {
  test('fullListing makes a good exit a complete listing', async () => {
    const { messages } = await run({ command: emit('empty'), fullListing: true });

    expect(messages).toContainEqual({ kind: 'listing', complete: true });
  });

  test('fullListing is no licence after a resume from a checkpoint', async () => {
    const { messages } = await run({ command: emit('empty'), fullListing: true }, { next: 2 });

    expect(messages).toStrictEqual([
      { kind: 'listing', complete: false, why: expect.stringContaining('checkpoint') },
      { kind: 'checkpoint', cursor: { next: 2 } },
    ]);
  });
});

describe('S2, S3, S5, S10: hostile output', () => {
  test('every bad line is one dead letter, and the good ones stay', async () => {
    const { messages, error } = await run({ command: emit('hostile') });
    const dead = messages.flatMap((one) => (one.kind === 'failed' ? [one] : []));

    expect(error).toBeUndefined();
    expect(ids(messages)).toStrictEqual([
      'first',
      'surrogates',
      'nul',
      'twice',
      'twice',
      '__proto__',
      '../../etc/passwd?#',
    ]);
    expect(dead.map((one) => [one.id, one.detail])).toStrictEqual([
      ['bad-utf8', 'Line 2 of the script is not valid UTF-8.'],
      [undefined, 'Line 5 of the script is a document message with a wrong "id".'],
      [undefined, 'Line 6 of the script is a document message with a wrong "id".'],
      [undefined, expect.stringMatching(/^Line 7 of the script is 52\d+ bytes long/u)],
      [undefined, 'Line 8 of the script is not one JSON object.'],
      [undefined, 'Line 9 of the script is not one JSON object.'],
      [undefined, 'Line 10 of the script is not one JSON object.'],
      [undefined, 'Line 11 of the script is not one JSON object.'],
      [undefined, 'Line 12 of the script is a document without an "id".'],
      ['no-content', 'Line 13 of the script is a document message with a wrong "content".'],
      ['x', expect.stringContaining('Line 14 of the script has no known kind; known are document')],
      [undefined, 'Line 20 of the script is not one JSON object.'],
    ]);
  });

  test('texts come without NUL and lone surrogates', async () => {
    const { messages } = await run({ command: emit('hostile') });

    expect(JSON.stringify(messages)).not.toMatch(/\\u0000|\\ud800|\\udfff/u);
  });

  test('lines that nobody could read take the licence of a complete listing away', async () => {
    const { messages } = await run({ command: emit('hostile') });

    expect(messages.filter((one) => one.kind === 'listing')).toStrictEqual([
      { kind: 'listing', complete: false, why: expect.stringContaining('9 lines') },
    ]);
  });

  test('a last line without a line feed counts', async () => {
    const { messages } = await run({ command: emit('no-final-newline') });

    expect(ids(messages)).toStrictEqual(['last']);
  });

  test('contentHashIds gives equal content the same id in every run', async () => {
    const config = { command: emit('no-ids'), contentHashIds: true };

    const first = ids((await run(config)).messages);
    const second = ids((await run(config)).messages);

    expect(new Set(first).size).toBe(2);
    expect(second).toStrictEqual(first);
    expect(first[0]).toMatch(/^sha256:[0-9a-f]{64}$/u);
  });

  test('output beyond maxOutputBytes ends the run', async () => {
    const { messages, error } = await run({ command: emit('endless'), maxOutputBytes: 200_000 });

    expect(error).toMatchObject({
      type: 'ScriptError',
      message: expect.stringContaining('"maxOutputBytes"'),
    });
    expect(messages.length).toBeLessThan(25);
  });

  test('a script that writes faster than documents are stored has to wait', async () => {
    const written = join(folder, 'written');
    const reading = script.open({ command: emit('endless', written) }).read(null, env());
    const iterator = reading[Symbol.asyncIterator]();

    await iterator.next();
    await sleep(500);
    const first = readFileSync(written, 'utf8');
    await sleep(500);
    const second = readFileSync(written, 'utf8');
    await iterator.return?.();

    expect(second).toBe(first);
    expect(Number(first)).toBeLessThan(100);
  });
});

test('all kinds are passed on, and "type" in any case is "kind"', async () => {
  const { messages, env } = await run({ command: emit('kinds') });

  expect(messages).toStrictEqual([
    { kind: 'document', document: { id: 'x', body: { kind: 'markdown', text: 'X' } } },
    { kind: 'seen', id: 'y' },
    { kind: 'gone', id: 'z', why: 'removed' },
    { kind: 'failed', id: 'w', failure: 'AccessDenied', detail: 'no right' },
    { kind: 'checkpoint', cursor: 'later' },
    { kind: 'checkpoint', cursor: 'later' },
  ]);
  expect(env.records).toContainEqual({
    level: 'warn',
    message: 'script logged',
    fields: { text: 'be careful' },
  });
});

test('metadata become attributes, bodies keep their kind', async () => {
  const { messages } = await run({ command: emit('good') });
  const documents = messages.flatMap((one) => (one.kind === 'document' ? [one.document] : []));

  expect(documents.map((one) => one.body.kind)).toStrictEqual(['html', 'markdown', 'text']);
  expect(documents[1]?.attributes).toStrictEqual({
    team: 'docs',
    size: 3,
    deep: '{"a":1}',
    list: ['x', '1'],
  });
});

describe('S4: the time limit, a cancellation and what is left behind', () => {
  test('a script that hangs is ended by its time limit', async () => {
    const { messages, error } = await run({ command: emit('silent'), timeout: '1500ms' });

    expect(error).toMatchObject({
      type: 'SourceUnavailable',
      message: expect.stringContaining('within 1.5 seconds'),
    });
    expect(ids(messages)).toStrictEqual(['before']);
  });

  test('one that ignores SIGTERM is killed within 5 seconds of a cancellation', async () => {
    const using = env();
    const outcome = run({ command: emit('stubborn') }, null, using);
    await eventually(() => descendants().length > 0);
    await sleep(500);

    const startedAt = performance.now();
    using.abort();
    const { error } = await outcome;

    expect(error).toMatchObject({ message: 'The test cancelled the attempt.' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('a grandchild that holds the pipes and ignores SIGTERM is ended with the script', async () => {
    const pidFile = join(folder, 'orphan');

    const { messages, error } = await run({ command: emit('orphan', pidFile) });

    expect(error).toBeUndefined();
    expect(ids(messages)).toStrictEqual(['parent']);
    expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });

  test('a grandchild in a session of its own does not hold the run', async () => {
    const pidFile = join(folder, 'escapee');
    const startedAt = performance.now();

    const { messages, error } = await run({ command: emit('escapee', pidFile) });
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');

    expect(error).toBeUndefined();
    expect(ids(messages)).toStrictEqual(['parent']);
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });

  test('a reader that stops early leaves nothing behind', async () => {
    for await (const message of script.open({ command: emit('silent') }).read(null, env())) {
      if (message.kind === 'document') break;
    }

    expect(descendants()).toStrictEqual([]);
  });
});

describe('S6, S7, S9: what a script may do and see', () => {
  test('its environment is what the config names and nothing of the worker', async () => {
    const { messages, env: using } = await run(
      { command: emit('environment'), env: { TOKEN: SECRET }, passEnv: ['REGION'] },
      { at: 7 },
      env({ variables: { REGION: 'eu-west-1', OTHER: 'hidden' } }),
    );
    const [document, cwd] = messages.flatMap((one) =>
      one.kind === 'document' && 'text' in one.document.body ? [one.document.body.text] : [],
    );
    const seen = JSON.parse(document ?? '{}') as Record<string, string>;

    expect(Object.keys(seen).toSorted()).toStrictEqual([
      'HOME',
      'LANG',
      'PATH',
      'REGION',
      'TMPDIR',
      'TOKEN',
      'WELLSPRING_SOURCE',
      'WELLSPRING_STARTED_AT',
      'WELLSPRING_STATE',
      'WELLSPRING_STATE_FILE',
    ]);
    expect(seen['WELLSPRING_STATE']).toBe('{"at":7}');
    expect(seen['WELLSPRING_SOURCE']).toBe(using.sourceId);
    expect(cwd).toContain(using.temporaryDirectory);
  });

  test('secrets are taken out of logs and reasons', async () => {
    const { messages, env: using } = await run({
      command: emit('environment'),
      env: { TOKEN: SECRET },
    });

    expect(JSON.stringify(using.records)).not.toContain(SECRET);
    expect(JSON.stringify(using.records)).toContain('token is [secret]');
    expect(JSON.stringify(messages.filter((one) => one.kind === 'gone'))).toContain('[secret]');
  });

  test.each([
    ['a name that is not on the list', ['sh', '-c', 'true'], ['python3']],
    ['a path whose last part is on the list', ['/tmp/evil/python3'], ['python3']],
    ['a path that climbs', ['/usr/bin/../../tmp/x'], ['/usr/bin/x']],
    ['anything, when nothing is allowed', emit('good'), []],
  ])('%s is refused', async (_what, command, allowedCommands) => {
    const { error, messages } = await run(
      { command },
      null,
      env({ settings: { allowedCommands } }),
    );

    expect(messages).toStrictEqual([]);
    expect(error).toMatchObject({
      type: 'PolicyDenied',
      message: expect.stringContaining('WELLSPRING_ALLOWED_COMMANDS'),
    });
  });

  test('an allowed path runs, and so does an allowed name', async () => {
    const byPath = env({ settings: { allowedCommands: [process.execPath] } });
    const byName = env({ settings: { allowedCommands: ['echo'] } });

    const path = await run({ command: emit('good') }, null, byPath);
    const name = await run(
      { command: ['echo', '{"kind":"document","id":"$HOME","content":"x"}'] },
      null,
      byName,
    );

    expect(ids(path.messages)).toStrictEqual(['a', 'b', 'c']);
    // No shell reads it: the variable stays a text.
    expect(ids(name.messages)).toStrictEqual(['$HOME']);
  });

  test('a variable that the worker does not offer is named', async () => {
    const { error } = await run({ command: emit('good'), passEnv: ['MISSING_ONE'] });

    expect(error).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringContaining('"MISSING_ONE"'),
    });
  });
});

describe('S8: state', () => {
  test('it goes in by file and comes out by checkpoints', async () => {
    const { messages } = await run({ command: emit('increments') }, { next: 3 });

    expect(ids(messages)).toStrictEqual(['n-3', 'n-3']);
    expect(messages.at(-1)).toStrictEqual({ kind: 'checkpoint', cursor: { next: 4 } });
  });
});
