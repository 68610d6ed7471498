/**
 * What the gate knows of a candidate, as numbers: `x` of the evidence score. Each is within its range in `WEIGHTS`, or the gate refuses to
 * decide by numbers at all.
 */
export interface EvidenceFeatures {
  /** 1: captured real body, same fingerprint twice; 0.5: synthetic or once; 0: not reproduced. */
  readonly repro: number;
  /** Share of the failing checks that now pass. */
  readonly f2p: number;
  /** Share of the held-out bodies that satisfy the spec. */
  readonly holdout: number;
  /** Share of fields equal to the last good ones where stable, else within what was learned. */
  readonly oracle: number;
  /** Independent strategies that found this, of those with a valid candidate. */
  readonly agree: number;
  /** See `ambiguity`. */
  readonly ambig: number;
  /** How far the best place was ahead of the second; 0.5 where that does not apply. */
  readonly margin: number;
  /** See `changedSize`. */
  readonly size: number;
  /** See `changedBreadth`. */
  readonly breadth: number;
  /** 1 minus the similarity of the page's shape then and now. */
  readonly drift: number;
  /** −1 reject, 0 abstain or no reviewer, +1 accept. */
  readonly review: number;
  /** See `remembered`. */
  readonly memory: number;
  /** What a model says of itself: logged, and never counted. */
  readonly verbal?: number;
}

type Feature = Exclude<keyof EvidenceFeatures, 'verbal'>;

interface Weight {
  readonly weight: number;
  readonly min: number;
  readonly max: number;
}

/** Part of every decision, so that a score can be explained after the weights have changed. */
export const WEIGHTS_VERSION = 1;

const BASE = -2.8;

/** Expert values: evidence supports their signs and structure, calibration mends their size. A change is a new version. */
export const WEIGHTS: Readonly<Record<Feature, Weight>> = {
  repro: { weight: 1.6, min: 0, max: 1 },
  f2p: { weight: 1.5, min: 0, max: 1 },
  holdout: { weight: 1.5, min: 0, max: 1 },
  oracle: { weight: 1.2, min: 0, max: 1 },
  agree: { weight: 1, min: 0, max: 1 },
  ambig: { weight: -0.8, min: 0, max: 3 },
  margin: { weight: 0.8, min: 0, max: 1 },
  size: { weight: -1, min: 0, max: 1 },
  breadth: { weight: -0.6, min: 0, max: 1 },
  drift: { weight: -0.7, min: 0, max: 1 },
  review: { weight: 0.5, min: -1, max: 1 },
  memory: { weight: 1, min: -1.5, max: 1.5 },
};

const FEATURES = Object.keys(WEIGHTS) as readonly Feature[];

export interface EvidenceScore {
  /** Rounded to 4 decimals. */
  readonly score: number;
  /** What each number added, in the order of `WEIGHTS`. */
  readonly terms: readonly ScoreTerm[];
}

export interface ScoreTerm {
  readonly name: string;
  readonly x: number;
  readonly points: number;
}

/** The evidence score z; undefined when a number is missing, not a number, or out of its range. */
export function evidenceScore(features: EvidenceFeatures): EvidenceScore | undefined {
  if (FEATURES.some((name) => !isWithin(features[name], WEIGHTS[name]))) return undefined;
  const terms = FEATURES.map((name) => {
    const x = features[name];
    return { name, x: round4(x), points: round4(WEIGHTS[name].weight * x) };
  });
  const sum = FEATURES.reduce((z, name) => z + WEIGHTS[name].weight * features[name], BASE);
  return { score: round4(sum), terms };
}

/** Two decisions on two machines must agree: V8 does not promise the last digits of `exp` and `log`. */
export function round4(value: number): number {
  return Math.round(value * 10_000) / 10_000 || 0;
}

export function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}

/** log2 of the behaviourally distinct candidates that passed, at most 3. */
export function ambiguity(distinctPassing: number): number {
  return Math.min(3, Math.log2(Math.max(1, distinctPassing)));
}

/** Changed lines (operations, for a patch of a spec) on a scale that ends at 200. */
export function changedSize(lines: number): number {
  return Math.min(1, Math.log1p(Math.max(0, lines)) / Math.log(201));
}

export function changedBreadth(files: number): number {
  return Math.min(1, Math.max(0, files - 1) / 3);
}

/** Decayed outcomes of one strategy with one failure class, and the rate of success of all outcomes. */
export interface PastOutcomes {
  readonly successes: number;
  readonly trials: number;
  readonly globalRate: number;
}

/** How much better than the average such fixes went: a difference of logits, shrunk towards nothing known by 8 imagined outcomes. */
export function remembered({ successes, trials, globalRate }: PastOutcomes): number {
  const base = Math.min(0.98, Math.max(0.02, globalRate));
  const rate = (successes + 8 * base) / (trials + 8);
  const difference = logit(Math.min(0.999, Math.max(0.001, rate))) - logit(base);
  return Math.min(1.5, Math.max(-1.5, difference));
}

function isWithin(x: unknown, { min, max }: Weight): boolean {
  return typeof x === 'number' && x >= min - SLACK && x <= max + SLACK;
}

/** Shares that are sums of parts miss their bounds by a last digit. */
const SLACK = 1e-9;
