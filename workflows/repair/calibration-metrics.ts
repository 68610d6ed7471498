import { levelsOf, MIN_OUTCOMES } from './calibration.ts';
import { round4, sigmoid } from './confidence.ts';
import { resolved, type GateOutcome, type Resolved } from './gate-outcome.ts';
import type { StoredCalibration } from './recalibrate.ts';

/** How good the probabilities were, level by level, as they were stated when it mattered. */
export interface CalibrationMetrics {
  readonly levels: Readonly<Record<string, LevelMetrics>>;
  /** Whole sentences; empty when all is well. */
  readonly alarms: readonly string[];
}

export interface LevelMetrics {
  /** Resolved outcomes, undecayed. */
  readonly n: number;
  readonly brier: number;
  readonly logLoss: number;
  readonly ece: number;
  /** 5th percentile of the bootstrapped error. */
  readonly eceLow: number;
  /** Share whose probability reaches the threshold. */
  readonly coverage: number;
  /** Share of failures among those. */
  readonly selectiveRisk: number;
  /** Population stability index of scores, last 30 days against before; 0 while either has fewer than 20. */
  readonly psi: number;
}

const MAX_ECE_LOW = 0.08;
const MAX_PSI = 0.25;

/** Measures every level with at least 20 outcomes. Pure: its resampling is seeded. */
export function measure(
  outcomes: readonly GateOutcome[],
  { levels, platt }: StoredCalibration,
  nowMs: number,
): CalibrationMetrics {
  const known = resolved(outcomes, nowMs);
  const measured = Object.entries(levels).flatMap(([key, { threshold }]) => {
    const members = known.filter(({ stratum }) => levelsOf(stratum).includes(key));
    if (members.length < MIN_OUTCOMES) return [];
    const p = ({ score }: Resolved): number => sigmoid(platt.a * score + (platt.offsets[key] ?? 0));
    const above = members.filter((one) => p(one) >= (threshold.tau ?? 2));
    const ece = eceOf(members);
    return [
      [
        key,
        {
          n: members.length,
          brier: round4(mean(members.map((one) => (one.probability - hit(one)) ** 2))),
          logLoss: round4(mean(members.map(logLoss))),
          ece: round4(ece),
          eceLow: round4(eceLow(members)),
          coverage: round4(above.length / members.length),
          selectiveRisk: round4(mean(above.map((one) => 1 - hit(one)))),
          psi: round4(psiOf(members, nowMs)),
        },
      ] as const,
    ];
  });
  const all = Object.fromEntries(measured);
  return { levels: all, alarms: alarmsOf(all) };
}

function alarmsOf(levels: CalibrationMetrics['levels']): readonly string[] {
  return Object.entries(levels).flatMap(([key, { eceLow: low, psi }]) => [
    ...(low > MAX_ECE_LOW
      ? [`Probabilities of "${key}" are off by at least ${low.toFixed(2)} with 95 % confidence.`]
      : []),
    ...(psi > MAX_PSI
      ? [`Scores of "${key}" moved: their stability index is ${psi.toFixed(2)}.`]
      : []),
  ]);
}

function hit({ success }: Resolved): number {
  return success ? 1 : 0;
}

function logLoss(one: Resolved): number {
  const p = Math.min(0.9999, Math.max(0.0001, one.probability));
  return -Math.log(one.success ? p : 1 - p);
}

const BINS = 10;

/** Expected calibration error over ten bins of equal width. */
function eceOf(members: readonly Resolved[]): number {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, p: 0, hits: 0 }));
  for (const one of members) {
    const bin = bins[Math.min(BINS - 1, Math.floor(one.probability * BINS))];
    if (!bin) continue;
    bin.count += 1;
    bin.p += one.probability;
    bin.hits += hit(one);
  }
  return bins.reduce((sum, { p, hits }) => sum + Math.abs(p - hits), 0) / members.length;
}

const RESAMPLES = 200;

function eceLow(members: readonly Resolved[]): number {
  const random = seeded(members.length);
  const errors = Array.from({ length: RESAMPLES }, () => {
    const drawn = members.map(() => members[Math.floor(random() * members.length)]);
    return eceOf(drawn.filter((one) => one !== undefined));
  });
  return errors.toSorted((a, b) => a - b)[Math.floor(RESAMPLES * 0.05)] ?? 0;
}

/** The same numbers on every machine (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const RECENT_MS = 30 * 86_400_000;

function psiOf(members: readonly Resolved[], nowMs: number): number {
  const recent = members.filter(({ decidedAtMs }) => nowMs - decidedAtMs <= RECENT_MS);
  const before = members.filter(({ decidedAtMs }) => nowMs - decidedAtMs > RECENT_MS);
  if (recent.length < MIN_OUTCOMES || before.length < MIN_OUTCOMES) return 0;
  const sorted = before.map(({ score }) => score).toSorted((a, b) => a - b);
  const edges = [1, 2, 3, 4].map((i) => sorted[Math.floor((sorted.length * i) / 5)] ?? 0);
  const [now, then] = [recent, before].map((group) => shares(group, edges));
  return (now ?? []).reduce((sum, share, i) => {
    const old = then?.[i] ?? share;
    return sum + (share - old) * Math.log(share / old);
  }, 0);
}

/** Half an outcome is imagined in each fifth, so that none is empty. */
function shares(group: readonly Resolved[], edges: readonly number[]): readonly number[] {
  const counts = [0.5, 0.5, 0.5, 0.5, 0.5];
  for (const { score } of group) {
    const bin = edges.filter((edge) => score >= edge).length;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count) => count / (group.length + 2.5));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, one) => sum + one, 0) / values.length;
}
