/** How often something happened in one run: `hits` of `of` records. */
export interface Rate {
  readonly hits: number;
  readonly of: number;
}

export interface RateVerdict {
  /** The learned share, 0..1. */
  readonly usual: number;
  /** Up to this share is taken for usual, 0..1. */
  readonly limit: number;
}

/** Fewer records tell nothing about a share. */
const MIN_RECORDS = 5;
const MIN_BASELINE_RECORDS = 10;
/** So many more than usual say nothing, however few records there are. */
const MIN_EXCESS = 3;
/** Ten points more than usual are never remarkable. */
const TOLERANCE = 0.1;
/** Limits of a control chart of single values: three sigma, out of the mean moving range. */
const MOVING_RANGE_FACTOR = 2.66;
/** Two sigma of the chance in so many records. */
const CHANCE_SIGMA = 2;

/**
 * Is a share beyond its learned range? Undefined while it is within, or while there is too little to tell. The range is the share of all
 * baseline records together, plus what usually changes from one run to the next, at least ten points, plus the chance in so few records.
 * What changes *between neighbours* widens it, not the whole spread: a share that sinks steadily does not widen its own range.
 * Monotone: more hits in the run are never less remarkable.
 */
export function beyondRange(run: Rate, baseline: readonly Rate[]): RateVerdict | undefined {
  const all = baseline.reduce((sum, { of }) => sum + of, 0);
  if (run.of < MIN_RECORDS || all < MIN_BASELINE_RECORDS) return undefined;
  const usual = baseline.reduce((sum, { hits }) => sum + hits, 0) / all;
  const chance = CHANCE_SIGMA * Math.sqrt((usual * (1 - usual)) / run.of);
  const limit = usual + Math.max(TOLERANCE, MOVING_RANGE_FACTOR * movingRange(baseline)) + chance;
  const excess = run.hits - usual * run.of;
  return excess >= MIN_EXCESS && run.hits > limit * run.of ? { usual, limit } : undefined;
}

/** The mean change from one run to the next, of shares. */
function movingRange(rates: readonly Rate[]): number {
  const shares = rates.filter(({ of }) => of >= MIN_RECORDS).map(({ hits, of }) => hits / of);
  if (shares.length < 2) return 0;
  const steps = shares.slice(1).map((share, at) => Math.abs(share - (shares[at] ?? share)));
  return steps.reduce((sum, step) => sum + step, 0) / steps.length;
}

/** `12.5 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
