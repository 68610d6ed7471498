import type { ExtractionSpec } from '../collection/extraction-spec.ts';
import { isMap } from '../is-map.ts';
import { copyPlain, parsePatch, parsePointer, type PatchOperation } from './patch.ts';

export type AppliedPatch = { readonly spec: ExtractionSpec } | { readonly refused: string };

/**
 * Applies a patch to a canonical spec: all operations or none. Total and pure: whatever `patch` is, the answer is a new spec or the
 * sentence that says why not. Only the shape of a patch is judged here; whether the new spec is one, `validateSpec` of the extraction says.
 */
export function applyPatch(spec: ExtractionSpec, patch: unknown): AppliedPatch {
  const parsed = parsePatch(patch);
  if ('refused' in parsed) return parsed;
  const { records, fields, next, decode } = spec;
  // Only these parts are handed over, so nothing else of a spec can be reached.
  let parts: Json = copyPlain({ records, fields, next, decode }, MAX_SPEC_BYTES);
  for (const [at, operation] of parsed.patch.entries()) {
    const done = perform(parts, operation);
    if ('refused' in done) {
      return { refused: `Operation ${at} of the patch (${operation.op}) ${done.refused}.` };
    }
    parts = done.value;
  }
  // Copies of copies grow without bound, and are shared until here.
  const whole = copyPlain(parts, MAX_SPEC_BYTES);
  if (whole === undefined) {
    return {
      refused: 'The patched spec would be too large or nested too deeply. Make it smaller.',
    };
  }
  return { spec: { v: spec.v, source: spec.source, ...whole } as ExtractionSpec };
}

const MAX_SPEC_BYTES = 1024 * 1024;

type Json = unknown;
type Path = readonly string[];
type Done = { readonly value: Json } | { readonly refused: string };

function perform(document: Json, operation: PatchOperation): Done {
  const path = parsePointer(operation.path) ?? [];
  if ('from' in operation) return carried(document, operation, path);
  if (operation.op === 'add') return change(document, path, addition(operation.value));
  if (operation.op === 'replace') return change(document, path, replacement(operation.value));
  if (operation.op === 'remove') return change(document, path, removal);
  return tested(document, path, operation.value);
}

function tested(document: Json, path: Path, expected: Json): Done {
  const found = look(document, path);
  if (!found) return missing(path);
  return isEqual(found.value, expected)
    ? { value: document }
    : { refused: `found another value at "${shown(path)}" than it expects` };
}

function carried(
  document: Json,
  { op, from }: Extract<PatchOperation, { readonly from: string }>,
  path: Path,
): Done {
  const source = parsePointer(from) ?? [];
  const found = look(document, source);
  if (!found) return missing(source);
  if (op === 'copy') return change(document, path, addition(found.value));
  if (isEqual(source, path)) return { value: document };
  if (isEqual(source, path.slice(0, source.length))) {
    return { refused: `would move "${shown(source)}" into itself` };
  }
  const without = change(document, source, removal);
  return 'refused' in without ? without : change(without.value, path, addition(found.value));
}

/** What happens to the container that holds the last key of a path. */
interface Change {
  readonly list: (list: readonly Json[], key: string) => readonly Json[] | undefined;
  readonly map: (map: JsonMap, key: string) => JsonMap | undefined;
}

type JsonMap = Readonly<Record<string, Json>>;

function addition(value: Json): Change {
  return {
    list: (list, key) => {
      const at = key === '-' ? list.length : indexOf(key, list.length);
      return at === undefined ? undefined : [...list.slice(0, at), value, ...list.slice(at)];
    },
    map: (map, key) => ({ ...map, [key]: value }),
  };
}

function replacement(value: Json): Change {
  return {
    list: (list, key) => {
      const at = indexOf(key, list.length - 1);
      return at === undefined ? undefined : list.with(at, value);
    },
    map: (map, key) => (Object.hasOwn(map, key) ? { ...map, [key]: value } : undefined),
  };
}

const removal: Change = {
  list: (list, key) => {
    const at = indexOf(key, list.length - 1);
    return at === undefined ? undefined : list.toSpliced(at, 1);
  },
  map: (map, key) => {
    if (!Object.hasOwn(map, key)) return undefined;
    const { [key]: _, ...rest } = map;
    return rest;
  },
};

/** A copy of the document with one container changed; everything beside the path is shared. */
function change(document: Json, path: Path, how: Change): Done {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    const changed = Array.isArray(document)
      ? how.list(document, key)
      : isMap(document)
        ? how.map(document, key)
        : undefined;
    return changed === undefined ? missing(path) : { value: changed };
  }
  const inner = step(document, key);
  const changed = inner ? change(inner.value, rest, how) : missing(path);
  if ('refused' in changed) return missing(path);
  return change(document, [key], replacement(changed.value));
}

function look(document: Json, path: Path): { readonly value: Json } | undefined {
  return path.reduce<{ readonly value: Json } | undefined>(
    (here, key) => here && step(here.value, key),
    { value: document },
  );
}

function step(container: Json, key: string): { readonly value: Json } | undefined {
  if (Array.isArray(container)) {
    const at = indexOf(key, container.length - 1);
    return at === undefined ? undefined : { value: container[at] as Json };
  }
  return isMap(container) && Object.hasOwn(container, key) ? { value: container[key] } : undefined;
}

/** An index as the standard writes it: digits without leading zeros, at most `last`. */
function indexOf(key: string, last: number): number | undefined {
  if (!/^(?:0|[1-9]\d{0,5})$/.test(key)) return undefined;
  return Number(key) <= last ? Number(key) : undefined;
}

function missing(path: Path): { readonly refused: string } {
  return { refused: `has no place "${shown(path)}" in the spec` };
}

function shown(path: Path): string {
  return `/${path.join('/')}`.slice(0, 120);
}

/** Equal as JSON: keys in any order. */
export function isEqual(one: Json, other: Json): boolean {
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, at) => isEqual(item, other[at]));
  }
  if (!isMap(one) || !isMap(other)) return one === other;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key]))
  );
}
