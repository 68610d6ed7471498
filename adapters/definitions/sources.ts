import { z } from 'zod';
import type { SourceDefinition, SourceLimits } from '../../workflows/collection/definitions.ts';
import { isMap } from '../../workflows/is-map.ts';
import { parseDuration } from './duration.ts';
import { checkEntry, placeOf, type CheckedEntry } from './entry.ts';
import { SourceEntry } from './envelope.ts';
import type { RawEntry } from './files.ts';
import type { DefinitionError, DefinitionNotice, Problem } from './finding.ts';
import { firstPlaces } from './first-places.ts';
import { keyTooLong } from './key-budget.ts';
import type { ReadKnowledgeBases } from './knowledge-bases.ts';
import type { KnownSourceType } from './load.ts';
import { nearest } from './nearest.ts';
import { outlineOf, settle, type Outline, type Settled, type SettleOptions } from './outline.ts';
import { label } from './issues.ts';
import { translateEntry, type TranslatedEntry } from './paper-names.ts';
import { repairSettings } from './repair.ts';
import type { ReadSchedule, WrongSchedule } from './schedule-text.ts';

export interface ReadSources {
  readonly definitions: readonly SourceDefinition[];
  readonly errors: readonly DefinitionError[];
  readonly notices: readonly DefinitionNotice[];
}

export interface ReadSourcesOptions {
  readonly variables: (name: string) => string | undefined;
  readonly sourceTypes: ReadonlyMap<string, KnownSourceType>;
}

/** Checks the entries of `sources`: envelope, schedule, references, and `config` by the source type's own schema. */
export function readSources(
  entries: readonly RawEntry[],
  bases: ReadKnowledgeBases,
  options: ReadSourcesOptions,
): ReadSources {
  const places = firstPlaces(entries);
  const schedules = new Map<string, ReadSchedule | WrongSchedule>();
  const read = entries.map((entry) => {
    const translated = translateEntry(entry.value);
    const found = placeOf(entry, 'source', translated.translated);
    const one = readOne(translated, { ...options, bases, schedules });
    const asWritten = placeOf(entry, 'source');
    return {
      definition: one.definition,
      errors: [
        ...[...one.problems, ...places.doubled(entry)].map(found),
        ...translated.conflicts.map(({ from, to }) => asWritten(bothNames(label(from), label(to)))),
      ],
      notices: [
        ...translated.translated.map(({ from, to }) => asWritten(oldName(from, label(to)))),
        ...one.notices.map(found),
      ],
    };
  });
  return {
    definitions: read.flatMap(({ definition }) => definition ?? []),
    errors: read.flatMap(({ errors }) => errors),
    notices: read.flatMap(({ notices }) => notices),
  };
}

type Reading = ReadSourcesOptions & SettleOptions;

interface ReadOne {
  readonly definition?: SourceDefinition;
  readonly problems: readonly Problem[];
  readonly notices: readonly Problem[];
}

function readOne({ value }: TranslatedEntry, reading: Reading): ReadOne {
  const { config, ...envelope } = isMap(value) ? value : { config: undefined };
  const written = isMap(value) ? envelope : value;
  const checked = checkEntry(written, SHAPE, reading.variables);
  const outline = outlineOf(checked.value, written);
  const configured = checkConfig(outline, config, reading);
  const settled = settle(outline, reading);
  const problems = [...checked.problems, ...configured.problems, ...settled.problems];
  const notices = [...checked.notices, ...configured.notices, ...settled.notices];
  if (!checked.data || !settled.settled || problems.length > 0) return { problems, notices };
  const definition = definitionOf(checked.data, settled.settled, configured.value);
  return { definition, problems: keyTooLong(definition), notices };
}

const SHAPE = {
  zod: SourceEntry,
  json: z.toJSONSchema(SourceEntry, { io: 'input' }),
  base: [],
};

function checkConfig(outline: Outline, config: unknown, reading: Reading): CheckedEntry<unknown> {
  const { variables, sourceTypes } = reading;
  if (outline.type === undefined) return { value: config, problems: [], notices: [] };
  const known = sourceTypes.get(outline.type);
  if (!known) {
    return { value: config, problems: [unknownType(outline, sourceTypes)], notices: [] };
  }
  const shape = { zod: known.config, json: known.spec.configSchema, base: ['config'] };
  const checked = checkEntry(config ?? {}, shape, variables);
  if (checked.problems.length > 0) return checked;
  return { ...checked, problems: refusal(known, checked.data) };
}

function unknownType({ type = '', show }: Outline, sourceTypes: Reading['sourceTypes']): Problem {
  const names = [...sourceTypes.keys()].toSorted();
  const near = nearest(type, names);
  const meant = near === undefined ? '' : `Did you mean "${near}"? `;
  return {
    path: ['type'],
    what: `Unknown source type ${show('type')}`,
    remedy: `${meant}Known types: ${names.join(', ')}.`,
  };
}

/** What the type's `validate` finds: its sentence is the remedy. */
function refusal(type: KnownSourceType, config: unknown): readonly Problem[] {
  try {
    type.validate(config);
    return [];
  } catch (error) {
    const remedy = error instanceof Error ? error.message : String(error);
    return [{ path: ['config'], what: '"config" is refused', remedy }];
  }
}

function definitionOf(data: SourceEntry, settled: Settled, config: unknown): SourceDefinition {
  return {
    id: data.id,
    tenant: data.tenant,
    title: data.title ?? data.id,
    type: data.type,
    enabled: data.enabled,
    schedule: settled.schedule,
    knowledgeBase: settled.knowledgeBase,
    category: settled.category,
    limits: limitsOf(data.limits),
    ...(data.freshness ? { freshness: { graceMs: parseDuration(data.freshness.grace) ?? 0 } } : {}),
    ...(data.changes ? { changes: data.changes } : {}),
    ...(data.repair ? { repair: repairSettings(data.repair) } : {}),
    config: isMap(config) ? config : {},
  };
}

function limitsOf(limits: SourceEntry['limits']): SourceLimits {
  return {
    timeoutMs:
      limits?.timeout === undefined ? DEFAULT_TIMEOUT_MS : (parseDuration(limits.timeout) ?? 0),
    sliceDocuments: limits?.sliceDocuments ?? DEFAULT_SLICE_DOCUMENTS,
    ...(limits?.maxDocuments === undefined ? {} : { maxDocuments: limits.maxDocuments }),
    maxDeletedShare: limits?.maxDeletedShare ?? DEFAULT_MAX_DELETED_SHARE,
    ...(limits?.maxDeletions === undefined ? {} : { maxDeletions: limits.maxDeletions }),
    ...(limits?.deletionFloor === undefined ? {} : { deletionFloor: limits.deletionFloor }),
  };
}

const DEFAULT_TIMEOUT_MS = 30 * 60_000;
const DEFAULT_SLICE_DOCUMENTS = 250_000;
/** As AWS's own deletion protection has it. */
const DEFAULT_MAX_DELETED_SHARE = 0.15;

function oldName(from: readonly (string | number)[], to: string): Problem {
  return {
    path: from,
    what: `"${label(from)}" is read as "${to}"`,
    remedy: 'Rename the key when you like.',
  };
}

function bothNames(from: string, to: string): Problem {
  return {
    path: from.split('.'),
    what: `"${from}" and "${to}" are two names of one thing, and both are given`,
    remedy: `Remove "${from}".`,
  };
}
