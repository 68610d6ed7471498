import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  nextWakeUp,
  REMINDERS,
  type Told,
  type WaitingPlan,
} from '../../../workflows/approval/next-wake-up.ts';
import { ASKED_MS } from './requests.ts';

const HOUR = 3_600_000;
const PLAN: WaitingPlan = {
  openedAtMs: ASKED_MS,
  expiresAtMs: ASKED_MS + 72 * HOUR,
  reminders: REMINDERS,
  escalation: [{ atMs: ASKED_MS + 68 * HOUR, to: ['operators'] }],
};
const NOBODY: Told = { reminders: 0, escalations: 0 };

/** Everything that happens when nobody answers and every wake-up comes in time, as hours after the question. */
function story(plan: WaitingPlan): string[] {
  const seen: string[] = [];
  const told = { reminders: 0, escalations: 0 };
  let nowMs = plan.openedAtMs;
  for (;;) {
    const wake = nextWakeUp(plan, told, nowMs);
    seen.push(`${wake.kind} ${(wake.atMs - plan.openedAtMs) / HOUR}`);
    if (wake.kind === 'deadline') return seen;
    nowMs = Math.max(nowMs, wake.atMs);
    told[wake.kind === 'reminder' ? 'reminders' : 'escalations'] = wake.count;
  }
}

describe('while nobody answers', () => {
  test('people are reminded at 25, 50 and 90 % of the time, then others are told, then it is over', () => {
    expect(story(PLAN)).toEqual([
      'reminder 18',
      'reminder 36',
      'reminder 64.8',
      'escalation 68',
      'deadline 72',
    ]);
  });

  test('reminders that were missed are given as one', () => {
    const late = nextWakeUp(PLAN, NOBODY, ASKED_MS + 40 * HOUR);

    expect(late).toEqual({ kind: 'reminder', atMs: ASKED_MS + 36 * HOUR, count: 2 });
  });

  test('after the deadline nobody is told anything any more', () => {
    expect(nextWakeUp(PLAN, NOBODY, PLAN.expiresAtMs)).toEqual({
      kind: 'deadline',
      atMs: PLAN.expiresAtMs,
    });
  });

  test('more time brings back no reminder that was given', () => {
    const longer = { ...PLAN, expiresAtMs: ASKED_MS + 144 * HOUR };

    expect(nextWakeUp(longer, { reminders: 2, escalations: 1 }, ASKED_MS + 50 * HOUR)).toEqual({
      kind: 'reminder',
      atMs: Math.round(ASKED_MS + 0.9 * 144 * HOUR),
      count: 3,
    });
  });
});

test('whatever the plan, the story ends at its deadline, and each step happens once', () => {
  const plans = record({
    hours: integer({ min: 1, max: 168 }),
    escalation: array(integer({ min: 0, max: 200 }), { maxLength: 4 }),
  }).map(({ hours, escalation }) => ({
    ...PLAN,
    expiresAtMs: ASKED_MS + hours * HOUR,
    escalation: escalation
      .toSorted((a, b) => a - b)
      .map((at) => ({ atMs: ASKED_MS + at * HOUR, to: ['operators'] })),
  }));
  assert(
    property(plans, (plan) => {
      const seen = story(plan);
      expect(seen.at(-1)).toMatch(/^deadline/);
      expect(seen.length).toBeLessThanOrEqual(4 + plan.escalation.length);
      expect(seen.filter((one) => one.startsWith('reminder'))).toHaveLength(3);
    }),
  );
});
