import type { AttributeValue, SourceDocument, SourceSpec } from '../sources/contract.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { singleLine } from './normalise.ts';

/** The attributes of one document, typed as Bedrock takes them, without the time of collection. */
export interface Attributes {
  /** In order of importance: the first eight are never dropped. */
  readonly values: ReadonlyMap<string, AttributeValue>;
  /** What was cut or left out, with the reason. */
  readonly notes: readonly string[];
  /** How Bedrock reads the records of a CSV document. */
  readonly structure?: RecordStructure;
}

/** Bedrock user guide, metadata of a CSV file. At most one content field; without a list all other columns would become attributes. */
interface RecordStructure {
  readonly type: 'RECORD_BASED_STRUCTURE_METADATA';
  readonly recordBasedStructureMetadata: {
    readonly contentFields: readonly FieldName[];
    readonly metadataFieldsSpecification: { readonly fieldsToInclude: readonly FieldName[] };
  };
}

interface FieldName {
  readonly fieldName: string;
}

/** The largest `.metadata.json` that Bedrock takes: 10 KB, Bedrock user guide, metadata of a data source. */
const MAX_SIDECAR_BYTES = 10_240;
/** S3 Vectors: custom metadata of a vector at most 1 KB and 35 keys, or the job fails; kept below with a margin (aws.md §2.2). */
const S3_VECTORS_BYTES = 800;
const S3_VECTORS_KEYS = 12;
/** Filters take at most 50 attributes. */
const MAX_KEYS = 50;
const NEVER_DROPPED = new Set([
  'tenant',
  'source',
  'source_type',
  'category',
  'doc_id',
  'title',
  'url',
  'modified_at',
  // Whoever filters by it must be able to rely on it.
  'generated',
]);
/** Explicit form: `{"value":{"type":…},"includeForEmbedding":…}` around each value. */
const OVERHEAD_BYTES = 90;
const MAX_STRING = 2048;
const MAX_LIST = 10;
const RESERVED_BYTES = 400;
/** `collected_at` comes last, when the content is stored. */
const COLLECTED_AT_BYTES = 30;

export interface AttributeInput {
  readonly definition: SourceDefinition;
  readonly spec: SourceSpec;
  readonly configSig: string;
  readonly document: SourceDocument;
}

/** System attributes first and last word: a source's own name can never overwrite provenance. */
export function documentAttributes(input: AttributeInput): Attributes {
  const notes: string[] = [];
  const all = [...systemAttributes(input), ...ownAttributes(input.document)];
  const values = new Map<string, AttributeValue>();
  for (const [name, raw] of all) {
    const value = clean(name, raw, notes);
    if (value !== undefined && !values.has(name)) values.set(name, value);
  }
  const structure = structureOf(input.document);
  const taken = structure ? Buffer.byteLength(JSON.stringify(structure)) : 0;
  fit(values, notes, { store: input.definition.knowledgeBase.vectorStore, taken });
  return { values, notes, ...(structure ? { structure } : {}) };
}

function structureOf({ body }: SourceDocument): RecordStructure | undefined {
  if (body.kind !== 'csv') return undefined;
  const named = (fieldName: string): FieldName => ({ fieldName });
  return {
    type: 'RECORD_BASED_STRUCTURE_METADATA',
    recordBasedStructureMetadata: {
      contentFields: [named(body.contentField)],
      metadataFieldsSpecification: { fieldsToInclude: body.metadataFields.map(named) },
    },
  };
}

/** The sidecar's bytes. `collectedAt` is when this content was first stored, so that an unchanged document keeps its sidecar. */
export function renderSidecar({ values, structure }: Attributes, collectedAt: Date): Buffer {
  const entries = [...values, ['collected_at', Math.floor(collectedAt.getTime() / 1000)] as const];
  const metadataAttributes = Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      { value: typed(value), includeForEmbedding: name === 'title' },
    ]),
  );
  const rest = structure ? { documentStructureConfiguration: structure } : {};
  return Buffer.from(JSON.stringify({ metadataAttributes, ...rest }));
}

function systemAttributes({
  definition,
  spec,
  configSig,
  document,
}: AttributeInput): [string, AttributeValue][] {
  const modified = document.modifiedAt
    ? Math.floor(Date.parse(document.modifiedAt) / 1000)
    : Number.NaN;
  return [
    ['tenant', definition.tenant],
    ['source', definition.id],
    ['source_type', definition.type],
    ['category', definition.category],
    ['doc_id', cutBytes(singleLine(document.id), 512)],
    ['title', singleLine(document.title ?? '')],
    ['url', singleLine(document.url ?? '')],
    ['modified_at', modified],
    ['author', singleLine(document.author ?? '')],
    ['tags', document.tags ?? []],
    ...(spec.generated ? [['generated', true] as [string, AttributeValue]] : []),
    ...(spec.trust === 'untrusted' ? [['trust', 'untrusted'] as [string, AttributeValue]] : []),
    ['type_version', spec.version],
    ['config_sig', configSig.slice(0, 16)],
  ];
}

