import { hash as hashOf } from 'node:crypto';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { AttributeValue } from '../sources/contract.ts';

/** Makes of a text what counts when it is compared with its last version: all but what the definition says to ignore. */
export type Comparable = (text: string) => string;

/** Undefined where everything counts, which is the rule. */
export function comparableBy({ changes }: SourceDefinition): Comparable | undefined {
  if (!changes || changes.ignore.length === 0) return undefined;
  const patterns = changes.ignore.map((pattern) => new RegExp(pattern, 'gu'));
  // A mark stays where something was: "for 15.1" and "for" are two texts.
  return (text) => patterns.reduce((rest, pattern) => rest.replaceAll(pattern, IGNORED), text);
}

const IGNORED = '\uFFFC';

/** sha256 (hex) of what counts of a text. */
export function comparableHash(text: string, comparable: Comparable): string {
  return hashOf('sha256', comparable(text));
}

/** The same for an attribute: titles carry versions, too. */
export function comparableValue(value: AttributeValue, comparable: Comparable): AttributeValue {
  if (typeof value === 'string') return comparable(value);
  return Array.isArray(value) ? value.map((item: string) => comparable(item)) : value;
}
