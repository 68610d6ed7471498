import { canonicalJson, definitionDigest } from '../adapters/definitions/digest.ts';
import { formatDuration } from '../adapters/definitions/duration.ts';
import { shown } from '../adapters/definitions/shown.ts';
import type { SourceDefinition } from '../workflows/collection/definitions.ts';

/** What applying would do to one source. */
export type DefinitionChange =
  | { readonly kind: 'add'; readonly source: string; readonly definition: SourceDefinition }
  | { readonly kind: 'change'; readonly source: string; readonly fields: readonly FieldChange[] }
  | { readonly kind: 'remove'; readonly source: string; readonly definition: SourceDefinition };

/** One field, as texts for people; absent where it is not set. Secrets are references in definitions, so none is here. */
export interface FieldChange {
  readonly field: string;
  readonly from?: string;
  readonly to?: string;
}

/** The difference between what is in force and what a file wants, sorted by source id; empty when they are equal. */
export function definitionChanges(
  inForce: readonly SourceDefinition[],
  wanted: readonly SourceDefinition[],
): readonly DefinitionChange[] {
  const before = new Map(inForce.map((one) => [one.id, one]));
  const after = new Map(wanted.map((one) => [one.id, one]));
  const ids = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return ids.flatMap((id) => change(id, before.get(id), after.get(id)));
}

function change(
  source: string,
  before: SourceDefinition | undefined,
  after: SourceDefinition | undefined,
): readonly DefinitionChange[] {
  if (!before) return after ? [{ kind: 'add', source, definition: after }] : [];
  if (!after) return [{ kind: 'remove', source, definition: before }];
  if (definitionDigest(before) === definitionDigest(after)) return [];
  return [{ kind: 'change', source, fields: fieldChanges(before, after) }];
}

function fieldChanges(before: SourceDefinition, after: SourceDefinition): readonly FieldChange[] {
  return differences(fieldsOf(before), fieldsOf(after));
}

/** The same for settings that stand beside the sources. */
export function settingsChanges(before: object, after: object): readonly FieldChange[] {
  return differences(new Map(leaves(before, '')), new Map(leaves(after, '')));
}

function differences(
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
): readonly FieldChange[] {
  return [...new Set([...from.keys(), ...to.keys()])]
    .filter((field) => from.get(field) !== to.get(field))
    .map((field) => field_(field, from.get(field), to.get(field)));
}

function field_(field: string, from: string | undefined, to: string | undefined): FieldChange {
  return {
    field,
    ...(from === undefined ? {} : { from: text(field, from) }),
    ...(to === undefined ? {} : { to: text(field, to) }),
  };
}

/** Every leaf by its path, as canonical JSON; lists are leaves. A schedule is its text, of which the rest follows. */
function fieldsOf(definition: SourceDefinition): ReadonlyMap<string, string> {
  const { schedule, ...rest } = definition;
  const { text: schedules, timezone } = schedule;
  return new Map(leaves({ ...rest, schedule: schedules, timezone }, ''));
}

function leaves(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[path, canonicalJson(value)]];
  }
  return Object.entries(value).flatMap(([key, item]) =>
    leaves(item, path === '' ? key : `${path}.${key}`),
  );
}

/** Times are stored in milliseconds; people read them as they would write them. A list has brackets, and needs no quotes around them. */
function text(field: string, json: string): string {
  const value: unknown = JSON.parse(json);
  if (typeof value === 'number' && field.endsWith('Ms')) return `"${formatDuration(value)}"`;
  return Array.isArray(value) ? shown(json).slice(1, -1) : shown(value);
}