function ownAttributes({ attributes = {} }: SourceDocument): [string, AttributeValue][] {
  return Object.entries(attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [
      `x_${name.toLowerCase().replaceAll(/[^a-z0-9_]+/g, '_')}`.slice(0, 100),
      value,
    ]);
}

/** Bedrock refuses empty strings, nulls and numbers that are none: such attributes are left out. */
function clean(name: string, value: AttributeValue, notes: string[]): AttributeValue | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'string') return cleanString(name, value, notes);
  const items = value
    .map((item) => singleLine(item).slice(0, MAX_STRING).toWellFormed())
    .filter((item) => item !== '');
  if (items.length > MAX_LIST)
    notes.push(`TRUNCATED ${name}: ${items.length} entries, ${MAX_LIST} kept`);
  return items.length === 0 ? undefined : items.slice(0, MAX_LIST);
}

function cleanString(name: string, value: string, notes: string[]): string | undefined {
  const text = singleLine(value);
  if (text.length > MAX_STRING)
    notes.push(`TRUNCATED ${name}: ${text.length} characters, ${MAX_STRING} kept`);
  const cut = text.slice(0, MAX_STRING).toWellFormed();
  return cut === '' ? undefined : cut;
}

/** Drops the least important ones first, then shortens the longest text, until the store takes it. */
function fit(
  values: Map<string, AttributeValue>,
  notes: string[],
  { store, taken }: { readonly store: 'general' | 's3-vectors'; readonly taken: number },
): void {
  const vectors = store === 's3-vectors';
  const maxKeys = (vectors ? S3_VECTORS_KEYS : MAX_KEYS) - 1;
  const budget = vectors
    ? S3_VECTORS_BYTES - COLLECTED_AT_BYTES
    : MAX_SIDECAR_BYTES - RESERVED_BYTES - taken;
  if (values.size <= maxKeys && mostBytes(values) <= budget) return;
  const tooLarge = (): boolean =>
    values.size > maxKeys || (vectors ? compactBytes(values) : explicitBytes(values)) > budget;
  for (const name of [...values.keys()].toReversed()) {
    if (!tooLarge()) return;
    if (NEVER_DROPPED.has(name)) continue;
    values.delete(name);
    notes.push(`NULLED ${name}: over the budget of the vector store`);
  }
  while (tooLarge() && shorten(values, notes)) {
    // Until it fits, or nothing is left to shorten.
  }
}

function shorten(values: Map<string, AttributeValue>, notes: string[]): boolean {
  const [longest] = (['title', 'url', 'doc_id'] as const)
    .flatMap((name) => {
      const value = values.get(name);
      return typeof value === 'string' ? [{ name, value }] : [];
    })
    .toSorted((a, b) => b.value.length - a.value.length);
  if (!longest || longest.value.length <= 32) return false;
  values.set(
    longest.name,
    longest.value.slice(0, Math.floor(longest.value.length * 0.75)).toWellFormed(),
  );
  if (!notes.some((note) => note.includes(` ${longest.name}:`))) {
    notes.push(`TRUNCATED ${longest.name}: over the budget of the vector store`);
  }
  return true;
}

/** No fewer than `explicitBytes` ever gives, without rendering anything: most documents are far below every limit. */
function mostBytes(values: ReadonlyMap<string, AttributeValue>): number {
  let characters = 0;
  for (const [name, value] of values) characters += name.length + lengthOf(value);
  return characters * MOST_BYTES_A_CHARACTER + values.size * (OVERHEAD_BYTES + PUNCTUATION_BYTES);
}

function lengthOf(value: AttributeValue): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object') return MAX_NUMBER_CHARACTERS;
  return value.reduce((sum, item) => sum + item.length + 1, 0);
}

/** `\u001f`: what JSON makes of a control character or half of a surrogate pair. UTF-8 alone takes three. */
const MOST_BYTES_A_CHARACTER = 6;
/** Quotes, colon, comma, brackets. */
const PUNCTUATION_BYTES = 10;
/** `-1.7976931348623157e+308`. */
const MAX_NUMBER_CHARACTERS = 24;

function compactBytes(values: ReadonlyMap<string, AttributeValue>): number {
  return Buffer.byteLength(JSON.stringify(Object.fromEntries(values)));
}

function explicitBytes(values: ReadonlyMap<string, AttributeValue>): number {
  return compactBytes(values) + values.size * OVERHEAD_BYTES;
}

function typed(value: AttributeValue): Record<string, unknown> {
  if (typeof value === 'string') return { type: 'STRING', stringValue: value };
  if (typeof value === 'number') return { type: 'NUMBER', numberValue: value };
  if (typeof value === 'boolean') return { type: 'BOOLEAN', booleanValue: value };
  return { type: 'STRING_LIST', stringListValue: value };
}

function cutBytes(text: string, bytes: number): string {
  return Buffer.from(text)
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}
