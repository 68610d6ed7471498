import { describe, expect, test } from 'vitest';
import { boundAt, probabilityAt } from '../../../workflows/repair/calibration.ts';
import { measure } from '../../../workflows/repair/calibration-metrics.ts';
import { deploysOff } from '../../../workflows/repair/demotion.ts';
import type { GateOutcome } from '../../../workflows/repair/gate-outcome.ts';
import { decide } from '../../../workflows/repair/gate.ts';
import {
  calibrationFor,
  recalibrate,
  type StoredCalibration,
} from '../../../workflows/repair/recalibrate.ts';
import { gateCalibration, gateEvidence, gatePolicy } from '../../fakes/gate.ts';

const NOW_MS = Date.parse('2026-11-21T00:00:00Z');
const DAY_MS = 86_400_000;
const STRATUM = 'relocate/SelectorMissing';

describe('calibration by outcomes (repair 7, 8)', () => {
  test('without outcomes a score is worth its own sigmoid, and nothing is known', () => {
    const { calibration } = recalibrate([], undefined, NOW_MS);
    const data = gateData(calibration);

    expect(data).toMatchObject({ known: false, a: 1, b: 0 });
    expect(probabilityAt(data, 4.0631)).toBe(0.9831);
    expect(boundAt(data, 4)).toBeUndefined();
  });

  test('29 clean outcomes let a fix deploy that the policy allows, 28 do not', () => {
    const decisions = [28, 29].map((count) =>
      decide(gateEvidence(), gatePolicy(), gateData(learned(clean(count))), NOW_MS),
    );

    expect(decisions.map(({ decision }) => decision)).toEqual(['pull-request', 'deploy']);
    expect(decisions.map(({ shadowDeploy }) => shadowDeploy)).toEqual([true, false]);
    expect(decisions[1]?.lowerBound).toBe(0.9018);
  });

  test('a stratum with few outcomes is judged by its family, then by all', () => {
    const outcomes = [...clean(5), ...clean(40, { stratum: 'json/EmptyResult' })];
    const bound = boundAt(gateData(learned(outcomes)), 4);

    expect(bound).toMatchObject({ key: '*', n: 45 });
  });

  test('outcomes lose half their weight in 90 days', () => {
    const old = clean(40, { labelledAtMs: NOW_MS - 90 * DAY_MS });

    expect(learned(old).levels[STRATUM]?.n).toBe(20);
  });

  test('failures at high scores lower what a score is worth', () => {
    const bad = clean(30, { label: 'failure' });
    const mixed = gateData(learned([...clean(30), ...bad]));

    expect(probabilityAt(mixed, 4)).toBeLessThan(0.8);
    expect(mixed.a).toBeGreaterThan(0);
  });

  test('pending and censored outcomes teach nothing', () => {
    const silent = [...clean(30, { label: 'pending' }), ...clean(30, { label: 'censored' })];

    expect(learned(silent)).toEqual(learned([]));
  });

  test('the data for one stratum stays below 4 KB', () => {
    const spread = Array.from({ length: 2000 }, (_, i) =>
      outcome(i, { score: -3 + (i % 97) / 11, label: i % 97 > i % 31 ? 'success' : 'failure' }),
    );

    expect(JSON.stringify(gateData(learned(spread))).length).toBeLessThan(4096);
  });

  test('the same outcomes give the same calibration, however often', () => {
    const outcomes = [...clean(50), ...clean(9, { label: 'failure' })];
    const once = recalibrate(outcomes, undefined, NOW_MS);

    expect(recalibrate(outcomes, once.calibration, NOW_MS)).toEqual({ ...once, changes: [] });
  });
});

describe('the threshold for deploys (repair 8)', () => {
  test('becomes stricter at once', () => {
    const before = learned(clean(300));
    const bad = clean(12, { label: 'failure' });
    const { calibration, changes } = recalibrate([...clean(300), ...bad], before, NOW_MS + 1);

    expect(before.levels[STRATUM]?.threshold.tau).toBe(0.95);
    expect(calibration.levels[STRATUM]?.threshold.tau).toBeGreaterThan(0.95);
    expect(changes.join(' ')).toContain(`Deploys of "${STRATUM}" needed p ≥ 0.950 before`);
  });

  test('becomes looser slowly: 30 new outcomes, two windows of a week, one step', () => {
    const strict = withTau(learned(clean(100)), 0.99);
    const [week, fortnight] = [NOW_MS + 7 * DAY_MS, NOW_MS + 14 * DAY_MS];
    const more = clean(140);

    const first = recalibrate(more, strict, week).calibration;
    const soon = recalibrate(more, first, week + DAY_MS).calibration;
    const later = recalibrate(more, soon, fortnight).calibration;
    const next = recalibrate(more, later, fortnight + DAY_MS).calibration;

    expect([first, soon, later, next].map(tauOf)).toEqual([0.99, 0.99, 0.98, 0.98]);
  });

  test('stays where it is without 30 new outcomes, or when one window says no', () => {
    const strict = withTau(learned(clean(100)), 0.99);
    const few = clean(120);
    const week = recalibrate(few, strict, NOW_MS + 7 * DAY_MS).calibration;
    const month = recalibrate(few, week, NOW_MS + 30 * DAY_MS).calibration;

    expect(tauOf(month)).toBe(0.99);
  });

  test('never goes below the floor of 0.95', () => {
    let calibration = withTau(learned(clean(50)), 0.96);
    for (let week = 1; week < 40; week += 1)
      calibration = recalibrate(
        clean(50 + 40 * week),
        calibration,
        NOW_MS + week * 7 * DAY_MS,
      ).calibration;

    expect(tauOf(calibration)).toBe(0.95);
  });
});

