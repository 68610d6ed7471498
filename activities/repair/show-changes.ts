import type { ExtractedRecord, FieldValue } from '../../workflows/collection/extraction-spec.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import type { TriedBody } from '../../workflows/repair/spec-checks.ts';
import type { EvidenceView } from '../strategies/contract.ts';

/** A field then and now, for people: one line each. */
export interface ValueLine {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** A patch for people, a line an operation, at most 2 KB. What comes from a page is made harmless: one line, no control characters. */
export function patchLines(patch: SpecPatch): readonly string[] {
  const lines = patch.map((operation) => {
    const value = 'value' in operation ? ` ${JSON.stringify(operation.value)}` : '';
    const from = 'from' in operation ? ` from ${operation.from}` : '';
    return oneLine(`${operation.op} ${operation.path}${from}${value}`, MAX_LINE);
  });
  return within(lines, (line) => line);
}

/**
 * What the fields of the failing pages were when all was well, or what the spec in force reads now, and what they become, at most 2 KB: the
 * first document of each field, then more documents in turn, those that differ from before first.
 */
export function valueLines(
  { failingFields, spec, good }: EvidenceView,
  bodies: readonly TriedBody[],
): readonly ValueLine[] {
  const failing = bodies.filter(({ role }) => role === 'failing');
  const names = failingFields.includes('')
    ? Object.keys(spec.fields)
    : failingFields.filter((name) => Object.hasOwn(spec.fields, name));
  const lines = names.map((field) => linesOf(field, failing, good[0]?.records ?? []));
  const turns = Array.from({ length: MAX_DOCUMENTS }, (_, turn) =>
    lines.flatMap((ofField) => ofField[turn] ?? []),
  );
  return within(turns.flat(), ({ field, before, after }) => field + before + after);
}

/** Of each document of a field one line; the same line tells nothing twice. */
function linesOf(
  field: string,
  failing: readonly TriedBody[],
  newest: readonly ExtractedRecord[],
): readonly ValueLine[] {
  const found = failing.map(({ good, after }) => {
    const [now] = after.records.flatMap((record) => record[field] ?? []);
    const [then] = (good ?? newest).flatMap((record) => record[field] ?? []);
    return { isRead: now !== undefined, field, before: shown(then), after: shown(now) };
  });
  const ordered = found
    .filter(({ isRead, before }) => isRead || before !== NOTHING)
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ before, after }) => ({ field, before, after }));
  const once = [...new Map(ordered.map((line) => [JSON.stringify(line), line])).values()];
  return once.length > 0 ? once : [{ field, before: NOTHING, after: NOTHING }];
}

/** Another value is what people must look at. */
function rank({ before, after }: ValueLine): number {
  return before === after ? 1 : 0;
}

/** Of one field. */
const MAX_DOCUMENTS = 5;
const NOTHING = '(nothing)';
const MAX_LINE = 300;
const MAX_VALUE = 200;
const MAX_BYTES = 2_048;
/** Keys, quotes and commas of a line in JSON. */
const OVERHEAD_BYTES = 40;

function shown(value: FieldValue | undefined): string {
  return value === undefined ? NOTHING : oneLine(String(value), MAX_VALUE);
}

/** Also without bidirectional controls, which make a text look like another one. */
function oneLine(text: string, most: number): string {
  const clean = text
    .slice(0, most * 4)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return clean.length <= most ? clean : `${clean.slice(0, most - 1).toWellFormed()}…`;
}

function within<T>(lines: readonly T[], textOf: (line: T) => string): readonly T[] {
  let bytes = 0;
  return lines.filter((line) => {
    bytes += Buffer.byteLength(JSON.stringify(textOf(line))) + OVERHEAD_BYTES;
    return bytes <= MAX_BYTES;
  });
}
