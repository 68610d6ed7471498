import type { Step } from '../fault.ts';
import { arm, at, type Moment } from '../hold.ts';
import { kill, revive, type Victim } from './deaths.ts';

/** What a repair passes before people are asked, after they have approved, and when a run on the fix is bad. */
export const BEFORE: readonly Moment[] = [
  'stage:reproducing',
  'stage:diagnosing',
  'stage:proposing',
  'stage:checking',
  'stage:proving',
  'stage:deciding',
  'stage:awaiting-approval',
];
export const DELIVERY: readonly Moment[] = [
  'stage:deploying',
  'move:deployed',
  'noted',
  'stage:probation',
];
export const ROLLBACK: readonly Moment[] = ['stage:rolling-back', 'move:rolled-back'];

/** Kills these at each of the moments, one after the other; whoever died is back before the next. */
export function killedAt(
  moments: readonly Moment[],
  ...victims: readonly Victim[]
): readonly Step[] {
  return moments.flatMap((moment) => [at(moment, kill(...victims)), revive]);
}

export function armAll(...moments: readonly (readonly Moment[])[]): Step {
  return arm(...moments.flat());
}
