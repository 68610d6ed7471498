import {
  EVERYTHING,
  levelsOf,
  MIN_OUTCOMES,
  uncalibrated,
  type BoundStep,
  type DeploysOff,
  type GateCalibration,
} from './calibration.ts';
import { lowerBound, upperBound } from './clopper-pearson.ts';
import { round4, sigmoid } from './confidence.ts';
import { resolved, type GateOutcome, type Resolved } from './gate-outcome.ts';
import { fitPlatt, type Platt } from './platt.ts';
import { movedAskThreshold, type AskThreshold } from './ask-threshold.ts';

/** Everything that outcomes have taught, for all strata: one stored row. */
export interface StoredCalibration {
  readonly v: 1;
  readonly platt: Platt;
  readonly levels: Readonly<Record<string, StoredLevel>>;
  readonly ask: AskThreshold;
}

export interface StoredLevel {
  /** Decayed count of resolved outcomes. */
  readonly n: number;
  /** How many were made up. */
  readonly synthetic: number;
  readonly bounds: readonly BoundStep[];
  readonly threshold: DeployThreshold;
}

export interface DeployThreshold {
  /** null: no threshold is safe. */
  readonly tau: number | null;
  readonly changedAtMs: number;
  /** Outcomes that were resolved when it changed, undecayed. */
  readonly countedAtChange: number;
  /** Since when outcomes allow a looser one without a break. */
  readonly looserSinceMs?: number;
}

export interface Recalibration {
  readonly calibration: StoredCalibration;
  /** Whole sentences: what became stricter or looser. */
  readonly changes: readonly string[];
}

/**
 * Learns from all outcomes. Stricter thresholds hold at once; looser ones need 30 new outcomes, two consecutive windows of 7 days, and go down
 * by 0.01 at most. Pure and deterministic; running it twice over the same outcomes changes nothing more.
 */
export function recalibrate(
  outcomes: readonly GateOutcome[],
  previous: StoredCalibration | undefined,
  nowMs: number,
): Recalibration {
  const known = resolved(outcomes, nowMs);
  const platt = fitPlatt(known);
  const keys = [...new Set([EVERYTHING, ...known.flatMap(({ stratum }) => levelsOf(stratum))])];
  const levels = keys.toSorted().map((key) => {
    const members = known.filter(({ stratum }) => levelsOf(stratum).includes(key));
    const threshold = moved(
      previous?.levels[key]?.threshold,
      members,
      safeTau(members, platt, key),
      nowMs,
    );
    const n = round4(total(members));
    const synthetic = members.filter((one) => one.synthetic).length;
    return [key, { n, synthetic, bounds: boundsOf(members), threshold }] as const;
  });
  const ask = movedAskThreshold(outcomes, previous?.ask, nowMs);
  const calibration: StoredCalibration = {
    v: 1,
    platt: rounded(platt),
    levels: Object.fromEntries(levels),
    ask,
  };
  return { calibration, changes: changesOf(previous, calibration) };
}

/** What the gate needs to know for one stratum, out of all. `off` is read from the outcomes, see `deploysOff`. */
export function calibrationFor(
  stored: { readonly version: number; readonly calibration: StoredCalibration } | undefined,
  stratum: string,
  off: DeploysOff | undefined,
): Omit<GateCalibration, 'hash'> {
  const none = uncalibrated(stratum);
  if (!stored) return { ...none, ...(off ? { off } : {}) };
  const { platt, levels, ask } = stored.calibration;
  const keys = levelsOf(stratum);
  const speaking = keys.map((key) => levels[key]).find((level) => (level?.bounds.length ?? 0) > 0);
  return {
    ...none,
    version: stored.version,
    known: (levels[stratum]?.n ?? 0) > 0,
    a: platt.a,
    b: keys.map((key) => platt.offsets[key]).find((offset) => offset !== undefined) ?? 0,
    levels: keys.map((key) => ({
      key,
      n: levels[key]?.n ?? 0,
      synthetic: levels[key]?.synthetic ?? 0,
      bounds: levels[key]?.bounds ?? [],
    })),
    tauDeploy: speaking ? speaking.threshold.tau : 0,
    ...(ask.tau === undefined ? {} : { tauPr: ask.tau }),
    ...(off ? { off } : {}),
  };
}

/** Cuts are a quarter apart: fine enough to see, and few enough to be read by a workflow. */
const CUT = 0.25;
const MAX_CUTS = 24;

