import { htmlToMarkdown } from '../../../adapters/extraction/markdown.ts';
import {
  expandExtraction,
  runExtractionSpec,
  type ExtractionConfig,
} from '../../../adapters/extraction/spec.ts';
import type {
  ExtractedRecord,
  Extraction,
  FieldValue,
} from '../../../workflows/collection/extraction-spec.ts';
import { failure } from '../../../workflows/failures.ts';
import type { AttributeValue, SourceDocument } from '../contract.ts';

export interface ExtractedPage {
  readonly documents: readonly SourceDocument[];
  /** The following page of a list. */
  readonly next?: string;
}

/**
 * The documents of a page by an extraction spec. A page that is one record is the document `id`; with `records`, each record needs
 * a field `url` or `id`. `title`, `content`, `author`, `tags` and `modified` are the document's own, other fields its attributes.
 * @throws SelectorMissing - a required field or the records were not found. @throws InvalidDocument - a record names no identity.
 */
export function extractDocuments(
  config: ExtractionConfig,
  html: string,
  page: ExtractionPlace,
): ExtractedPage {
  const spec = expandExtraction(page.sourceId, config);
  const found = runExtractionSpec(spec, html, { url: page.url, deadlineMs: DEADLINE_MS });
  refuseMisses(found, page.url);
  const isList = config.records !== undefined;
  return {
    documents: found.records.map((record) =>
      toDocument(record, {
        id: isList ? recordId(record, page) : page.id,
        pageUrl: page.url,
        isMarkup: spec.fields['content']?.type === 'html',
      }),
    ),
    ...(found.next === undefined ? {} : { next: found.next }),
  };
}

export interface ExtractionPlace {
  readonly id: string;
  /** Where the page came from, after redirects. */
  readonly url: string;
  readonly sourceId: string;
  /** The identity of another page. */
  toId(url: string): string | undefined;
}

const DEADLINE_MS = 20_000;

function refuseMisses({ misses, violations, records }: Extraction, url: string): void {
  const missing = misses.filter((miss) => miss.required);
  const place = url.split('?')[0] ?? url;
  if (missing.length > 0) {
    const fields = [...new Set(missing.map((miss) => miss.field ?? 'records'))];
    throw failure(
      'SelectorMissing',
      `${fields.map((field) => `"${field}"`).join(', ')} matched nothing usable on "${place}". Mend "extract", or let a repair find it.`,
      {
        details: { fields },
      },
    );
  }
  const fatal = violations.find((one) => ['deadline', 'limit', 'format'].includes(one.kind));
  if (fatal || records.length === 0) {
    throw failure(
      'InvalidDocument',
      `"${place}" could not be read by its extraction. ${fatal?.detail ?? 'It holds no record.'}`,
    );
  }
}

function recordId(record: ExtractedRecord, page: ExtractionPlace): string {
  const id = text(record['id']);
  if (id !== undefined) return `${page.id}#${encodeURIComponent(id)}`.slice(0, 2048);
  const url = page.toId(text(record['url']) ?? '');
  if (url !== undefined) return url;
  throw failure(
    'InvalidDocument',
    `A record of "${page.id.split('?')[0] ?? page.id}" has neither "id" nor "url". Add one of them to "extract".`,
  );
}

interface RecordPlace {
  readonly id: string;
  readonly pageUrl: string;
  /** Is `content` markup, not text? */
  readonly isMarkup: boolean;
}

function toDocument(
  record: ExtractedRecord,
  { id, pageUrl, isMarkup }: RecordPlace,
): SourceDocument {
  const contents = list(record['content']);
  const title = text(record['title']);
  const author = text(record['author']);
  const modifiedAt = isoTime(record['modified']);
  const tags = list(record['tags']);
  const attributes = Object.entries(record).filter(([name]) => !OWN.has(name));
  return {
    id,
    url: text(record['url']) ?? pageUrl,
    ...(title === undefined ? {} : { title }),
    ...(author === undefined ? {} : { author }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(attributes.length === 0
      ? {}
      : { attributes: Object.fromEntries(attributes.map(toAttribute)) }),
    body: {
      kind: 'markdown',
      text: (isMarkup ? contents.map(htmlToMarkdown) : contents).join('\n\n'),
    },
  };
}

const OWN: ReadonlySet<string> = new Set([
  'id',
  'url',
  'title',
  'content',
  'author',
  'tags',
  'modified',
]);

function toAttribute([name, value]: [string, FieldValue | readonly FieldValue[]]): [
  string,
  AttributeValue,
] {
  return [name, isList(value) ? value.map(String) : value];
}

function list(value: FieldValue | readonly FieldValue[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return (isList(value) ? value.map(String) : [String(value)]).filter((one) => one !== '');
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

function text(value: FieldValue | readonly FieldValue[] | undefined): string | undefined {
  return list(value)[0];
}

function isoTime(value: FieldValue | readonly FieldValue[] | undefined): string | undefined {
  const at = new Date(text(value) ?? '');
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
