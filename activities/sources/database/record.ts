import { normaliseText, singleLine } from '../../collection/normalise.ts';
import type { AttributeValue, SourceDocument } from '../contract.ts';
import type { DatabaseConfig } from './config.ts';

/** The column of a CSV document that is embedded; the others become attributes of each record. */
export const CONTENT_FIELD = 'content';

interface Field {
  readonly name: string;
  readonly value: (document: SourceDocument) => AttributeValue | undefined;
}

/** Names of their own, so that no row can pass itself off as the file (`title`, `url`, `tenant` …). */
function fieldsOf({ title, link, author, tags, modifiedAt, metadataColumns = [] }: DatabaseConfig) {
  const fields: (Field | undefined)[] = [
    { name: 'row_id', value: ({ id }) => id },
    title === undefined ? undefined : { name: 'row_title', value: (one) => one.title },
    link === undefined ? undefined : { name: 'row_url', value: (one) => one.url },
    author === undefined ? undefined : { name: 'row_author', value: (one) => one.author },
    tags === undefined ? undefined : { name: 'row_tags', value: (one) => one.tags },
    modifiedAt === undefined
      ? undefined
      : { name: 'row_modified_at', value: (one) => one.modifiedAt },
    ...metadataColumns.map((column) => ({
      name: attributeName(column),
      value: (one: SourceDocument) => one.attributes?.[column],
    })),
  ];
  return fields.filter((one) => one !== undefined);
}

/** As the sidecar of a document spells it. */
export function attributeName(column: string): string {
  return `x_${column.toLowerCase().replaceAll(/[^a-z0-9_]+/gu, '_')}`.slice(0, 100);
}

export function metadataFieldsOf(config: DatabaseConfig): readonly string[] {
  return fieldsOf(config).map(({ name }) => name);
}

/** The first line of a CSV document. */
export function headerOf(config: DatabaseConfig): string {
  return csvLine([CONTENT_FIELD, ...metadataFieldsOf(config)]);
}

/** A row as one record; undefined where it has no text to be embedded. The title is part of the text, because nothing else would embed it. */
export function recordOf(
  document: SourceDocument,
  config: DatabaseConfig,
): readonly string[] | undefined {
  const { body, title = '' } = document;
  const text = body.kind === 'file' ? '' : normaliseText(body.text).trimEnd();
  if (text === '') return undefined;
  const titled = title === '' || text.trimStart().startsWith(title) ? text : `${title}\n\n${text}`;
  const rest = fieldsOf(config).map(({ value }) => written(value(document)));
  return [titled, ...rest];
}

function written(value: AttributeValue | undefined): string {
  if (value === undefined) return '';
  return singleLine(typeof value === 'object' ? value.join(', ') : String(value));
}

/** One record of CSV by RFC 4180, with its line end. */
export function csvLine(fields: readonly string[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

/** Blanks at the edges are part of a value, and some readers trim what is not in quotes. */
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/u;

function csvField(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
