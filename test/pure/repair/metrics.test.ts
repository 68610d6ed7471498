import { expect, test } from 'vitest';
import { repairMetrics, type ClosedRepair } from '../../../workflows/repair/metrics.ts';
import { OUTCOMES, type RepairOutcome } from '../../../workflows/repair/outcome.ts';

test('shares count what a repair could have been asked to end, and nothing else (repair 14)', () => {
  const metrics = repairMetrics([
    closed('auto-deployed-ok'),
    closed('auto-deployed-ok'),
    closed('auto-deployed-rolled-back'),
    closed('pr-merged-unchanged', { byPerson: true }),
    closed('pr-rejected', { byPerson: true }),
    closed('alerted'),
    closed('alerted', { failure: 'Blocked' }),
    closed('alerted', { heals: false }),
    closed('recovered'),
    closed('not-reproduced'),
    closed('suppressed'),
  ]);

  expect(metrics).toMatchObject({
    repairable: 6,
    fixSuccess: 3 / 6,
    selfHealing: 2 / 6,
    badDeploys: 1 / 3,
    intervention: 2 / 6,
    outcomes: { 'auto-deployed-ok': 2, alerted: 3, 'pr-expired': 0 },
  });
});

test('each incident counts in exactly one outcome', () => {
  const { outcomes } = repairMetrics(OUTCOMES.map((name) => closed(name)));

  expect(Object.values(outcomes)).toEqual(OUTCOMES.map(() => 1));
});

test('times are told apart by who decided', () => {
  const times = [1, 2, 3, 4, 100].map((goodAtMs) => closed('auto-deployed-ok', { goodAtMs }));
  const slow = closed('pr-merged-unchanged', { goodAtMs: 5000, waitedMs: 4000 });

  expect(repairMetrics([...times, slow])).toMatchObject({
    timeToRepair: {
      gate: { n: 5, p50Ms: 3, p95Ms: 100 },
      people: { n: 1, p50Ms: 5000, p95Ms: 5000 },
    },
    waitingForPeople: { n: 1, p50Ms: 4000, p95Ms: 4000 },
  });
});

test('without incidents there are no shares', () => {
  const { fixSuccess, badDeploys, timeToRepair } = repairMetrics([]);

  expect([fixSuccess, badDeploys, timeToRepair.gate]).toEqual([undefined, undefined, undefined]);
});

function closed(outcome: RepairOutcome, changes: Partial<ClosedRepair> = {}): ClosedRepair {
  return {
    outcome,
    failure: 'SelectorMissing',
    heals: true,
    byPerson: false,
    firstFailureAtMs: 0,
    ...changes,
  };
}
