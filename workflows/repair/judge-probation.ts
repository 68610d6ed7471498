import type { ProbationReading } from './activities.ts';
import type { RepairPolicy } from './policy.ts';

export type ProbationVerdict =
  | { readonly kind: 'passed' | 'rollback' | 'superseded'; readonly because: string }
  /** `asking`: the time of probation is over without a conclusive run, so people look. */
  | { readonly kind: 'wait'; readonly asking: boolean; readonly untilMs: number }
  | { readonly kind: 'gave-up'; readonly because: string };

export interface Probation {
  readonly policy: RepairPolicy['probation'];
  readonly deployedAtMs: number;
  /** How long people are waited for after a time without a conclusive run. */
  readonly holdMs: number;
}

/**
 * What the runs on a fix come to. Pure. One bad run is enough, whenever it comes; an inconclusive one is never taken for a good one, nor
 * for a bad one.
 */
export function judgeProbation(
  { runs, superseded }: ProbationReading,
  { policy, deployedAtMs, holdMs }: Probation,
  nowMs: number,
): ProbationVerdict {
  const bad = runs.find(({ verdict }) => verdict === 'bad');
  if (bad)
    return { kind: 'rollback', because: `Run "${bad.run}" on the fix was bad: ${bad.because}` };
  const good = runs.filter(({ verdict }) => verdict === 'good').length;
  if (superseded !== undefined) {
    return good > 0
      ? {
          kind: 'passed',
          because: `${runsText(good)} on the fix; then the spec was changed again.`,
        }
      : { kind: 'superseded', because: superseded };
  }
  const endMs = deployedAtMs + policy.withinMs;
  if (good >= policy.runs || (good > 0 && nowMs >= endMs))
    return { kind: 'passed', because: `${runsText(good)} on the fix, and none bad.` };
  if (nowMs < endMs) return { kind: 'wait', asking: false, untilMs: endMs };
  if (nowMs < endMs + holdMs) return { kind: 'wait', asking: true, untilMs: endMs + holdMs };
  const because =
    'No run on the fix was conclusive, so nothing has proved it. It is still in force: look at the source, and roll the fix back if it is wrong.';
  return { kind: 'gave-up', because };
}

function runsText(good: number): string {
  return good === 1 ? '1 good run' : `${good} good runs`;
}
