import { describe, expect, test } from 'vitest';
import { NO_COUNTS, type RunCounts } from '../../workflows/collection/counts.ts';
import { isPauseNote, pauseNote } from '../../workflows/collection/pause-note.ts';
import {
  effectOf,
  healthAfter,
  HEALTHY,
  type EndedRunFacts,
  type SourceHealth,
} from '../../workflows/collection/run-health.ts';
import type { RunVerdict } from '../../workflows/collection/run-status.ts';
import { FAILURES, type FailureEffect, type FailureName } from '../../workflows/failures.ts';

function failed(failure: FailureName, overrides: Partial<EndedRunFacts> = {}): EndedRunFacts {
  const verdict: RunVerdict = { status: 'failed', because: 'It broke.', failure };
  return { verdict, counts: NO_COUNTS, listingComplete: null, platform: false, ...overrides };
}

function ended(status: RunVerdict['status'], counts: Partial<RunCounts> = {}): EndedRunFacts {
  return { verdict: { status, because: '' }, counts, listingComplete: null, platform: false };
}

function after(runs: readonly EndedRunFacts[], from: SourceHealth = HEALTHY): SourceHealth {
  return runs.reduce(healthAfter, from);
}

describe('R9 the effect of each failure class (sources §12)', () => {
  const classes: readonly (readonly [string, readonly FailureName[], FailureEffect])[] = [
    ['config', ['InvalidConfig'], 'pause'],
    ['credentials', ['AuthExpired', 'AccessDenied'], 'pause'],
    ['rate limit', ['RateLimited', 'Throttled'], 'wait'],
    ['transient', ['SourceUnavailable', 'Unavailable'], 'retry'],
    ['refused', ['Blocked'], 'tell'],
    ['content', ['SelectorMissing', 'EmptyResult', 'ContentShrank', 'SchemaDrift'], 'hold'],
    ['script', ['ScriptError'], 'tell'],
    ['poison', ['InvalidDocument'], 'dead-letter'],
    ['platform', ['QuotaExceeded', 'NotFound', 'IngestionFailed', 'Defect'], 'tell'],
    ['conflict, adopting', ['Conflict'], 'retry'],
  ];

  test.each(classes)('%s: %s → %s', (_, names, effect) => {
    for (const name of names) expect(FAILURES[name].effect).toBe(effect);
  });

  test('what waits or is retried is what Temporal retries; a quota and a bug are tried again, too', () => {
    const names = Object.keys(FAILURES) as FailureName[];
    const odd = names.filter(
      (name) => FAILURES[name].retried !== ['wait', 'retry'].includes(FAILURES[name].effect),
    );
    expect(odd).toEqual(['QuotaExceeded', 'Defect']);
  });

  test.each(Object.keys(FAILURES) as FailureName[])(
    '%s pauses if and only if its row says so',
    (name) => {
      const health = healthAfter(HEALTHY, failed(name));

      const pauses = FAILURES[name].effect === 'pause';
      expect(health.pause?.by).toBe(pauses ? 'failure' : undefined);
    },
  );
});

test('a refusal of our own bucket pauses no source, and is no run without progress', () => {
  const refused = failed('AccessDenied', { platform: true });

  expect(effectOf(refused)).toBe('tell');
  expect(after(Array.from({ length: 9 }, () => refused))).toEqual(HEALTHY);
});

describe('R10 runs without progress', () => {
  test('five in a row pause with the last reason', () => {
    const away = failed('SourceUnavailable');

    expect(after([away, away, away, away])).toEqual({ idleRuns: 4 });
    expect(after([away, away, away, away, away])).toEqual({
      idleRuns: 5,
      pause: {
        by: 'no-progress',
        failure: 'SourceUnavailable',
        reason: '5 runs in a row confirmed no document. The last one: It broke.',
      },
    });
  });

  test.each([
    [
      'a run that stored something before it broke',
      failed('SourceUnavailable', { counts: { added: 1 } }),
    ],
    ['a run that confirmed something', failed('SourceUnavailable', { counts: { unchanged: 1 } })],
    ['a complete listing', failed('InvalidDocument', { listingComplete: true })],
    ['a run that found nothing to do', ended('succeeded')],
    ['a partial run with documents', ended('partial', { updated: 1 })],
    ['a held run, which people are asked about', ended('held')],
  ])('%s begins the count anew', (_, run) => {
    expect(healthAfter({ idleRuns: 4 }, run)).toEqual(HEALTHY);
  });

  test.each(['RateLimited', 'Throttled', 'Unavailable', 'Conflict', 'Defect'] as const)(
    '%s neither counts nor begins the count anew',
    (name) => {
      expect(healthAfter({ idleRuns: 4 }, failed(name))).toEqual({ idleRuns: 4 });
    },
  );

  test('a partial run that confirmed nothing counts', () => {
    expect(healthAfter({ idleRuns: 1 }, ended('partial'))).toEqual({ idleRuns: 2 });
  });
});

test('a run that works lifts the pause; one that fails otherwise keeps its reason', () => {
  const paused = healthAfter(HEALTHY, failed('AuthExpired'));

  expect(healthAfter(paused, ended('succeeded', { unchanged: 3 }))).toEqual(HEALTHY);
  expect(healthAfter(paused, failed('SourceUnavailable')).pause).toEqual(paused.pause);
  expect(healthAfter(paused, failed('InvalidConfig')).pause?.failure).toBe('InvalidConfig');
});

test('the note says since when, what, and the command, in a few hundred characters', () => {
  const facts = { by: 'failure', failure: 'AuthExpired', source: 'wiki' } as const;
  const since = new Date('2026-11-20T14:02:33Z');

  const note = pauseNote({ ...facts, since, reason: '"wiki" answered 401.\nRenew it.' });

  expect(note).toBe(
    'managed:suspended since 2026-11-20 14:02 UTC. AuthExpired: "wiki" answered 401. Renew it. Mend it, then run "npm run cli -- resume wiki".',
  );
  expect(isPauseNote(note)).toBe(true);
  expect(pauseNote({ ...facts, since, reason: 'x'.repeat(9999) }).length).toBeLessThan(500);
});