describe('fast demotion (repair 8)', () => {
  const rollback = (n: number, atMs: number, stratum = STRATUM): GateOutcome =>
    outcome(n, {
      label: 'failure',
      rolledBack: true,
      decision: 'deploy',
      labelledAtMs: atMs,
      stratum,
    });

  test('one rollback asks people about this kind of fix for 14 days and 10 clean shadows', () => {
    const shadows = (count: number): readonly GateOutcome[] =>
      clean(count, { shadow: true, labelledAtMs: NOW_MS + DAY_MS });
    const at = [rollback(1000, NOW_MS)];

    expect(deploysOff(at, STRATUM, undefined)).toMatchObject({ scope: 'stratum', untilMs: null });
    expect(deploysOff([...at, ...shadows(9)], STRATUM, undefined)?.untilMs).toBeNull();
    expect(deploysOff([...at, ...shadows(10)], STRATUM, undefined)?.untilMs).toBe(
      NOW_MS + 14 * DAY_MS,
    );
    expect(deploysOff(at, 'json/SelectorMissing', undefined)).toBeUndefined();
  });

  test('a shadow that failed begins the count anew', () => {
    const outcomes = [
      rollback(1000, NOW_MS),
      ...clean(9, { shadow: true, labelledAtMs: NOW_MS + DAY_MS }),
      outcome(2000, { shadow: true, label: 'failure', labelledAtMs: NOW_MS + 2 * DAY_MS }),
      ...clean(9, { shadow: true, labelledAtMs: NOW_MS + 3 * DAY_MS }),
    ];

    expect(deploysOff(outcomes, STRATUM, undefined)?.untilMs).toBeNull();
  });

  test('two rollbacks within a week turn deploys off everywhere, until a person re-arms them', () => {
    const pair = [rollback(1, NOW_MS), rollback(2, NOW_MS + 7 * DAY_MS, 'json/EmptyResult')];
    const apart = [rollback(1, NOW_MS), rollback(2, NOW_MS + 7 * DAY_MS + 1, 'json/EmptyResult')];
    const other = 'format/SchemaDrift';

    expect(deploysOff(pair, other, undefined)).toMatchObject({
      scope: 'everywhere',
      untilMs: null,
    });
    expect(deploysOff(pair, other, NOW_MS + 7 * DAY_MS)).toBeUndefined();
    expect(deploysOff(pair, other, NOW_MS)?.scope).toBe('everywhere');
    expect(deploysOff(apart, other, undefined)).toBeUndefined();
  });
});

describe('the threshold for questions, and the metrics', () => {
  test('useless questions raise it, alerts that a stored fix cured lower it, within bounds', () => {
    const rejected = clean(20, { label: 'failure', decision: 'pull-request' });
    const cured = clean(20, { decision: 'alert' });

    expect(learned(rejected).ask.tau).toBe(0.75);
    expect(learned(cured).ask.tau).toBe(0.65);
    expect(recalibrate(rejected, learned(rejected), NOW_MS + DAY_MS).calibration.ask.tau).toBe(
      0.75,
    );
    expect(learned(clean(60)).ask.tau).toBeUndefined();
  });

  test('an overconfident gate is noticed', () => {
    const liar = Array.from({ length: 200 }, (_, i) =>
      outcome(i, { probability: 0.99, label: i % 3 === 0 ? 'failure' : 'success' }),
    );
    const honest = Array.from({ length: 200 }, (_, i) =>
      outcome(i, { probability: 0.9, label: i % 10 === 0 ? 'failure' : 'success' }),
    );

    expect(measure(liar, learned(liar), NOW_MS).alarms.join(' ')).toContain('are off by at least');
    expect(measure(honest, learned(honest), NOW_MS)).toMatchObject({
      alarms: [],
      levels: { [STRATUM]: { n: 200, brier: 0.09 } },
    });
  });
});

/** Outcomes of the stratum, all of them good where nothing else is said. */
function clean(count: number, changes: Partial<GateOutcome> = {}): readonly GateOutcome[] {
  return Array.from({ length: count }, (_, i) => outcome(i, changes));
}

function outcome(n: number, changes: Partial<GateOutcome>): GateOutcome {
  return {
    incident: `shop-${n}`,
    stratum: STRATUM,
    score: 4,
    probability: 0.98,
    decision: 'deploy',
    shadow: false,
    label: 'success',
    rolledBack: false,
    synthetic: false,
    decidedAtMs: NOW_MS,
    labelledAtMs: NOW_MS,
    ...changes,
  };
}

function learned(outcomes: readonly GateOutcome[]): StoredCalibration {
  return recalibrate(outcomes, undefined, NOW_MS).calibration;
}

function gateData(calibration: StoredCalibration): ReturnType<typeof gateCalibration> {
  return gateCalibration(calibrationFor({ version: 1, calibration }, STRATUM, undefined));
}

function tauOf({ levels }: StoredCalibration): number | null | undefined {
  return levels[STRATUM]?.threshold.tau;
}

function withTau(calibration: StoredCalibration, tau: number): StoredCalibration {
  const { levels } = calibration;
  const changed = Object.entries(levels).map(
    ([key, level]) => [key, { ...level, threshold: { ...level.threshold, tau } }] as const,
  );
  return { ...calibration, levels: Object.fromEntries(changed) };
}
