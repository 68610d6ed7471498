import { htmlToMarkdown } from '../../../adapters/extraction/markdown.ts';
import type {
  ExtractedRecord,
  ExtractionSpec,
  FieldValue,
} from '../../../workflows/collection/extraction-spec.ts';
import type { AttributeValue, DocumentBody, SourceDocument } from '../contract.ts';

type Value = ExtractedRecord[string];

/** What a document gets from elsewhere when the record does not say it. */
export interface DocumentDefaults {
  readonly id: string;
  readonly url: string;
  readonly body: () => DocumentBody;
  readonly title?: string;
}

/**
 * A record as a document: the fields `title`, `content`, `author`, `tags`, `url` and `modified` fill the document, every other one
 * becomes an attribute.
 */
export function recordDocument(
  record: ExtractedRecord,
  spec: ExtractionSpec,
  defaults: DocumentDefaults,
): SourceDocument {
  const title = one(record['title']) ?? defaults.title;
  const author = one(record['author']);
  const tags = record['tags'];
  const modifiedAt = moment(record['modified'], spec);
  const attributes = attributesOf(record);
  return {
    id: defaults.id,
    url: spec.fields['url']?.type === 'url' ? (one(record['url']) ?? defaults.url) : defaults.url,
    body: bodyOf(record, spec) ?? defaults.body(),
    ...(title === undefined ? {} : { title }),
    ...(author === undefined ? {} : { author }),
    ...(tags === undefined ? {} : { tags: [tags].flat().map(String) }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
}

/** `**name**: value` lines, for records without a field `content`. */
export function recordLines(record: ExtractedRecord): DocumentBody {
  const lines = Object.entries(record).map(
    ([name, value]) => `**${name}**: ${[value].flat().map(String).join(', ')}`,
  );
  return { kind: 'markdown', text: lines.join('\n\n') };
}

function bodyOf(record: ExtractedRecord, spec: ExtractionSpec): DocumentBody | undefined {
  const content = record['content'];
  if (content === undefined) return undefined;
  const isHtml = spec.fields['content']?.type === 'html';
  const parts = [content]
    .flat()
    .map((part) => (isHtml ? htmlToMarkdown(String(part)) : String(part)));
  return { kind: isHtml ? 'markdown' : 'text', text: parts.join('\n\n').trim() };
}

function one(value: Value | undefined): string | undefined {
  const first = value === undefined ? undefined : [value].flat()[0];
  return first === undefined ? undefined : String(first);
}

/** A day counts from its midnight in UTC. A field of another type stays an attribute. */
function moment(value: Value | undefined, spec: ExtractionSpec): string | undefined {
  const text = spec.fields['modified']?.type === 'date' ? one(value) : undefined;
  return text === undefined ? undefined : new Date(text).toISOString();
}

function attributesOf(record: ExtractedRecord): Record<string, AttributeValue> {
  const others = Object.entries(record).filter(([name]) => !DOCUMENT_FIELDS.has(name));
  return Object.fromEntries(others.map(([name, value]) => [name, attribute(value)]));
}

function attribute(value: FieldValue | readonly FieldValue[]): AttributeValue {
  return typeof value === 'object' ? value.map(String) : value;
}

const DOCUMENT_FIELDS: ReadonlySet<string> = new Set(['title', 'content', 'author', 'tags', 'url']);
