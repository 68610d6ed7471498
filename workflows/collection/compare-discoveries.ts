import type { DiscoveredStream } from './inspection.ts';

/** The shape of a source: what its documents are made of, without anything that changes with each document. In a fixed order. */
export interface SourceShape {
  readonly streams: readonly ShapedStream[];
  /** The definition wants to be asked about additions, too. */
  readonly frozen?: true;
}

export interface ShapedStream extends Omit<DiscoveredStream, 'count'> {
  /** Nothing of the definition hangs on it: it may go. */
  readonly optional?: true;
}

/** The differences between two shapes, each as a clause for people. */
export interface ShapeChanges {
  /** Additions that break nothing. */
  readonly noted: readonly string[];
  /** What the stored documents or the cursor may hang on. */
  readonly broken: readonly string[];
}

/** In a fixed order and without anything else, so that equal shapes have equal digests. */
export function shapeOf({ streams, frozen }: SourceShape): SourceShape {
  return {
    ...(frozen ? { frozen } : {}),
    streams: streams
      .map(({ name, primaryKey, cursorCandidates, fields, optional }) => ({
        name,
        ...(optional ? { optional } : {}),
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
 * noted, and so is a field that may be empty now, unless the shape is frozen. Pure; a shape compared with itself has no changes.
 */
export function compareDiscoveries(before: SourceShape, after: SourceShape): ShapeChanges {
  const now = new Map(after.streams.map((stream) => [stream.name, stream]));
  const known = new Set(before.streams.map(({ name }) => name));
  const all = before.streams.map((stream) => {
    const match = now.get(stream.name);
    return match ? compareStreams(stream, match) : lostStream(stream);
  });
  const added = after.streams.filter(({ name }) => !known.has(name));
  const noted = [
    ...all.flatMap((one) => one.noted),
    ...added.map(({ name }) => `"${name}" is new`),
  ];
  const broken = all.flatMap((one) => one.broken);
  return after.frozen ? { noted: [], broken: [...broken, ...noted] } : { noted, broken };
}

function lostStream({ name, optional }: ShapedStream): ShapeChanges {
  const gone = [`"${name}" is gone`];
  return optional ? { noted: gone, broken: [] } : { noted: [], broken: gone };
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
