import type { Expectation, ExtractionSpec, FieldSpec } from '../collection/extraction-spec.ts';

/**
 * What a spec demands less of its documents than another one, one sentence each. A fix says where values stand; to be content with less is for
 * people to decide, in the files.
 */
export function weakerDemands(before: ExtractionSpec, after: ExtractionSpec): readonly string[] {
  const fields = Object.entries(before.fields).flatMap(([name, field]) => {
    const now = after.fields[name];
    return now === undefined
      ? [`It removes the field "${name}".`]
      : lessOf(field, now).map((what) => `It ${what} field "${name}".`);
  });
  return [...fields, ...lessOfList(before, after)];
}

function lessOf(before: FieldSpec, after: FieldSpec): readonly string[] {
  return [
    ...(before.required && !after.required ? ['no longer requires'] : []),
    ...(before.stable && !after.stable ? ['no longer calls stable the'] : []),
    ...(before.type !== after.type ? ['changes the type of'] : []),
    ...(before.cardinality !== after.cardinality ? ['changes how many values has the'] : []),
    ...(isWider(before.expect ?? {}, after.expect ?? {}) ? ['expects less of'] : []),
  ];
}

function isWider(before: Expectation, after: Expectation): boolean {
  const lower = LOWEST.some((key) => isBeyond(before[key], after[key], -1));
  const higher = HIGHEST.some((key) => isBeyond(before[key], after[key], 1));
  const { values } = before;
  const more =
    values !== undefined && !(after.values ?? [OTHER]).every((one) => values.includes(one));
  return lower || higher || more;
}

const LOWEST = ['min', 'minItems', 'minLength'] as const;
const HIGHEST = ['max', 'maxItems', 'maxLength'] as const;
/** Without a list of values every value is expected. */
const OTHER = '\u{0}';

function isBeyond(before: number | undefined, after: number | undefined, sign: 1 | -1): boolean {
  if (before === undefined) return false;
  return after === undefined || (after - before) * sign > 0;
}

function lessOfList(before: ExtractionSpec, after: ExtractionSpec): readonly string[] {
  const pages = before.next?.maxPages ?? 0;
  return [
    ...(before.records !== undefined && after.records === undefined
      ? ['It makes one record of a list.']
      : []),
    ...(before.next !== undefined && after.next === undefined
      ? ['It no longer goes on to the following pages.']
      : []),
    ...(after.next !== undefined && after.next.maxPages < pages
      ? ['It goes on to fewer pages.']
      : []),
  ];
}
