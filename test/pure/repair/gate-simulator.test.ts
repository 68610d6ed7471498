import { expect, test } from 'vitest';
import { sigmoid } from '../../../workflows/repair/confidence.ts';
import { deploysOff } from '../../../workflows/repair/demotion.ts';
import type { GateOutcome } from '../../../workflows/repair/gate-outcome.ts';
import { decide } from '../../../workflows/repair/gate.ts';
import { calibrationFor, recalibrate } from '../../../workflows/repair/recalibrate.ts';
import { CLEAN_FEATURES, gateCalibration, gateEvidence, gatePolicy } from '../../fakes/gate.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const STRATUM = 'relocate/SelectorMissing';
const SEEDS = 200;
const INCIDENTS = 150;

/** A fixer with a known truth behind its evidence: how often a fix with this score is right, on this day. */
interface Fixer {
  readonly isRight: (score: number, day: number) => number;
  readonly claims?: number;
}

interface Season {
  readonly deploys: number;
  readonly bad: number;
}

test('few bad fixes deploy of a fixer that drifts, none of one that is never good enough (repair 8)', () => {
  const drifting: Fixer = { isRight: (score, day) => sigmoid(1.4 * score + 1 - day / 200) };
  const flattering: Fixer = { isRight: (score) => sigmoid(0.4 * score) };
  const flat: Fixer = { isRight: () => 0.88 };

  const good = seasons(drifting);
  const bad = [...seasons(flattering, 20), ...seasons(flat, 20)];

  expect(shareWithin(good, 0.05)).toBeGreaterThanOrEqual(0.95);
  expect(totalOf(bad)).toEqual({ deploys: 0, bad: 0 });
  expect(totalOf(good).deploys).toBeGreaterThan(SEEDS);
});

test('a fixer that always claims 0.99 gets no extra deploy', () => {
  const isRight: Fixer['isRight'] = (score) => sigmoid(1.2 * score + 0.5);

  expect(seasons({ isRight, claims: 0.99 }, 10)).toEqual(seasons({ isRight }, 10));
});

function seasons(fixer: Fixer, count = SEEDS): readonly Season[] {
  return Array.from({ length: count }, (_, seed) => season(fixer, seed + 1));
}

/** A year of incidents, decided by the real gate; labels come days later, and one in twenty of them is wrong. */
function season(fixer: Fixer, seed: number): Season {
  const random = seeded(seed);
  const outcomes: GateOutcome[] = [];
  let stored: ReturnType<typeof recalibrate>['calibration'] | undefined;
  let learnedAtDay = -Infinity;
  let [deploys, bad] = [0, 0];
  for (let i = 0; i < INCIDENTS; i += 1) {
    const day = (i * 365) / INCIDENTS;
    const nowMs = START_MS + day * DAY_MS;
    const known = outcomes.map((one) => ((one.labelledAtMs ?? 0) <= nowMs ? one : pending(one)));
    if (day - learnedAtDay >= 28) {
      stored = recalibrate(known, stored, nowMs).calibration;
      learnedAtDay = day;
    }
    const off = deploysOff(known, STRATUM, nowMs - 30 * DAY_MS);
    const calibration = gateCalibration(
      calibrationFor(stored && { version: 1, calibration: stored }, STRATUM, off),
    );
    const evidence = gateEvidence({
      fingerprint: Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
      features: {
        ...CLEAN_FEATURES,
        oracle: 1 - random() ** 3,
        agree: random() < 0.6 ? 1 : 0.5,
        holdout: random() < 0.8 ? 1 : 0.5,
        drift: random(),
        ...(fixer.claims === undefined ? {} : { verbal: fixer.claims }),
      },
    });
    const decision = decide(evidence, gatePolicy({ deploysADay: 99 }), calibration, nowMs);
    const isRight = random() < fixer.isRight(decision.score, day);
    const seen = random() < 0.05 ? !isRight : isRight;
    if (decision.decision === 'deploy') {
      deploys += 1;
      bad += isRight ? 0 : 1;
    }
    outcomes.push({
      incident: `i-${i}`,
      stratum: STRATUM,
      score: decision.score,
      probability: decision.probability,
      decision: decision.decision,
      shadow: decision.shadowDeploy,
      label: seen ? 'success' : 'failure',
      rolledBack: decision.decision === 'deploy' && !seen,
      synthetic: true,
      decidedAtMs: nowMs,
      labelledAtMs: nowMs + (1 + random() * 6) * DAY_MS,
    });
  }
  return { deploys, bad };
}

function pending(one: GateOutcome): GateOutcome {
  return { ...one, label: 'pending', rolledBack: false };
}

/** Share of the seeds whose bad deploys were at most this rate; a year without a deploy had none. */
function shareWithin(all: readonly Season[], rate: number): number {
  return all.filter(({ deploys, bad }) => bad <= deploys * rate).length / all.length;
}

function totalOf(all: readonly Season[]): Season {
  return {
    deploys: all.reduce((sum, one) => sum + one.deploys, 0),
    bad: all.reduce((sum, one) => sum + one.bad, 0),
  };
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
