import type { FieldTally, RunSummary } from '../run-summary.ts';

/** The baseline begins so many runs ago, and is as many runs long. */
export const LAG_RUNS = 7;
/** So many good runs are ever looked at. */
export const HISTORY_RUNS = 2 * LAG_RUNS;

/**
 * The lagged baseline: runs K…2K ago, of good runs given newest first. Of fewer runs it is the older half, at least one. It is never the
 * newest runs alone: a value that sinks a little with each run takes a trailing baseline down with it.
 */
export function laggedBaseline(good: readonly RunSummary[]): readonly RunSummary[] {
  const from = Math.min(LAG_RUNS - 1, Math.floor(good.length / 2));
  return good.slice(from, HISTORY_RUNS - 1);
}

/** The tallies of a field in runs that looked for it, in the order of the runs. */
export function talliesOf(runs: readonly RunSummary[], name: string): readonly FieldTally[] {
  return runs.flatMap(({ fields }) =>
    fields.filter((field) => field.name === name && recordsOf(field) > 0),
  );
}

/** Records in which the field was looked for. */
export function recordsOf({ present, missing }: FieldTally): number {
  return present + missing;
}

/** Records of a run, and pages that are as they were: each of those is at least one more. */
export function volumeOf({ records, unmodified }: RunSummary): number {
  return records + unmodified;
}

/** Zero for nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
