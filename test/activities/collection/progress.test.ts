import { describe, expect, test } from 'vitest';
import { restAfter } from '../../../activities/collection/rest.ts';
import { overtaken } from '../../../adapters/postgres/source-state.ts';
import { failure } from '../../../workflows/failures.ts';
import {
  COMPLETE,
  documents,
  withCollecting,
  type Message,
  type SourceCase,
} from './collecting.ts';

const newSource = withCollecting();
const at = (cursor: unknown): Message => ({ kind: 'checkpoint', cursor });

/** An attempt that commits these documents and is then cut off, as by a lost worker. */
async function lostAttempt(source: SourceCase, ids: readonly string[], attempt: number) {
  let cut = (): void => undefined;
  source.emits(async function* () {
    yield* documents(...ids);
    yield at(ids.length);
    cut();
    yield* documents('never');
  });
  const tuning = { ...source.deps.tuning, commitEveryMs: 0 };
  const collecting = source.collect({
    run: 'r',
    attempt,
    deps: { tuning },
    watch: (env) => (cut = () => env.cancel()),
  });
  await expect(collecting).rejects.toThrow(/CANCELLED|cancel/i);
}

describe('R10 progress begins the count of attempts anew', () => {
  test('a lost attempt is made up for; a second one that confirmed documents ends the slice, and the next one goes on', async () => {
    const source = await newSource();
    await lostAttempt(source, ['a', 'b'], 1);
    await lostAttempt(source, ['c', 'd', 'e'], 2);
    const begins: unknown[] = [];
    source.emits(async function* (from) {
      begins.push(from);
      yield* documents('f');
      yield at(null);
      yield COMPLETE;
    });

    const third = await source.collect({ run: 'r', attempt: 3 });
    const next = await source.collect({ run: 'r', slice: 1 });

    expect(third).toMatchObject({
      more: true,
      counts: { added: 5 },
      waitReason: 'Attempts were lost after progress.',
    });
    expect(next).toMatchObject({ more: false, counts: { added: 6 } });
    expect(begins).toEqual([3]);
  });

  test('attempts that confirm what the run had confirmed already are no progress', async () => {
    const source = await newSource();
    await lostAttempt(source, ['a', 'b'], 1);
    await lostAttempt(source, ['a', 'b'], 2);
    source.emits([...documents('c'), COMPLETE]);

    const slice = await source.collect({ run: 'r', attempt: 3 });

    expect(slice).toMatchObject({ more: false, counts: { added: 3 } });
  });

  test('an attempt ends itself before the time of all attempts is over', async () => {
    const source = await newSource();
    source.emits(async function* (from) {
      for (let next = Number(from ?? 0); next < 3; next += 1) {
        yield* documents(`d${next}`);
        yield at(next + 1);
      }
      yield COMPLETE;
    });

    const slice = await source.collect({
      run: 'r',
      attempt: 2,
      scheduleToCloseTimeoutMs: 900_000,
      spentMs: 900_000,
    });

    expect(slice).toMatchObject({ more: true, counts: { added: 1 } });
  });
});

describe('a read that broke off', () => {
  const limited = (retryAfterMs?: number) =>
    failure('RateLimited', 'Slow down.', retryAfterMs === undefined ? {} : { retryAfterMs });
  const away = failure('SourceUnavailable', 'It is away.');
  const none = { progressed: false, attempt: 1 };

  test.each([
    ['is tried again by Temporal without progress', away, none, undefined],
    ['is tried again by Temporal, whatever the attempt', away, { ...none, attempt: 5 }, undefined],
    ['rests after progress', away, { ...none, progressed: true }, 15_000],
    ['stays in the attempts for a short wait', limited(30_000), none, undefined],
    ['stays in the attempts for a second one', limited(30_000), { ...none, attempt: 2 }, undefined],
    ['rests for a third short wait: no budget', limited(30_000), { ...none, attempt: 3 }, 30_000],
    ['rests a minute where nobody says how long', limited(), { ...none, attempt: 3 }, 60_000],
    ['rests for a long wait at once', limited(120_000), none, 120_000],
    [
      'rests for a long wait of another name',
      failure('Unavailable', 'x', { retryAfterMs: 90_000 }),
      none,
      90_000,
    ],
    [
      'fails for what waiting cannot mend',
      failure('AuthExpired', 'x'),
      { ...none, progressed: true },
      undefined,
    ],
    ['fails for a defect without progress', failure('Defect', 'x'), none, undefined],
    [
      'rests for a defect after progress',
      failure('Defect', 'x'),
      { ...none, progressed: true },
      15_000,
    ],
    [
      'fails for what is no failure of ours',
      new TypeError('x'),
      { ...none, progressed: true },
      undefined,
    ],
    [
      'fails when it was overtaken',
      overtaken({ tenant: 't', source: 's' }),
      { ...none, progressed: true },
      undefined,
    ],
  ])('%s', (_, error, brokenOff, restMs) => {
    expect(restAfter(error, brokenOff)).toBe(restMs);
  });
});
