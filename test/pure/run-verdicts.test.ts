import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classify } from '../../workflows/classify.ts';
import { addCounts, changedDocuments, NO_COUNTS } from '../../workflows/collection/counts.ts';
import { refuseDeletion } from '../../workflows/collection/deletion-guard.ts';
import { describeCounts, runDetails } from '../../workflows/collection/run-details.ts';
import { judgeRun, type RunEvidence } from '../../workflows/collection/run-status.ts';
import {
  failure,
  FAILURES,
  isFailureName,
  NON_RETRYABLE,
  type FailureName,
} from '../../workflows/failures.ts';
import { quick } from '../../workflows/retry.ts';

const few = fc.nat(30);
const anyCounts = fc.record({
  added: few,
  updated: few,
  unchanged: few,
  deleted: few,
  failed: few,
  held: few,
  putRequests: few,
  putBytes: few,
});
const held = {
  failure: 'EmptyResult',
  reason: 'Nothing is there.',
  digest: 'd',
  candidates: 9,
  live: 9,
  sample: [],
} as const;

describe('the status of a run', () => {
  const cases: readonly (readonly [string, Partial<RunEvidence>, string])[] = [
    ['nothing to do', {}, 'succeeded'],
    ['all well', { counts: { ...NO_COUNTS, added: 5 }, listing: { complete: true } }, 'succeeded'],
    ['all failed', { counts: { ...NO_COUNTS, failed: 1 } }, 'failed'],
    ['three of four failed', { counts: { ...NO_COUNTS, added: 1, failed: 3 } }, 'partial'],
    ['four of forty failed', { counts: { ...NO_COUNTS, added: 36, failed: 4 } }, 'partial'],
    ['five of forty failed', { counts: { ...NO_COUNTS, added: 35, failed: 5 } }, 'failed'],
    ['held', { counts: { ...NO_COUNTS, unchanged: 9 }, held }, 'held'],
    ['held with failures', { counts: { ...NO_COUNTS, unchanged: 9, failed: 1 }, held }, 'held'],
    ['incomplete', { counts: { ...NO_COUNTS, added: 1 }, listing: { complete: false } }, 'partial'],
    ['bounded', { counts: { ...NO_COUNTS, added: 1 }, boundReached: 'it stopped' }, 'partial'],
  ];

  test.each(cases)('%s', (_what, evidence, status) => {
    expect(judgeRun({ counts: NO_COUNTS, ...evidence }).status).toBe(status);
  });

  test('is never green after an error, and says why whenever it is not green', () => {
    const evidence = fc.record(
      {
        counts: anyCounts,
        listing: fc.record({ complete: fc.boolean() }),
        held: fc.constant(held),
        boundReached: fc.constant('the run stopped'),
      },
      { requiredKeys: ['counts'] },
    );
    fc.assert(
      fc.property(evidence, (given) => {
        const verdict = judgeRun(given);
        const { counts, listing } = given;
        const troubled =
          counts.failed + counts.held > 0 ||
          listing?.complete === false ||
          'held' in given ||
          'boundReached' in given;
        expect(verdict.status === 'succeeded').toBe(!troubled);
        expect(verdict.because === '').toBe(verdict.status === 'succeeded');
        const nothing = counts.added + counts.updated + counts.unchanged === 0;
        const isFailed = verdict.status === 'failed';
        expect(isFailed || counts.failed === 0 || !nothing).toBe(true);
        expect(isFailed).toBe(verdict.failure === 'InvalidDocument');
        expect(verdict.because).toMatch(/^$|^[A-Z0-9].*\.$/);
      }),
    );
  });
});

describe('the deletion guard', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  test('never allows more deletions where it refuses fewer', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.nat(300), share, (a, b, live, maxDeletedShare) => {
        const [fewer, more] = [Math.min(a, b, live), Math.min(Math.max(a, b), live)];
        const refusedFewer = refuseDeletion({ candidates: fewer, live, maxDeletedShare });
        const refusedMore = refuseDeletion({ candidates: more, live, maxDeletedShare });
        expect(refusedFewer === undefined || refusedMore !== undefined).toBe(true);
      }),
    );
  });

  test('never allows more with a smaller share', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), share, share, (c, live, a, b) => {
        const candidates = Math.min(c, live);
        const large = refuseDeletion({ candidates, live, maxDeletedShare: Math.max(a, b) });
        const small = refuseDeletion({ candidates, live, maxDeletedShare: Math.min(a, b) });
        expect(large === undefined || small !== undefined).toBe(true);
      }),
    );
  });

  test.each([
    [0, 0, undefined],
    [0, 100, undefined],
    [5, 20, undefined],
    [6, 20, '15 % may go'],
    [15, 100, undefined],
    [16, 100, '15 % may go'],
    [1, 1, 'no document any more'],
    [51, 100, 'less than half'],
  ])('%i of %i', (candidates, live, refusal) => {
    const answer = refuseDeletion({ candidates, live, maxDeletedShare: 0.15 });
    expect(answer ?? 'allowed').toContain(refusal ?? 'allowed');
  });

  test('a share of one lets everything go', () => {
    expect(refuseDeletion({ candidates: 50, live: 50, maxDeletedShare: 1 })).toBeUndefined();
  });
});

