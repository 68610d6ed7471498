import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fault, Step } from './fault.ts';
import { runFault } from './harness.ts';
import { openStage, type Stage } from './stage.ts';
import { DIED, type Victim } from './steps/deaths.ts';
import { armAll, BEFORE, DELIVERY, killedAt, ROLLBACK } from './steps/repair-deaths.ts';
import {
  approveSoon,
  broken,
  moved,
  PAGES,
  relayout,
  repairEnds,
  SHORT_PROBATION,
  untilAsked,
} from './steps/repairs.ts';
import { at } from './hold.ts';

// kill -9 at every stage of a repair: it ends as if nothing had been, deployed once, and every invariant holds.

const WITHIN_MS = 600_000;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const STORIES: Readonly<Record<string, (...victims: readonly Victim[]) => readonly Step[]>> = {
  'a fix that is kept': (...victims) => [
    armAll(BEFORE, DELIVERY),
    ...broken('second'),
    ...killedAt(BEFORE, ...victims),
    untilAsked,
    approveSoon,
    ...killedAt(DELIVERY, ...victims),
    repairEnds('pr-merged-unchanged'),
    moved('deployed'),
  ],
  'a fix that is taken back': (...victims) => [
    armAll(['stage:deploying'], ROLLBACK),
    ...broken('second'),
    untilAsked,
    approveSoon,
    at('stage:deploying', relayout('third')),
    ...killedAt(ROLLBACK, ...victims),
    repairEnds('pr-merged-rolled-back'),
    moved('deployed', 'rolled-back'),
    relayout('first'),
  ],
};

test.each([
  ['the worker', 'a fix that is kept', ['worker']],
  ['the Temporal server', 'a fix that is kept', ['server']],
  ['worker and server together', 'a fix that is taken back', ['worker', 'server']],
] as const)(
  'kill -9 of %s at each stage of %s changes nothing',
  async (_, story, victims) => {
    const script = STORIES[story]?.(...victims) ?? [];
    const fault: Fault = {
      id: 'F21',
      title: story,
      workload: { wick: PAGES },
      workers: 1,
      repair: SHORT_PROBATION,
      script: () => script,
      observe: ({ seen }) =>
        Object.fromEntries(victims.map((one) => [one, seen.get(DIED[one]) ?? 0])),
      heals: 'by the next run',
    };

    const report = await runFault(stage, fault, 1);

    const deaths =
      story === 'a fix that is kept' ? BEFORE.length + DELIVERY.length : ROLLBACK.length;
    expect(report).toMatchObject({ verdict: 'passed', violations: [] });
    for (const victim of victims) expect(report.observed[victim]).toBe(deaths);
  },
  WITHIN_MS,
);
