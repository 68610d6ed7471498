import { round4, sigmoid } from './confidence.ts';

/**
 * What past outcomes say to the gate about one stratum, as data: read by an activity, never computed by a workflow. Below 4 KB.
 * A stratum is `<strategy family>/<failure name>`; its parents are the family, and everything (`*`).
 */
export interface GateCalibration {
  readonly v: 1;
  /** Number of the stored calibration; 0 before there is any. */
  readonly version: number;
  /** sha256 of all the rest, canonical. */
  readonly hash: string;
  readonly stratum: string;
  /** An outcome of the stratum has been labelled before. An unknown stratum never deploys by itself. */
  readonly known: boolean;
  /** p = σ(a·z + b); a > 0. */
  readonly a: number;
  readonly b: number;
  /** From the stratum to everything; the first with enough outcomes speaks. */
  readonly levels: readonly EvidenceLevel[];
  /** Stricter than the policy, where outcomes asked for it; null: no threshold is safe, so nothing deploys. */
  readonly tauDeploy: number | null;
  /** Moved by how useful questions to people were; left out: as the policy says. */
  readonly tauPr?: number;
  /** Deploys are off for this stratum, or everywhere, until then; null: until a person re-arms them. */
  readonly off?: DeploysOff;
}

export interface DeploysOff {
  readonly scope: 'stratum' | 'everywhere';
  readonly untilMs: number | null;
  /** A whole sentence. */
  readonly because: string;
}

export interface EvidenceLevel {
  readonly key: string;
  /** Decayed count of resolved outcomes. */
  readonly n: number;
  /** How many of them were made up, to show how the gate behaves. */
  readonly synthetic?: number;
  /** Ascending by `minScore`, and so by `lowerBound`; empty while n < 20. */
  readonly bounds: readonly BoundStep[];
}

/** Of outcomes with at least this score: how many went well, and what that proves. */
export interface BoundStep {
  readonly minScore: number;
  readonly n: number;
  readonly successes: number;
  /** 4 decimals. */
  readonly lowerBound: number;
}

/** Fewer outcomes than these say nothing about a stratum: its parent speaks. */
export const MIN_OUTCOMES = 20;

/** The name of everything together. */
export const EVERYTHING = '*';

export function stratumOf(family: string, failure: string): string {
  return `${family}/${failure}`;
}

/** The stratum and its parents, narrow to wide. */
export function levelsOf(stratum: string): readonly string[] {
  const [family = stratum] = stratum.split('/');
  return [stratum, family, EVERYTHING];
}

/** What a score is worth without any outcome. */
export function uncalibrated(stratum: string): Omit<GateCalibration, 'hash'> {
  const levels = levelsOf(stratum).map((key) => ({ key, n: 0, bounds: [] }));
  return { v: 1, version: 0, stratum, known: false, a: 1, b: 0, levels, tauDeploy: 0 };
}

/** Probability of success at a score, rounded to 4 decimals. */
export function probabilityAt({ a, b }: GateCalibration, score: number): number {
  return round4(sigmoid(a * score + b));
}

/**
 * What outcomes prove at a score: the highest lower bound of all cuts at or below it, so that better evidence never proves less.
 * Undefined while nobody has enough outcomes.
 */
export function boundAt(
  { levels }: GateCalibration,
  score: number,
): (BoundStep & Pick<EvidenceLevel, 'key' | 'synthetic'>) | undefined {
  const level = levels.find(({ bounds }) => bounds.length > 0);
  if (!level) return undefined;
  const step = level.bounds.findLast(({ minScore }) => minScore <= score) ?? level.bounds[0];
  if (!step) return undefined;
  const { key, synthetic } = level;
  return { ...step, key, ...(synthetic === undefined ? {} : { synthetic }) };
}