describe('counts', () => {
  test('add up in any order, and what is missing is zero', () => {
    fc.assert(
      fc.property(anyCounts, anyCounts, (a, b) => {
        expect(addCounts(a, b)).toEqual(addCounts(b, a));
        expect(addCounts(a, {})).toEqual(a);
        expect(changedDocuments(addCounts(a, b))).toBe(changedDocuments(a) + changedDocuments(b));
      }),
    );
  });

  test('are told without zeros', () => {
    expect(describeCounts(NO_COUNTS)).toBe('no documents');
    expect(describeCounts({ ...NO_COUNTS, added: 2, failed: 1, putBytes: 9 })).toBe(
      '2 added, 1 failed',
    );
  });

  test('stand in the details of a run with the reason, the remedy and the commands', () => {
    const details = runDetails({
      title: 'Articles',
      phase: 'failed',
      counts: { ...NO_COUNTS, added: 3, deleted: 1 },
      because: 'It broke.',
      remedy: 'Mend it.',
      commands: ['npm run cli -- runs'],
    });

    expect(details).toContain('### Articles: failed');
    expect(details).toContain('3 added, 0 updated, 0 unchanged, 1 deleted, 0 failed, 0 held');
    expect(details).toContain('4 documents changed');
    expect(details).toContain('**It broke.**\n\nMend it.\n\n    npm run cli -- runs');
  });
});

describe('failures', () => {
  const names = Object.keys(FAILURES) as FailureName[];

  test('the names that are not retried are those of the table, and the retry policies hold them all', () => {
    expect([...NON_RETRYABLE].toSorted()).toEqual(
      names.filter((name) => !FAILURES[name].retried).toSorted(),
    );
    expect(quick.retry?.nonRetryableErrorTypes).toEqual([...NON_RETRYABLE]);
    expect(NON_RETRYABLE).not.toContain('Unavailable');
  });

  test.each(names)('%s carries its name, its policy and a remedy in a sentence', (name) => {
    const made = failure(name, 'It broke.', {
      retryAfterMs: 1.2,
      details: { a: 1 },
      cause: new Error('x'),
    });

    expect(made).toMatchObject({
      type: name,
      nonRetryable: !FAILURES[name].retried,
      nextRetryDelay: 2,
    });
    expect(made.details).toEqual([{ a: 1 }]);
    expect(FAILURES[name].remedy).toMatch(/^[A-Z].*\.$/);
    expect(FAILURES[name].repairable).toBe(FAILURES[name].actor === 'repair');
  });

  test('only names of the table are names', () => {
    for (const name of ['toString', '__proto__', '', undefined, 7, 'TypeError'])
      expect(isFailureName(name)).toBe(false);
  });
});

describe('an error of a workflow', () => {
  const ours = ApplicationFailure.create({ type: 'AccessDenied', message: 'No.' });
  const foreign = ApplicationFailure.create({ type: 'TypeError', message: 'x is not a function' });

  function inActivity(cause: Error): ActivityFailure {
    return new ActivityFailure(
      'failed',
      'collectDocuments',
      'a1',
      RetryState.TIMEOUT,
      'worker',
      cause,
    );
  }

  function timeout(type: TimeoutType, cause?: Error): TimeoutFailure {
    const made = new TimeoutFailure('timeout', undefined, type);
    return cause ? Object.assign(made, { cause }) : made;
  }

  test.each([
    ['ours', inActivity(ours), 'AccessDenied', 'No.'],
    [
      'ours below another',
      inActivity(Object.assign(foreign, { cause: ours })),
      'AccessDenied',
      'No.',
    ],
    ['a bug', new TypeError('x is not a function'), 'Defect', 'x is not a function'],
    ['no error at all', 'text', 'Defect', 'text'],
    ['a cancellation', inActivity(new CancelledFailure('stop')), 'Unavailable', 'cancelled'],
    [
      'one attempt too long',
      inActivity(timeout(TimeoutType.START_TO_CLOSE)),
      'SourceUnavailable',
      '"collectDocuments" timed out: one attempt took longer',
    ],
    [
      'a silent worker',
      inActivity(timeout(TimeoutType.HEARTBEAT)),
      'SourceUnavailable',
      'went silent',
    ],
    [
      'all attempts too long, after one of ours',
      inActivity(timeout(TimeoutType.SCHEDULE_TO_CLOSE, ours)),
      'AccessDenied',
      'No.',
    ],
  ])('%s', (_what, error, name, message) => {
    const found = classify(error);
    expect(found.name).toBe(name);
    expect(found.message).toContain(message);
  });
});

test('what ended a listing names the run that is partial for it', () => {
  const listing = {
    complete: false,
    why: 'the budget has ended',
    failure: 'BudgetExceeded',
  } as const;

  expect(judgeRun({ counts: { ...NO_COUNTS, unchanged: 2 }, listing })).toStrictEqual({
    status: 'partial',
    failure: 'BudgetExceeded',
    because: 'The listing was incomplete (the budget has ended).',
  });
});
