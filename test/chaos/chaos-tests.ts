import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults/index.ts';
import { runFault } from './harness.ts';
import { openStage, type Stage } from './stage.ts';

/** Fault id → the seeds that a test runs it by. */
export type Plan = Readonly<Record<string, readonly number[]>>;

const WITHIN_MS = 600_000;

/** Registers a test a fault and seed, on servers that they share. */
export function chaosTests(plan: Plan): void {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const cases = Object.entries(plan).flatMap(([id, seeds]) =>
    seeds.map((seed) => [id, seed, faultOf(id)] as const),
  );
  test.each(cases)(
    '%s, seed %i: the invariants hold',
    async (id, seed, fault) => {
      const report = await runFault(stage, fault, seed);
      if (report.verdict === 'skipped') console.warn(`SKIPPED: ${id}: ${report.reason}`);

      // The seed and the whole script stand in the message of a failure.
      expect(report).toMatchObject({
        verdict: report.verdict === 'skipped' ? 'skipped' : 'passed',
        violations: [],
      });
    },
    WITHIN_MS,
  );
}

function faultOf(id: string): Fault {
  const fault = FAULTS.find((one) => one.id === id);
  if (!fault) throw new Error(`"${id}" is no fault.`);
  return fault;
}
