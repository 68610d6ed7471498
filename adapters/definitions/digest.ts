import { createHash } from 'node:crypto';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';

/**
 * JSON with sorted keys and without white space, the same for equal data in any order of keys. Keys with the value undefined are left out.
 * Throws for what JSON cannot hold (NaN, infinity, functions), where `JSON.stringify` would silently lose it.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object') return canonicalMap(value);
  throw new TypeError(`JSON cannot hold this ${typeof value}. Give it plain data.`);
}

/** sha256 (hex) of the canonical JSON of anything. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** The name of a definition's contents: equal contents, equal digest. */
export function definitionDigest(definition: SourceDefinition): string {
  return digestOf(definition);
}

/** Sorted by code units, as RFC 8785 does. */
function canonicalMap(value: object): string {
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}
