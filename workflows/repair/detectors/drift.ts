import type { FieldTally, RunSummary, Spread } from '../run-summary.ts';
import { laggedBaseline, recordsOf, talliesOf } from './baseline.ts';
import type { Finding, RunFacts } from './finding.ts';
import { beyondRange, percent } from './rate.ts';

/** So many values are a profile; so few say nothing against it. */
const MIN_LEARNED = 10;
const MIN_VALUES = 5;
/** Texts and lists beyond these shares of their usual size have become something else. */
const MIN_SIZE_SHARE = 0.3;
const MAX_SIZE_SHARE = 5;
/** From this share on, values in forms never seen before are another format. */
const NEW_FORMS_SHARE = 0.5;
/** So many of its values have numbers in their form, or are addresses: words have no format. */
const FORMED_SHARE = 0.9;

/** Values that leave what the extraction allows of them, or what they have always looked like: range, cardinality, length, format. */
export function drift({ run, good }: RunFacts): readonly Finding[] {
  const baseline = laggedBaseline(good);
  const drifted = run.fields.flatMap((field) => {
    const because = driftOf(field, baseline);
    return because === undefined ? [] : [{ name: field.name, because }];
  });
  const [first] = drifted;
  if (!first) return [];
  const more = drifted.length > 1 ? ` ${drifted.length - 1} more drifted, too.` : '';
  return [
    {
      detector: 'drift',
      failure: 'SchemaDrift',
      fields: drifted.map(({ name }) => name).toSorted(),
      because: `Field "${first.name}" drifted: ${first.because}.${more}`,
      severity: 'hold',
    },
  ];
}

/** A clause; undefined while the field is as usual. */
function driftOf(field: FieldTally, runs: readonly RunSummary[]): string | undefined {
  const before = talliesOf(runs, field.name);
  return (
    moreViolations(field, before) ??
    otherNumbers(field.numeric, pooled(before.map(({ numeric }) => numeric))) ??
    otherSize('characters', field.length, pooled(before.map(({ length }) => length)), 20) ??
    otherSize('values in a record', field.items, pooled(before.map(({ items }) => items)), 2) ??
    otherForms(field, before)
  );
}

function moreViolations(field: FieldTally, before: readonly FieldTally[]): string | undefined {
  const rate = (one: FieldTally) => ({ hits: violationsOf(one), of: recordsOf(one) });
  const verdict = beyondRange(rate(field), before.map(rate));
  if (!verdict) return undefined;
  return `${violationsOf(field)} of ${recordsOf(field)} values break "expect"; ${percent(verdict.usual)} is usual`;
}

function violationsOf({ violations, present, missing }: FieldTally): number {
  const sum = Object.values(violations).reduce((total, count) => total + count, 0);
  return Math.min(sum, present + missing);
}

/** The mean lies outside of everything seen, by more than all that was seen spans. */
function otherNumbers(now: Spread | undefined, usual: Spread | undefined): string | undefined {
  if (!now || !usual || now.count < MIN_VALUES || usual.count < MIN_LEARNED) return undefined;
  const mean = now.sum / now.count;
  const { min, max } = usual;
  const width = Math.max(max - min, Math.abs(usual.sum / usual.count) / 2);
  const isFar = mean > max + width || mean < min - width || (min > 0 && mean < min / 2);
  if (!isFar) return undefined;
  return `its numbers are ${rounded(mean)} in the mean, and were between ${rounded(min)} and ${rounded(max)}`;
}

function otherSize(
  unit: string,
  now: Spread | undefined,
  usual: Spread | undefined,
  least: number,
): string | undefined {
  if (!now || !usual || now.count < MIN_VALUES || usual.count < MIN_LEARNED) return undefined;
  const [mean, before] = [now.sum / now.count, usual.sum / usual.count];
  const isFar = mean < before * MIN_SIZE_SHARE || mean > before * MAX_SIZE_SHARE;
  if (!isFar || Math.abs(mean - before) < least) return undefined;
  return `it has ${rounded(mean)} ${unit} in the mean, and had ${rounded(before)}`;
}

function otherForms(field: FieldTally, before: readonly FieldTally[]): string | undefined {
  const usual = new Map<string, number>();
  for (const { forms } of before) addForms(usual, forms);
  const learned = total(usual);
  const formed = [...usual].filter(([form]) => isFormed(form));
  if (learned < MIN_LEARNED || countOf(formed) < learned * FORMED_SHARE) return undefined;
  const now = new Map<string, number>();
  addForms(now, field.forms);
  const many = countOf([...now].filter(([form]) => !usual.has(form)));
  if (total(now) < MIN_VALUES || many < total(now) * NEW_FORMS_SHARE) return undefined;
  return `${many} of ${total(now)} values have a form that it never had`;
}

/** How long a number or a word is makes no other form. */
function addForms(sums: Map<string, number>, forms: FieldTally['forms']): void {
  for (const [form, count] of Object.entries(forms)) {
    const shape = form.replaceAll(/([9Aa ])\1+/g, '$1');
    sums.set(shape, (sums.get(shape) ?? 0) + count);
  }
}

function isFormed(form: string): boolean {
  return form.includes('9') || form.endsWith(':') || form === 'number' || form === 'boolean';
}

function total(forms: ReadonlyMap<string, number>): number {
  return countOf([...forms]);
}

function countOf(forms: readonly (readonly [string, number])[]): number {
  return forms.reduce((sum, [, count]) => sum + count, 0);
}

function pooled(spreads: readonly (Spread | undefined)[]): Spread | undefined {
  const known = spreads.filter((one) => one !== undefined);
  if (known.length === 0) return undefined;
  return {
    count: known.reduce((sum, { count }) => sum + count, 0),
    sum: known.reduce((total_, { sum }) => total_ + sum, 0),
    min: Math.min(...known.map(({ min }) => min)),
    max: Math.max(...known.map(({ max }) => max)),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
