import type { RunStatus } from '../collection/run-status.ts';
import { FAILURES, type FailureName } from '../failures.ts';

/** What a run on a fix (its shadow run, or one of its probation) is judged by, beside what was learned before the break. */
export interface VerificationFacts {
  readonly run: {
    readonly status: RunStatus;
    readonly failure?: FailureName;
    /** It ended `partial` or `held` for nothing but deletions that an open incident keeps back. */
    readonly onlyDeletionsKept?: boolean;
  };
  readonly records: number;
  /** Records of the runs that the lagged baseline is made of, or those that the pages of a shadow run held before; absent without any. */
  readonly baselineRecords?: number;
  readonly required: readonly RequiredFieldFacts[];
  /** Values of fields that must not change, in documents that are known from before. Absent where no field is `stable`. */
  readonly stable?: {
    readonly joined: number;
    readonly equal: number;
    /** How many could be joined at most: samples that there are. */
    readonly known: number;
  };
  /** Records that broke what the spec expects, and did not before. */
  readonly newViolations: { readonly required: number; readonly optional: number };
}

export interface RequiredFieldFacts {
  readonly field: string;
  /** Share of the records with a value, 0..1. */
  readonly rate: number;
  /** The same before the break; absent without a baseline. */
  readonly learnedRate?: number;
}

export type Finding = 'good' | 'bad' | 'inconclusive';

export interface VerificationCheck {
  readonly check: 'records' | 'required fields' | 'stable values' | 'violations' | 'run';
  readonly verdict: Finding;
  /** A sentence with the numbers. */
  readonly because: string;
}

export interface Verification {
  readonly verdict: Finding;
  readonly checks: readonly VerificationCheck[];
}

/**
 * The three-valued check (repair 11): one bad is bad, else one inconclusive is inconclusive. No data is never good and never bad. Pure and
 * total; numbers that are none count as no data.
 */
export function verify(facts: VerificationFacts): Verification {
  const run = runCheck(facts);
  // Nothing was read of a source that is down: its numbers would be those of silence.
  if (run.verdict === 'inconclusive' && facts.run.status === 'failed')
    return { verdict: 'inconclusive', checks: [run] };
  const checks = [
    run,
    recordsCheck(facts),
    requiredCheck(facts),
    ...(facts.stable === undefined ? [] : [stableCheck(facts.stable)]),
    violationsCheck(facts),
  ];
  return { verdict: worst(checks), checks };
}

function worst(checks: readonly VerificationCheck[]): Finding {
  if (checks.some(({ verdict }) => verdict === 'bad')) return 'bad';
  return checks.every(({ verdict }) => verdict === 'good') ? 'good' : 'inconclusive';
}

/** The sentence of the check that decided. */
export function decidingSentence({ verdict, checks }: Verification): string {
  const deciding = checks.filter((one) => one.verdict === verdict);
  return (verdict === 'good' ? deciding.slice(0, 2) : deciding)
    .map(({ because }) => because)
    .join(' ');
}

const BASELINE_LOW = 0.8;
const BASELINE_HIGH = 1.25;
const COLLAPSED = 0.3;
const RATE_SLACK = 0.01;
const RATE_LOSS = 0.05;
const MIN_RECORDS = 20;
const EQUAL_SHARE = 0.98;
const UNEQUAL_SHARE = 0.9;
const MIN_JOINED = 10;

function runCheck({ run }: VerificationFacts): VerificationCheck {
  const { status, failure, onlyDeletionsKept = false } = run;
  const name = failure === undefined ? '' : ` (${failure})`;
  const because = `The run ended ${status}${name}.`;
  if (status === 'succeeded') return { check: 'run', verdict: 'good', because };
  if (status !== 'failed' && onlyDeletionsKept) {
    const kept =
      'The run read everything; only deletions are kept back while the incident is open.';
    return { check: 'run', verdict: 'good', because: kept };
  }
  const isRepairable = failure !== undefined && FAILURES[failure].repairable;
  // A detector holds a run by the name of what broke: as bad as failing with it.
  const isBad = isRepairable && (status === 'failed' || status === 'held');
  return { check: 'run', verdict: isBad ? 'bad' : 'inconclusive', because };
}