/** For each cut with enough outcomes above it, what they prove; only cuts that prove more than those below are kept. */
function boundsOf(members: readonly Resolved[]): readonly BoundStep[] {
  if (total(members) < MIN_OUTCOMES) return [];
  const cuts = [...new Set(members.map(({ score }) => Math.floor(score / CUT) * CUT))]
    .toSorted((a, b) => a - b)
    .slice(-MAX_CUTS);
  const steps: BoundStep[] = [];
  let best = { share: -1, n: Infinity };
  for (const minScore of cuts) {
    const above = members.filter(({ score }) => score >= minScore);
    const n = total(above);
    if (n < MIN_OUTCOMES) break;
    const successes = total(above.filter(({ success }) => success));
    const share = successes / n;
    // Fewer outcomes that went no better cannot prove more.
    if (share <= best.share && n <= best.n) continue;
    best = { share, n };
    // Rounded down: the fourth decimal must not promise what was not proven.
    const bound = Math.floor(lowerBound(successes, n) * 10_000) / 10_000;
    if (bound > (steps.at(-1)?.lowerBound ?? -1))
      steps.push({ minScore, n: round4(n), successes: round4(successes), lowerBound: bound });
  }
  return steps;
}

const TAUS = [0.95, 0.955, 0.96, 0.965, 0.97, 0.975, 0.98, 0.985, 0.99, 0.995] as const;
const MAX_BAD_RATE = 0.05;

/**
 * The smallest threshold above which at most 5 % are bad, with 95 % confidence; null when there is none. Where nothing went wrong above it, the
 * lower bound alone says how much is proven.
 */
function safeTau(members: readonly Resolved[], { a, offsets }: Platt, key: string): number | null {
  const at = TAUS.find((tau) => {
    const above = members.filter(({ score }) => sigmoid(a * score + (offsets[key] ?? 0)) >= tau);
    const bad = total(above.filter(({ success }) => !success));
    return bad < 0.01 || upperBound(bad, total(above)) <= MAX_BAD_RATE;
  });
  return at ?? null;
}

const WINDOW_MS = 7 * 86_400_000;
const NEW_OUTCOMES = 30;
const STEP = 0.01;

function moved(
  before: DeployThreshold | undefined,
  members: readonly Resolved[],
  safe: number | null,
  nowMs: number,
): DeployThreshold {
  const counted = members.length;
  if (!before) return { tau: safe, changedAtMs: nowMs, countedAtChange: counted };
  const { looserSinceMs, ...kept } = before;
  const [was, wants] = [before.tau ?? 1, safe ?? 1];
  if (wants > was) return { tau: safe, changedAtMs: nowMs, countedAtChange: counted };
  if (wants === was) return kept;
  const sinceMs = looserSinceMs ?? nowMs;
  const isAllowed =
    nowMs - sinceMs >= WINDOW_MS &&
    nowMs - before.changedAtMs >= WINDOW_MS &&
    counted - before.countedAtChange >= NEW_OUTCOMES;
  if (!isAllowed) return { ...kept, looserSinceMs: sinceMs };
  const tau = before.tau === null ? TAUS[TAUS.length - 1] : round4(before.tau - STEP);
  return { tau: Math.max(wants, tau ?? 1), changedAtMs: nowMs, countedAtChange: counted };
}

function total(members: readonly Resolved[]): number {
  return members.reduce((sum, { weight }) => sum + weight, 0);
}

/** Six decimals: what is stored is what is computed with, on every machine. */
function rounded({ a, offsets }: Platt): Platt {
  const six = (value: number): number => Math.round(value * 1e6) / 1e6;
  const entries = Object.entries(offsets).map(([key, offset]) => [key, six(offset)] as const);
  return { a: six(a), offsets: Object.fromEntries(entries) };
}

function changesOf(
  before: StoredCalibration | undefined,
  { levels, ask }: StoredCalibration,
): readonly string[] {
  const changed = Object.entries(levels).flatMap(([key, { threshold }]) => {
    const was = before?.levels[key]?.threshold.tau;
    if (was === undefined || was === threshold.tau) return [];
    return [`Deploys of "${key}" ${wanted(was)} before, and ${wanted(threshold.tau)} now.`];
  });
  const asked =
    before && before.ask.tau !== ask.tau && ask.tau !== undefined
      ? [`People are asked from p ≥ ${ask.tau.toFixed(2)} now.`]
      : [];
  return [...changed, ...asked];
}

function wanted(tau: number | null): string {
  return tau === null ? 'had no safe threshold' : `needed p ≥ ${tau.toFixed(3)}`;
}
