import type { DiscoveredStream, Discovery } from './inspection.ts';

/** The shape of a source: what its documents are made of, without anything that changes with each document. In a fixed order. */
export interface SourceShape {
  readonly streams: readonly ShapedStream[];
}

export type ShapedStream = Pick<
  DiscoveredStream,
  'name' | 'primaryKey' | 'cursorCandidates' | 'fields'
>;

/** The differences between two shapes, each as a clause for people. */
export interface ShapeChanges {
  /** Additions that break nothing. */
  readonly noted: readonly string[];
  /** What the stored documents or the cursor may hang on. */
  readonly broken: readonly string[];
}

/** The part of a discovery that is a promise about the next run: no counts. Sorted. */
export function shapeOf({ streams }: Discovery): SourceShape {
  return {
    streams: streams
      .map(({ name, primaryKey, cursorCandidates, fields }) => ({
        name,
        // The order of a key is part of it.
        ...(primaryKey ? { primaryKey } : {}),
        ...(cursorCandidates ? { cursorCandidates: cursorCandidates.toSorted(byText) } : {}),
        ...(fields
          ? { fields: fields.toSorted((a, b) => byText(a.name, b.name)).map(plainField) }
          : {}),
      }))
      .toSorted((a, b) => byText(a.name, b.name)),
  };
}

/**
 * What became of a source's shape. Lost streams, fields and cursors, other keys and other types are broken; new streams and fields are
 * noted, and so is a field that may be empty now. Pure; a shape compared with itself has no changes.
 */
export function compareDiscoveries(before: SourceShape, after: SourceShape): ShapeChanges {
  const now = new Map(after.streams.map((stream) => [stream.name, stream]));
  const known = new Set(before.streams.map(({ name }) => name));
  const all = before.streams.map((stream) => {
    const match = now.get(stream.name);
    return match
      ? compareStreams(stream, match)
      : { noted: [], broken: [`"${stream.name}" is gone`] };
  });
  const added = after.streams.filter(({ name }) => !known.has(name));
  return {
    noted: [...all.flatMap(({ noted }) => noted), ...added.map(({ name }) => `"${name}" is new`)],
    broken: all.flatMap(({ broken }) => broken),
  };
}

function compareStreams(before: ShapedStream, after: ShapedStream): ShapeChanges {
  const fields = compareFields(before, after);
  return {
    noted: fields.noted,
    broken: [...keyChanges(before, after), ...lostCursors(before, after), ...fields.broken],
  };
}

function keyChanges(before: ShapedStream, after: ShapedStream): readonly string[] {
  const [was, is] = [before.primaryKey ?? [], after.primaryKey ?? []];
  // Without a key before, nothing hangs on one.
  if (was.length === 0 || sameList(was, is)) return [];
  const now = is.length === 0 ? 'it has none now' : `it is (${is.join(', ')}) now`;
  return [`the key of "${before.name}" was (${was.join(', ')}), ${now}`];
}

function lostCursors(before: ShapedStream, after: ShapedStream): readonly string[] {
  const still = new Set(after.cursorCandidates);
  return (before.cursorCandidates ?? [])
    .filter((name) => !still.has(name))
    .map((name) => `"${name}" of "${before.name}" can no longer be a cursor`);
}

function compareFields(before: ShapedStream, after: ShapedStream): ShapeChanges {
  // A discovery that tells no fields says nothing about them.
  if (!before.fields || !after.fields) return { noted: [], broken: [] };
  const now = new Map(after.fields.map((field) => [field.name, field]));
  const known = new Set(before.fields.map(({ name }) => name));
  const broken = before.fields.flatMap(({ name, type }) => {
    const match = now.get(name);
    if (!match) return [`"${name}" of "${before.name}" is gone`];
    if (match.type === type) return [];
    return [`"${name}" of "${before.name}" was ${type}, it is ${match.type} now`];
  });
  const loosened = before.fields.flatMap(({ name, nullable }) =>
    nullable === false && now.get(name)?.nullable === true
      ? [`"${name}" of "${before.name}" may be empty now`]
      : [],
  );
  const added = after.fields
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => `"${name}" of "${before.name}" is new`);
  return { noted: [...added, ...loosened], broken };
}

function plainField({ name, type, nullable }: NonNullable<ShapedStream['fields']>[number]) {
  return { name, type, ...(nullable === undefined ? {} : { nullable }) };
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}

/** By code units: the same everywhere. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