function recordsCheck({ records, baselineRecords }: VerificationFacts): VerificationCheck {
  const check = 'records';
  if (baselineRecords === undefined || !(baselineRecords > 0) || !(records >= 0)) {
    const because = `There were ${records} records, and no baseline to compare with.`;
    return { check, verdict: 'inconclusive', because };
  }
  const because = `There were ${records} records; before the break about ${Math.round(baselineRecords)}.`;
  const share = records / baselineRecords;
  if (share < COLLAPSED) return { check, verdict: 'bad', because };
  const isNear = share >= BASELINE_LOW && share <= BASELINE_HIGH;
  return { check, verdict: isNear ? 'good' : 'inconclusive', because };
}

/** A source that never has as many records is judged by all that it has. */
function requiredCheck({
  required,
  records,
  baselineRecords,
}: VerificationFacts): VerificationCheck {
  const check = 'required fields';
  if (required.length === 0) return { check, verdict: 'good', because: 'No field is required.' };
  const judged = required.map((one) => ({ ...one, verdict: rateVerdict(one) }));
  const bad = judged.filter(({ verdict }) => verdict === 'bad');
  if (bad.length > 0) return { check, verdict: 'bad', because: bad.map(rateText).join(' ') };
  const enough = Math.min(MIN_RECORDS, baselineRecords ?? MIN_RECORDS);
  if (!(records >= enough)) {
    const because = `${records} records are too few to judge the required fields.`;
    return { check, verdict: 'inconclusive', because };
  }
  const open = judged.filter(({ verdict }) => verdict === 'inconclusive');
  if (open.length > 0)
    return { check, verdict: 'inconclusive', because: open.map(rateText).join(' ') };
  return { check, verdict: 'good', because: `All ${required.length} required fields are there.` };
}

function rateVerdict({ rate, learnedRate = 1 }: RequiredFieldFacts): Finding {
  if (rate >= learnedRate - RATE_SLACK) return 'good';
  return rate < learnedRate - RATE_LOSS ? 'bad' : 'inconclusive';
}

function rateText({ field, rate, learnedRate = 1 }: RequiredFieldFacts): string {
  return `"${field}" is there in ${percent(rate)} of the records, before the break in ${percent(learnedRate)}.`;
}

function stableCheck({
  joined,
  equal,
  known,
}: NonNullable<VerificationFacts['stable']>): VerificationCheck {
  const check = 'stable values';
  const because = `${equal} of ${joined} values that must not change are as they were.`;
  const share = joined > 0 ? equal / joined : Number.NaN;
  const isEnough = joined > 0 && joined >= Math.min(MIN_JOINED, known);
  if (!isEnough) return { check, verdict: 'inconclusive', because };
  if (share >= EQUAL_SHARE) return { check, verdict: 'good', because };
  return { check, verdict: share < UNEQUAL_SHARE ? 'bad' : 'inconclusive', because };
}

function violationsCheck({ newViolations }: VerificationFacts): VerificationCheck {
  const { required, optional } = newViolations;
  const check = 'violations';
  if (required > 0)
    return {
      check,
      verdict: 'bad',
      because: `${required} required values are not as the spec expects them.`,
    };
  if (optional > 0)
    return {
      check,
      verdict: 'inconclusive',
      because: `${optional} optional values are not as the spec expects them.`,
    };
  const isKnown = required === 0 && optional === 0;
  const because = isKnown
    ? 'Every value is as the spec expects it.'
    : 'Violations were not counted.';
  return { check, verdict: isKnown ? 'good' : 'inconclusive', because };
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
