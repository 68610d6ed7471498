/**
 * One-sided 95 % lower bound of a success rate after `successes` of `trials` (Clopper and Pearson, 1934), 0..1.
 * Counts may be fractional, for they decay with age; nothing, or junk, gives 0.
 */
export function lowerBound(successes: number, trials: number): number {
  if (!areCounts(successes, trials) || successes < NOTHING) return 0;
  return betaInverse(TAIL, successes, trials - successes + 1);
}

/** One-sided 95 % upper bound of the rate of `events` in `trials`; nothing, or junk, gives 1. */
export function upperBound(events: number, trials: number): number {
  if (!areCounts(events, trials) || trials - events < NOTHING) return 1;
  return betaInverse(1 - TAIL, events + 1, trials - events);
}

const TAIL = 0.05;

/** What decay has left of an old outcome; below it the arithmetic would say more than the count. */
const NOTHING = 1e-6;

function areCounts(part: number, whole: number): boolean {
  return Number.isFinite(part) && Number.isFinite(whole) && part >= 0 && whole > 0 && part <= whole;
}

/** The x at which the regularised incomplete beta function reaches `share`: it rises with x, so halving finds it. */
function betaInverse(share: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < HALVINGS; step += 1) {
    const middle = (low + high) / 2;
    if (betaShare(middle, a, b) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** 2⁻²⁸ is far below the fourth decimal, at which bounds are compared. */
const HALVINGS = 28;

/** Regularised incomplete beta function I(x; a, b), by the continued fraction on the side where it converges fast. */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const scale = logGamma(a + b) - logGamma(a) - logGamma(b);
  const front = Math.exp(scale + a * Math.log(x) + b * Math.log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return (front * continued(x, a, b)) / a;
  return 1 - (front * continued(1 - x, b, a)) / b;
}

/** Lentz's method (Numerical Recipes §6.4); bounded, and precise to 1e-10 long before for the counts at hand. */
function continued(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-10) break;
  }
  return value;
}

const TERMS = 300;

/** Division by zero is what Lentz's method must be kept from. */
function away(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}

/** Lanczos' approximation, g = 7 and nine terms: relative error below 1e-13 for x > 0. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const base = x - 1;
  const sum = LANCZOS.reduce((total, part, i) => total + part / (base + i + 1), LANCZOS_FIRST);
  const t = base + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (base + 0.5) * Math.log(t) - t + Math.log(sum);
}

const LANCZOS_FIRST = 0.999_999_999_999_809_9;
const LANCZOS = [
  676.520_368_121_885_1, -1259.139_216_722_402_8, 771.323_428_777_653_1, -176.615_029_162_140_6,
  12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_572e-6,
  1.505_632_735_149_311_6e-7,
];
