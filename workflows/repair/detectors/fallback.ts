import type { FieldTally, RunSummary } from '../run-summary.ts';
import { LAG_RUNS, laggedBaseline, talliesOf } from './baseline.ts';
import type { Finding, RunFacts } from './finding.ts';

/** The first locator used to serve a field, where it served this share of its values. */
const USED_TO_SERVE = 0.9;
const STILL_SERVES = 0.5;
const MIN_VALUES = 5;

/**
 * A lower-ranked locator serves a field that the first one used to serve: the page has changed, and nothing is lost yet. First a warning;
 * when it has been so for as many runs as the baseline lags behind, a repair is due before the fallback breaks, too. Positions mean something
 * within one extraction alone.
 */
export function fallback({ run, good }: RunFacts): readonly Finding[] {
  const same = good.filter(({ specDigest }) => specDigest === run.specDigest);
  const baseline = laggedBaseline(same);
  const fallen = run.fields.filter(
    (field) => isServedBelow(field) && usedToBeFirst(talliesOf(baseline, field.name)),
  );
  const [first] = fallen;
  if (!first) return [];
  const runs = 1 + Math.min(...fallen.map(({ name }) => runsServedBelow(same, name)));
  const isOld = runs >= LAG_RUNS;
  const since = isOld ? ` That is so for ${runs} runs.` : '';
  return [
    {
      detector: 'fallback',
      failure: 'SchemaDrift',
      fields: fallen.map(({ name }) => name).toSorted(),
      because: `The first locator of field "${first.name}" serves ${first.served[0] ?? 0} of ${served(first)} values; it used to serve nearly all, and a fallback serves the rest.${since}`,
      severity: isOld ? 'hold' : 'warn',
    },
  ];
}

function isServedBelow(field: FieldTally): boolean {
  return served(field) >= MIN_VALUES && firstShare([field]) < STILL_SERVES;
}

function usedToBeFirst(before: readonly FieldTally[]): boolean {
  const values = before.reduce((sum, field) => sum + served(field), 0);
  return values >= MIN_VALUES && firstShare(before) >= USED_TO_SERVE;
}

function firstShare(tallies: readonly FieldTally[]): number {
  const all = tallies.reduce((sum, field) => sum + served(field), 0);
  return all === 0 ? 1 : tallies.reduce((sum, field) => sum + (field.served[0] ?? 0), 0) / all;
}

function served(field: FieldTally): number {
  return field.served.reduce((sum, count) => sum + count, 0);
}

/** Newest runs in a row before this one. */
function runsServedBelow(good: readonly RunSummary[], name: string): number {
  const at = good.findIndex(({ fields }) => {
    const field = fields.find((one) => one.name === name);
    return field === undefined || !isServedBelow(field);
  });
  return at === -1 ? good.length : at;
}
