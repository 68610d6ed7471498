import { assert, array, constantFrom, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { judgeProbation } from '../../../workflows/repair/judge-probation.ts';

const HOUR_MS = 3_600_000;
const PROBATION = {
  policy: { runs: 3, withinMs: 48 * HOUR_MS },
  deployedAtMs: 1000,
  holdMs: 100 * HOUR_MS,
};
const VERDICTS = ['good', 'bad', 'inconclusive'] as const;

function reading(...verdicts: readonly (typeof VERDICTS)[number][]) {
  return {
    runs: verdicts.map((verdict, at) => ({
      run: `run-${at}`,
      endedAtMs: at,
      verdict,
      because: `${verdict}.`,
    })),
  };
}

function at(hours: number): number {
  return PROBATION.deployedAtMs + hours * HOUR_MS;
}

test.each([
  ['three good runs', reading('good', 'good', 'good'), 1, 'passed'],
  ['two good runs', reading('good', 'good'), 1, 'wait'],
  ['inconclusive runs between good ones', reading('good', 'inconclusive', 'good'), 1, 'wait'],
  ['one good run, after 48 hours', reading('good', 'inconclusive'), 48, 'passed'],
  ['no run, after 48 hours', reading(), 48, 'wait'],
  ['inconclusive runs alone, after 48 hours', reading('inconclusive'), 60, 'wait'],
  ['nothing conclusive, for a week', reading('inconclusive'), 148, 'gave-up'],
  ['one bad run after two good ones', reading('good', 'good', 'bad'), 1, 'rollback'],
  ['one bad run after enough good ones', reading('good', 'good', 'good', 'bad'), 1, 'rollback'],
  ['one bad run in the time in which people are asked', reading('bad'), 60, 'rollback'],
] as const)('%s', (_, runs, hours, kind) => {
  expect(judgeProbation(runs, PROBATION, at(hours)).kind).toBe(kind);
});

test('people are asked once the time is over, and not before', () => {
  expect(judgeProbation(reading(), PROBATION, at(47))).toMatchObject({ asking: false });
  expect(judgeProbation(reading(), PROBATION, at(49))).toMatchObject({ asking: true });
});

test('a spec that somebody changed again passes by its good runs, and else is left to people', () => {
  const superseded = 'Revision 7 has another spec.';
  expect(judgeProbation({ ...reading('good'), superseded }, PROBATION, at(1)).kind).toBe('passed');
  expect(judgeProbation({ ...reading(), superseded }, PROBATION, at(1)).kind).toBe('superseded');
  expect(judgeProbation({ ...reading('bad'), superseded }, PROBATION, at(1)).kind).toBe('rollback');
});

test('a bad run always rolls back, nothing but good runs ever passes, whatever the hour', () => {
  assert(
    property(
      array(constantFrom(...VERDICTS), { maxLength: 8 }),
      integer({ min: 0, max: 400 }),
      (verdicts, hours) => {
        const { kind } = judgeProbation(reading(...verdicts), PROBATION, at(hours));
        if (verdicts.includes('bad')) return kind === 'rollback';
        return kind !== 'passed' || verdicts.includes('good');
      },
    ),
  );
});
