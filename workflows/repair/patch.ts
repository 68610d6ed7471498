import { isMap } from '../is-map.ts';

/**
 * A repair of an extraction spec: JSON Patch (RFC 6902) against the canonical spec, below `/fields`, `/records`, `/next` or `/decode`.
 * Everything else of a source (host, schedule, credentials, id) is out of its reach.
 */
export type SpecPatch = readonly PatchOperation[];

export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

export type ParsedPatch = { readonly patch: SpecPatch } | { readonly refused: string };

/** A spec is small, and so is its repair; what is larger is none. */
const MAX_OPERATIONS = 50;
const MAX_PATCH_BYTES = 64 * 1024;

/**
 * Reads a patch from anything. Total: what is no patch gives the sentence that says why; thrown as a failure it is `InvalidAgentOutput`.
 * The answer is a copy that shares nothing with the input, and names no place outside of a spec's patchable parts.
 */
export function parsePatch(input: unknown): ParsedPatch {
  try {
    return readPatch(input);
  } catch {
    // A hostile object: its getters or its proxy threw.
    return { refused: 'The patch is no plain data. Give a JSON Patch (RFC 6902).' };
  }
}

/** Reads a JSON pointer (RFC 6901); undefined for a text that is none. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Writes a JSON pointer (RFC 6901). */
export function pointerTo(path: readonly (string | number)[]): string {
  return path
    .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** A deep copy of plain JSON that shares nothing; undefined for anything else, and for what is larger or nested too deeply. */
export function copyPlain(value: unknown, maxBytes: number): unknown {
  return copyJson(value, { left: maxBytes }, 0);
}

function readPatch(input: unknown): ParsedPatch {
  if (!Array.isArray(input)) return refused('is no list of operations');
  if (input.length === 0) return refused('has no operation');
  if (input.length > MAX_OPERATIONS) {
    return refused(`has ${input.length} operations; at most ${MAX_OPERATIONS} are allowed`);
  }
  const budget = { left: MAX_PATCH_BYTES };
  const copied = copyJson(input, budget, 0);
  if (copied === undefined) {
    return refused(
      budget.left < 0
        ? `is larger than ${MAX_PATCH_BYTES / 1024} KB`
        : 'holds something that is not plain JSON, is nested too deeply, or has a forbidden key',
    );
  }
  const operations = copied as readonly unknown[];
  for (const [at, operation] of operations.entries()) {
    const wrong = wrongOperation(operation);
    if (wrong !== undefined) return refused(`has at position ${at} an operation that ${wrong}`);
  }
  return { patch: (operations as SpecPatch).map(knownMembers) };
}

/** Members that the standard does not know are ignored; without them equal patches have equal digests. */
function knownMembers(operation: PatchOperation): PatchOperation {
  const known: ReadonlySet<string> = new Set(['op', ...KEYS[operation.op]]);
  const entries = Object.entries(operation).filter(([key]) => known.has(key));
  return Object.fromEntries(entries) as unknown as PatchOperation;
}

function refused(what: string): { readonly refused: string } {
  return { refused: `The patch ${what}. Give a JSON Patch (RFC 6902) of an extraction spec.` };
}

function wrongOperation(operation: unknown): string | undefined {
  if (!isMap(operation)) return 'is no map';
  const { op } = operation;
  const keys =
    typeof op === 'string' && Object.hasOwn(KEYS, op) ? KEYS[op as Operation] : undefined;
  if (!keys) return `has the unknown "op" ${quoted(op)}`;
  const missing = keys.find((key) => !Object.hasOwn(operation, key));
  if (missing !== undefined) return `lacks "${missing}"`;
  const places = keys.filter((key) => key !== 'value').map((key) => operation[key]);
  const outside = places.find((place) => !isPatchable(place));
  return outside === undefined
    ? undefined
    : `names ${quoted(outside)}, which is no place below /fields, /records, /next or /decode`;
}

type Operation = PatchOperation['op'];

const KEYS: Readonly<Record<Operation, readonly ('path' | 'from' | 'value')[]>> = {
  add: ['path', 'value'],
  replace: ['path', 'value'],
  test: ['path', 'value'],
  remove: ['path'],
  move: ['path', 'from'],
  copy: ['path', 'from'],
};

/** The fields one by one, the other parts whole or in part; nothing that could reach a prototype. */
function isPatchable(place: unknown): boolean {
  const path = typeof place === 'string' ? parsePointer(place) : undefined;
  const [top, name] = path ?? [];
  if (!path || path.some((key) => FORBIDDEN_KEYS.has(key))) return false;
  if (top === 'fields') return name !== undefined && !PARTS.has(name) && name !== '';
  return top !== undefined && PARTS.has(top);
}

/** Also the names that no field may have: in the written form they stand beside the fields. */
const PARTS: ReadonlySet<string> = new Set(['records', 'next', 'decode']);
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

interface Budget {
  left: number;
}

const MAX_DEPTH = 16;

/** A deep copy of plain JSON; undefined for anything else. The budget pays for every text before it is copied. */
function copyJson(value: unknown, budget: Budget, depth: number): unknown {
  budget.left -= costOf(value);
  if (budget.left < 0 || depth > MAX_DEPTH) return undefined;
  if (typeof value === 'string') return isStorable(value) ? value : undefined;
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) return copyList(value, budget, depth);
  return isPlainMap(value) ? copyMap(value, budget, depth) : undefined;
}

function copyList(list: readonly unknown[], budget: Budget, depth: number): unknown {
  const copied: unknown[] = [];
  for (let at = 0; at < list.length; at += 1) {
    const item = copyJson(list[at], budget, depth + 1);
    if (item === undefined) return undefined;
    copied.push(item);
  }
  return copied;
}

function copyMap(
  map: Readonly<Record<string, unknown>>,
  budget: Budget,
  depth: number,
): Readonly<Record<string, unknown>> | undefined {
  const copied: Record<string, unknown> = {};
  for (const key of Object.keys(map)) {
    budget.left -= costOf(key) + 1;
    if (FORBIDDEN_KEYS.has(key) || !isStorable(key)) return undefined;
    // As JSON has it: a key without a value is not there.
    if (map[key] === undefined) continue;
    const item = copyJson(map[key], budget, depth + 1);
    if (item === undefined) return undefined;
    copied[key] = item;
  }
  return copied;
}

/** PostgreSQL's jsonb holds neither NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function costOf(value: unknown): number {
  return typeof value === 'string' ? utf8Length(value) + 2 : 2;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length && bytes <= MAX_PATCH_BYTES; at += 1) {
    const unit = text.charCodeAt(at);
    // Half of a surrogate pair is two of the four bytes of its character.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  return bytes;
}

function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isMap(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 80)}"` : `of type ${typeof value}`;
}
