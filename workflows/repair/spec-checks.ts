import type { ExtractedRecord, Extraction, ExtractionSpec } from '../collection/extraction-spec.ts';
import { checkReport, type CheckReport } from './checks.ts';
import { looksLearned, type LearnedFields } from './learned-fields.ts';
import { MISREAD_SHARE, misreadings, type Misread } from './misread.ts';

/** One body, read by the spec in force and by the candidate. */
export interface TriedBody {
  readonly url: string;
  /** `failing` bodies are the incident's; `shown` ones were seen by strategies, `held-out` ones by nobody. */
  readonly role: 'failing' | 'shown' | 'held-out';
  readonly before: Extraction;
  readonly after: Extraction;
  /** The candidate once more on the same body; absent where it was not run again. */
  readonly again?: Extraction;
  /** What the last good run read at this address, whatever its body was then. */
  readonly good?: readonly ExtractedRecord[];
  /** Fields whose last good value this body shows somewhere; absent where nobody looked. */
  readonly standing?: readonly string[];
}

export interface SpecTrial {
  /** The candidate's spec. */
  readonly spec: ExtractionSpec;
  /** Fields of the incident; `records` itself is the empty text. */
  readonly failingFields: readonly string[];
  readonly learned: LearnedFields;
  readonly bodies: readonly TriedBody[];
}

export interface SpecVerdict {
  /** One report for each behavioural check, in their order; `schema` and `paths` are judged before anything is run. */
  readonly reports: readonly CheckReport[];
  /** For the score; each 0..1, and 0 where nothing could be tried. */
  readonly shares: {
    readonly f2p: number;
    readonly p2p: number;
    readonly holdout: number;
    readonly oracle: number;
  };
}

/** Judges a candidate by what it read: pure, total, and never kinder than the bodies that there are. */
export function judgeSpec(trial: SpecTrial): SpecVerdict {
  const f2p = tally(failingUnits(trial));
  const p2p = tally(passingUnits(trial));
  const holdout = tally(heldOutBodies(trial));
  const oracle = tally(oracleCells(trial));
  const misread = misreadings(trial.spec, trial.bodies);
  const reports = [
    reportOf('f2p', f2p, 1),
    reportOf('p2p', p2p, 1),
    reportOf('holdout', holdout, 1),
    withMisread(reportOf('oracle', oracle, ORACLE_SHARE), misread),
    reportOf('required', tally(requiredUnits(trial)), 1),
    reportOf('output', tally(outputs(trial)), 1),
    reportOf('deterministic', tally(repetitions(trial)), 1),
  ];
  const shares = {
    f2p: f2p.share,
    p2p: p2p.share,
    holdout: holdout.share,
    oracle: Math.min(oracle.share, 1 - misread.share),
  };
  return { reports, shares };
}

/** Values may be new where a page is: the score weighs the share, the check fails when most look wrong. */
const ORACLE_SHARE = 0.5;

/** One thing that was tried: a field on a body, a body, or a value. */
interface Unit {
  readonly passed: boolean;
  /** A clause without full stop, for the findings. */
  readonly what: string;
}

interface Tally {
  readonly tried: number;
  readonly share: number;
  readonly failed: readonly string[];
}

function tally(units: readonly Unit[]): Tally {
  const failed = units.filter(({ passed }) => !passed).map(({ what }) => `${what}.`);
  const share = units.length === 0 ? 0 : (units.length - failed.length) / units.length;
  return { tried: units.length, share, failed };
}

function reportOf(
  check: CheckReport['check'],
  { tried, share, failed }: Tally,
  least: number,
): CheckReport {
  if (tried === 0) return checkReport(check, 'inconclusive', ['There was nothing to try it on.']);
  return checkReport(check, share >= least ? 'pass' : 'fail', failed);
}

/** A value that looks well may be of another place: that is no question of how many of all values look well. */
function withMisread(report: CheckReport, { share, findings }: Misread): CheckReport {
  if (findings.length === 0) return report;
  const verdict = share >= MISREAD_SHARE ? 'fail' : report.verdict;
  return checkReport(report.check, verdict, [...findings, ...report.findings]);
}

function failingUnits(trial: SpecTrial): readonly Unit[] {
  return bodiesOf(trial, 'failing').flatMap((body) =>
    unitsOf(trial)
      .filter((field) => trial.failingFields.includes(field) || !holds(trial, body.before, field))
      .map((field) => ({
        passed: holds(trial, body.after, field),
        what: `${nameOf(field)} still fails on "${body.url}"`,
      })),
  );
}

