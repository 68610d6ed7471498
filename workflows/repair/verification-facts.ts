import type { FieldTally, RunSummary } from './run-summary.ts';
import type { RequiredFieldFacts, VerificationFacts } from './verification.ts';

export interface ComparedRun {
  readonly summary: RunSummary;
  readonly failure?: VerificationFacts['run']['failure'];
  readonly onlyDeletionsKept?: boolean;
  /** Good runs from before the break, any order; may be empty. */
  readonly baseline: readonly RunSummary[];
  readonly stable?: VerificationFacts['stable'];
}

/**
 * What there is to say of a run on a fix, against the runs before the break. A page that was not modified since this spec has read it counts
 * with what it gave then, or a second run of probation would look empty.
 */
export function verificationFacts(compared: ComparedRun): VerificationFacts {
  const { summary, failure, onlyDeletionsKept, baseline, stable } = compared;
  const learned = baseline.filter(({ pages, unmodified }) => pages + unmodified > 0);
  const baselineRecords = median(learned.map((run) => recordsOf(run, perPage(learned))));
  return {
    run: {
      status: summary.status === 'running' ? 'held' : summary.status,
      ...(failure ? { failure } : {}),
      ...(onlyDeletionsKept ? { onlyDeletionsKept } : {}),
    },
    records: recordsOf(summary, perPage([summary, ...learned])),
    ...(baselineRecords === undefined ? {} : { baselineRecords }),
    required: summary.fields
      .filter(({ required }) => required)
      .map((field) => requiredFacts(field, learned)),
    ...(stable ? { stable } : {}),
    newViolations: newViolations(summary, learned),
  };
}

function recordsOf({ records, unmodified }: RunSummary, each: number): number {
  return records + unmodified * each;
}

/** Records of a page, by the runs that read any. */
function perPage(runs: readonly RunSummary[]): number {
  const pages = runs.reduce((sum, run) => sum + run.pages, 0);
  const records = runs.reduce((sum, run) => sum + run.records, 0);
  return pages > 0 ? records / pages : 1;
}

function requiredFacts(
  { name, present, missing }: FieldTally,
  baseline: readonly RunSummary[],
): RequiredFieldFacts {
  const learned = rateOf(
    baseline.flatMap(({ fields }) => fields.filter((one) => one.name === name)),
  );
  // Looked for nowhere: every page is as it was.
  const rate = rateOf([{ present, missing }]) ?? learned ?? 1;
  return { field: name, rate, ...(learned === undefined ? {} : { learnedRate: learned }) };
}

function rateOf(tallies: readonly Pick<FieldTally, 'present' | 'missing'>[]): number | undefined {
  const present = tallies.reduce((sum, one) => sum + one.present, 0);
  const all = tallies.reduce((sum, one) => sum + one.present + one.missing, 0);
  return all > 0 ? present / all : undefined;
}

/** Beyond the share that was usual before. */
function newViolations(
  summary: RunSummary,
  baseline: readonly RunSummary[],
): VerificationFacts['newViolations'] {
  const beyond = (field: FieldTally): number => {
    const usual = baseline.flatMap(({ fields }) => fields.filter((one) => one.name === field.name));
    const share = shareOf(usual);
    return Math.max(0, Math.round(violationsOf(field) - share * field.present));
  };
  const sum = (fields: readonly FieldTally[]): number =>
    fields.reduce((total, field) => total + beyond(field), 0);
  return {
    required: sum(summary.fields.filter(({ required }) => required)),
    optional: sum(summary.fields.filter(({ required }) => !required)),
  };
}

function shareOf(tallies: readonly FieldTally[]): number {
  const present = tallies.reduce((sum, one) => sum + one.present, 0);
  const broken = tallies.reduce((sum, one) => sum + violationsOf(one), 0);
  return present > 0 ? broken / present : 0;
}

function violationsOf({ violations }: FieldTally): number {
  return Object.values(violations).reduce((sum, count) => sum + (count ?? 0), 0);
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
