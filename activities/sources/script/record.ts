import { createHash } from 'node:crypto';
import type { AttributeValue, DocumentBody, SourceDocument } from '../contract.ts';
import { jsonText, rawDigits } from './exact-json.ts';
import type { StreamConfig } from './stream-config.ts';

export type StreamRecord = Readonly<Record<string, unknown>>;

/** A stream with its namespace, where it has one: the first part of every id. */
export type StreamName = string | readonly [namespace: string, name: string];

/** `missing`: the first key field that the record does not have. `tooLong`: nobody could store it. */
export type RecordId =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'missing'; readonly field: string }
  | { readonly kind: 'too-long' };

/**
 * `["users",7]`: the stream and the values of its key, as JSON, so that no two records share an id by accident. A stream without a key
 * gives each record the hash of its content: equal records are one document, and a repeated read doubles nothing.
 */
export function recordId(
  stream: StreamName,
  keys: readonly string[],
  record: StreamRecord,
): RecordId {
  if (keys.length === 0) return checked(jsonText([stream, `sha256:${hashOf(record)}`]));
  const values = keys.map((field) => fieldOf(record, field));
  const missing = values.findIndex((value) => value === undefined || value === null);
  if (missing !== -1) return { kind: 'missing', field: keys[missing] ?? '' };
  return checked(jsonText([stream, ...values]));
}

/** One record as a document. The same record gives the same document for ever. */
export function recordDocument(
  id: string,
  stream: string,
  record: StreamRecord,
  config: StreamConfig,
): SourceDocument {
  const plain = (field: string | undefined): string =>
    field === undefined ? '' : shown(fieldOf(record, field)).trim();
  return {
    id,
    ...optional('title', titleOf(record, config)),
    ...optional('url', linkOf(record, config)),
    ...optional('author', plain(config.author)),
    ...optional('modifiedAt', instant(plain(config.modifiedAt))),
    ...tagsOf(record, config),
    attributes: { stream: visible(stream), ...attributesOf(record, config) },
    body: { kind: BODY_KINDS[config.bodyType ?? 'text/markdown'], text: bodyOf(record, config) },
  };
}

/** Whether the record says of itself that it was removed at the source. */
export function isRemoved(record: StreamRecord, { deletedAt }: StreamConfig): boolean {
  const fields = deletedAt === undefined ? ['_sdc_deleted_at', '_ab_cdc_deleted_at'] : [deletedAt];
  return fields.some((field) => {
    const value = fieldOf(record, field);
    return value !== undefined && value !== null && value !== false && value !== '';
  });
}

const BODY_KINDS = {
  'text/markdown': 'markdown',
  'text/plain': 'text',
  'text/html': 'html',
} as const satisfies Record<string, DocumentBody['kind']>;

const MAX_ID_CHARACTERS = 2048;

function checked(id: string): RecordId {
  return id.length > MAX_ID_CHARACTERS ? { kind: 'too-long' } : { kind: 'id', id };
}

/** Of the fields in the order of their names: a source may write them in another one next time. */
function hashOf(record: StreamRecord): string {
  const text = jsonText(sorted(record));
  return createHash('sha256').update(text).digest('hex');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || rawDigits(value) !== undefined) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, inner]) => [name, sorted(inner)]);
}

/** The field of that whole name, else the one that its dots lead to. */
function fieldOf(record: StreamRecord, field: string): unknown {
  if (Object.hasOwn(record, field)) return record[field];
  const dot = field.indexOf('.');
  if (dot === -1) return undefined;
  const inner = record[field.slice(0, dot)];
  return isRecord(inner) ? fieldOf(inner, field.slice(dot + 1)) : undefined;
}

function isRecord(value: unknown): value is StreamRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    rawDigits(value) === undefined
  );
}

function titleOf(record: StreamRecord, { title }: StreamConfig): string {
  if (title !== undefined) return textAt(record, title).trim();
  const first = ['title', 'name'].map((field) => record[field]).find(isText);
  return first === undefined ? '' : visible(first).trim();
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function bodyOf(record: StreamRecord, { body }: StreamConfig): string {
  if (typeof body === 'string') return textAt(record, body);
  const fields = body ?? Object.keys(record);
  return fields
    .map((field) => [field, shown(fieldOf(record, field))] as const)
    .filter(([, text]) => text.trim() !== '')
    .map(([field, text]) => (body === undefined ? `**${visible(field)}:** ${text}` : text))
    .join('\n\n');
}

/** A field or a template. */
function textAt(
  record: StreamRecord,
  text: string,
  encode: (value: string) => string = (value) => value,
): string {
  if (!text.includes('{{')) return shown(fieldOf(record, text));
  return text.replaceAll(PLACEHOLDER, (_all, field: string) =>
    encode(shown(fieldOf(record, field))),
  );
}

const PLACEHOLDER = /\{\{\s*([^{}]+?)\s*\}\}/gu;

/** Left out when a value makes it no URL: a document without a link is better than none. */
function linkOf(record: StreamRecord, { link }: StreamConfig): string {
  if (link === undefined) return '';
  const url = textAt(record, link, encodeURIComponent).trim();
  return URL.canParse(url) && /^https?:/iu.test(url) ? url : '';
}

function tagsOf(record: StreamRecord, { tags }: StreamConfig): Pick<SourceDocument, 'tags'> {
  const value = tags === undefined ? undefined : fieldOf(record, tags);
  const list = Array.isArray(value) ? value.map(shown) : shown(value).split(',');
  const unique = [...new Set(list.map((tag) => tag.trim()).filter((tag) => tag !== ''))];
  return unique.length === 0 ? {} : { tags: unique };
}

function attributesOf(
  record: StreamRecord,
  { metadata }: StreamConfig,
): Record<string, AttributeValue> {
  const entries = (metadata ?? []).flatMap((field): [string, AttributeValue][] => {
    const value = fieldOf(record, field);
    return value === undefined || value === null ? [] : [[visible(field), attribute(value)]];
  });
  return Object.fromEntries(entries);
}

function attribute(value: unknown): AttributeValue {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(shown) : shown(value);
}

/** A time of the source, ISO 8601 with offset; without a zone it is taken as UTC. Empty for what is no time. */
function instant(text: string): string {
  if (!/^\d{4}-\d\d-\d\d/u.test(text)) return '';
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/iu.test(text) || text.length === 10 ? text : `${text}Z`;
  const time = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}

/** How a value reads in a text: lists and objects as their JSON. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  return visible(typeof value === 'string' ? value : jsonText(value));
}

/** Control characters as JSON escapes: no store takes NUL, and what is shown is not lost. */
function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(CONTROL, (character) => JSON.stringify(character).slice(1, -1))
    .replaceAll('\u007F', '\\u007f');
}

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F]/gu;

function optional<Name extends string>(name: Name, value: string): { [K in Name]?: string } {
  return value === '' ? {} : ({ [name]: value } as { [K in Name]: string });
}
