/** A number with the interval in which it lies with 90 % confidence. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The median of the ratios with a bootstrap interval; the same ratios give the same interval. */
export function medianRatio(ratios: readonly number[]): Estimate {
  const random = seeded(1);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(ratios.map(() => ratios[Math.floor(random() * ratios.length)] ?? Number.NaN)),
  );
  return {
    value: median(ratios),
    low: percentile(medians, 0.05),
    high: percentile(medians, 0.95),
  };
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Between the two neighbours, in proportion. NaN for no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

const RESAMPLES = 2000;

/** mulberry32: small, and good enough to draw samples. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
