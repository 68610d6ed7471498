import { FAILURES, type FailureName } from '../failures.ts';
import { OUTCOMES, type RepairOutcome } from './outcome.ts';

/** A closed incident, as the metrics see it. */
export interface ClosedRepair {
  readonly outcome: RepairOutcome;
  readonly failure: FailureName;
  /** Sources like it can be healed at all. */
  readonly heals: boolean;
  /** A person decided, edited or guided. */
  readonly byPerson: boolean;
  readonly firstFailureAtMs: number;
  /** End of the first good run on the fix. */
  readonly goodAtMs?: number;
  /** How long the fix waited for people. */
  readonly waitedMs?: number;
}

/** What repairs were worth. Shares are 0..1, and undefined where there is nothing to share. */
export interface RepairMetrics {
  readonly outcomes: Readonly<Record<RepairOutcome, number>>;
  /** Incidents that a repair could have been asked to end. */
  readonly repairable: number;
  readonly fixSuccess: number | undefined;
  readonly selfHealing: number | undefined;
  readonly badDeploys: number | undefined;
  readonly intervention: number | undefined;
  /** From the first failure to the end of the first good run on the fix, people's waiting included. */
  readonly timeToRepair: Readonly<Record<'gate' | 'people', Quantiles | undefined>>;
  readonly waitingForPeople: Quantiles | undefined;
}

export interface Quantiles {
  readonly n: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Pure and total over closed incidents; each counts in exactly one outcome. */
export function repairMetrics(repairs: readonly ClosedRepair[]): RepairMetrics {
  const count = (...names: readonly RepairOutcome[]): number =>
    repairs.filter(({ outcome }) => names.includes(outcome)).length;
  const repairable = repairs.filter(isRepairable);
  const [healed, undone] = [count('auto-deployed-ok'), count('auto-deployed-rolled-back')];
  const times = (names: readonly RepairOutcome[]): readonly number[] =>
    repairs
      .filter(({ outcome }) => names.includes(outcome))
      .flatMap(({ goodAtMs, firstFailureAtMs }) =>
        goodAtMs === undefined ? [] : [goodAtMs - firstFailureAtMs],
      );
  return {
    outcomes: Object.fromEntries(OUTCOMES.map((name) => [name, count(name)])) as Record<
      RepairOutcome,
      number
    >,
    repairable: repairable.length,
    fixSuccess: share(healed + count('pr-merged-unchanged'), repairable.length),
    selfHealing: share(healed, repairable.length),
    badDeploys: share(undone, healed + undone),
    intervention: share(repairable.filter(({ byPerson }) => byPerson).length, repairable.length),
    timeToRepair: {
      gate: quantiles(times(['auto-deployed-ok'])),
      people: quantiles(times(['pr-merged-unchanged', 'pr-merged-edited'])),
    },
    waitingForPeople: quantiles(repairs.flatMap(({ waitedMs }) => waitedMs ?? [])),
  };
}

const UNASKED: ReadonlySet<RepairOutcome> = new Set<RepairOutcome>([
  'not-reproduced',
  'recovered',
  'suppressed',
]);

/** All but what went away by itself, and alerts about what no repair could cure. */
function isRepairable({ outcome, failure, heals }: ClosedRepair): boolean {
  if (UNASKED.has(outcome)) return false;
  return outcome !== 'alerted' || (heals && FAILURES[failure].repairable);
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}

/** The value that this share of all does not exceed. */
function quantiles(values: readonly number[]): Quantiles | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (rank: number): number =>
    sorted[Math.max(0, Math.ceil(sorted.length * rank) - 1)] ?? 0;
  return { n: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95) };
}