function passingUnits(trial: SpecTrial): readonly Unit[] {
  return bodiesOf(trial, 'failing', 'shown').flatMap((body) =>
    unitsOf(trial)
      .filter((field) => holds(trial, body.before, field) && !isFailing(trial, body, field))
      .map((field) => ({
        passed: holds(trial, body.after, field),
        what: `${nameOf(field)} passed before on "${body.url}" and fails now`,
      })),
  );
}

function isFailing({ failingFields }: SpecTrial, { role }: TriedBody, field: string): boolean {
  return role === 'failing' && failingFields.includes(field);
}

function heldOutBodies(trial: SpecTrial): readonly Unit[] {
  return bodiesOf(trial, 'held-out').map((body) => ({
    passed: unitsOf(trial).every((field) => holds(trial, body.after, field)),
    what: `The held-out body of "${body.url}" does not satisfy the spec`,
  }));
}

function requiredUnits(trial: SpecTrial): readonly Unit[] {
  return trial.bodies.map(({ url, role, before, after }) => ({
    passed:
      requiredMisses(after) === 0 ||
      (role !== 'failing' && requiredMisses(after) <= requiredMisses(before)),
    what: `A required field is missing on "${url}"`,
  }));
}

/** A body without records misses everything. */
function requiredMisses({ records, misses }: Extraction): number {
  return records.length === 0 ? Infinity : misses.filter(({ required }) => required).length;
}

function outputs({ bodies }: SpecTrial): readonly Unit[] {
  return bodies.map(({ url, after }) => ({
    passed: after.records.some((record) => Object.keys(record).length > 0),
    what: `Nothing is read from "${url}"`,
  }));
}

function repetitions({ bodies }: SpecTrial): readonly Unit[] {
  return bodies.flatMap(({ url, after, again }) =>
    again
      ? [{ passed: isSame(after.records, again.records), what: `Two runs differ on "${url}"` }]
      : [],
  );
}

/** Each value on a failing or held-out body: equal to the last good one where it must be, else like those that were learned. */
function oracleCells({ spec, learned, bodies }: SpecTrial): readonly Unit[] {
  const key = keyField(spec);
  return bodies
    .filter(({ role }) => role !== 'shown')
    .flatMap(({ url, after, good = [] }) =>
      after.records.flatMap((record) => {
        const then = joined(record, key, after.records, good);
        return Object.entries(spec.fields).flatMap(([field, { stable, required }]) => {
          const [now, before, known] = [record[field], then?.[field], learned[field]];
          const what = `${nameOf(field)} of "${url}" is unlike what it was`;
          if (now === undefined) return required ? [{ passed: false, what }] : [];
          if (stable && before !== undefined) return [{ passed: isSame(now, before), what }];
          return known ? [{ passed: looksLearned(known, now), what }] : [];
        });
      }),
    );
}

/** What tells records of a list apart: the first field that every record has and that stays. */
function keyField({ fields }: ExtractionSpec): string | undefined {
  return Object.keys(fields).find(
    (name) => fields[name]?.stable && fields[name].required && fields[name].cardinality === 'one',
  );
}

/** The good record of the same document: the only one of a page, else the one with the same key. */
function joined(
  record: ExtractedRecord,
  key: string | undefined,
  now: readonly ExtractedRecord[],
  good: readonly ExtractedRecord[],
): ExtractedRecord | undefined {
  if (now.length === 1 && good.length === 1) return good[0];
  const id = key === undefined ? undefined : record[key];
  if (key === undefined || id === undefined) return undefined;
  return good.find((one) => isSame(one[key], id));
}

/** The records themselves, as the empty text, and every field. */
function unitsOf({ spec }: SpecTrial): readonly string[] {
  return ['', ...Object.keys(spec.fields).toSorted()];
}

/** Is the field there as it has to be: on every record where it is required, as often as learned where it is not, and without violations? */
function holds({ spec, learned }: SpecTrial, extraction: Extraction, field: string): boolean {
  const { records, misses, violations } = extraction;
  if (records.length === 0) return false;
  if (field === '') return !misses.some((miss) => miss.field === undefined);
  if (violations.some((violation) => violation.field === field)) return false;
  const present = records.filter((record) => record[field] !== undefined).length / records.length;
  if (spec.fields[field]?.required) return present === 1;
  const rate = learned[field]?.rate ?? 0;
  return rate === 0 || present >= rate - RATE_MARGIN || (rate < 1 && records.length < FEW_RECORDS);
}

/** As in probation: within five points of the learned rate, and no judgement on an optional field from few records. */
const RATE_MARGIN = 0.05;
const FEW_RECORDS = 20;

function bodiesOf(
  { bodies }: SpecTrial,
  ...roles: readonly TriedBody['role'][]
): readonly TriedBody[] {
  return bodies.filter(({ role }) => roles.includes(role));
}

function nameOf(field: string): string {
  return field === '' ? 'The list of records' : `Field "${field}"`;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
