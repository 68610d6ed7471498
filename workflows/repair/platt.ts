import { EVERYTHING, levelsOf } from './calibration.ts';
import { sigmoid } from './confidence.ts';
import type { Resolved } from './gate-outcome.ts';

/** p = σ(a·z + b of the level). Levels without outcomes have the offset of their parent. */
export interface Platt {
  readonly a: number;
  readonly offsets: Readonly<Record<string, number>>;
}

/**
 * Maximum a posteriori fit of Platt's scaling: slope shared (a ~ N(1, 0.5²)), global offset ~ N(0, 1), and each family's and stratum's own
 * offset pulled towards its parent's (N(parent, 0.5²)), so that few outcomes say little. Deterministic; σ(z) without data.
 */
export function fitPlatt(outcomes: readonly Resolved[]): Platt {
  if (outcomes.length === 0) return { a: 1, offsets: { [EVERYTHING]: 0 } };
  const points = pointsOf(outcomes);
  const keys = [...new Set(points.flatMap(({ levels }) => levels))].toSorted();
  const members = new Map(
    keys.map((key) => [key, points.filter(({ levels }) => levels.includes(key))]),
  );
  const fit: Fit = { a: 1, own: new Map(keys.map((key) => [key, 0])) };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    let moved = shiftSlope(points, fit);
    for (const key of keys) moved = Math.max(moved, shiftOffset(members.get(key) ?? [], fit, key));
    if (moved < SETTLED) break;
  }
  const offsets = keys.map((key) => [key, sumOf(chainOf(key), fit)] as const);
  return { a: fit.a, offsets: Object.fromEntries(offsets) };
}

/** Coordinate-wise Newton settles within a few dozen rounds. */
const MAX_ROUNDS = 100;
const SETTLED = 1e-4;

/** More evidence must never make a fix look worse. */
const MIN_SLOPE = 0.05;

interface Point {
  readonly z: number;
  readonly target: number;
  readonly weight: number;
  readonly levels: readonly string[];
  /** Sum of the offsets of its levels, as they are now. */
  offset: number;
}

interface Fit {
  a: number;
  readonly own: Map<string, number>;
}

/** Platt's smoothed targets: not even a clean record proves 1. */
function pointsOf(outcomes: readonly Resolved[]): readonly Point[] {
  const good = outcomes.reduce((sum, { success, weight }) => sum + (success ? weight : 0), 0);
  const bad = outcomes.reduce((sum, { success, weight }) => sum + (success ? 0 : weight), 0);
  const [high, low] = [(good + 1) / (good + 2), 1 / (bad + 2)];
  return outcomes.map(({ score, success, weight, stratum }) => ({
    z: score,
    target: success ? high : low,
    weight,
    levels: levelsOf(stratum),
    offset: 0,
  }));
}

function shiftSlope(points: readonly Point[], fit: Fit): number {
  let gradient = (1 - fit.a) / 0.25;
  let curvature = 1 / 0.25;
  for (const { z, target, weight, offset } of points) {
    const p = sigmoid(fit.a * z + offset);
    gradient += weight * (target - p) * z;
    curvature += weight * p * (1 - p) * z * z;
  }
  const step = bounded(gradient / curvature);
  fit.a = Math.max(MIN_SLOPE, fit.a + step);
  return Math.abs(step);
}

function shiftOffset(points: readonly Point[], { a, own }: Fit, key: string): number {
  const variance = key === EVERYTHING ? 1 : 0.25;
  const before = own.get(key) ?? 0;
  let gradient = -before / variance;
  let curvature = 1 / variance;
  for (const { z, target, weight, offset } of points) {
    const p = sigmoid(a * z + offset);
    gradient += weight * (target - p);
    curvature += weight * p * (1 - p);
  }
  const step = bounded(gradient / curvature);
  own.set(key, before + step);
  for (const point of points) point.offset += step;
  return Math.abs(step);
}

/** Newton's step may be wild where the curve is flat. */
function bounded(step: number): number {
  return Math.min(1, Math.max(-1, step));
}

/** A family's chain is itself and everything; that of everything itself. */
function chainOf(key: string): readonly string[] {
  if (key === EVERYTHING) return [key];
  return key.includes('/') ? levelsOf(key) : [key, EVERYTHING];
}

function sumOf(levels: readonly string[], { own }: Fit): number {
  return levels.reduce((sum, key) => sum + (own.get(key) ?? 0), 0);
}
