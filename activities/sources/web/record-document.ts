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
 * becomes an attribute, but for the `id` of a record of a list, which is its name.
 */
export function recordDocument(
  record: ExtractedRecord,
  spec: ExtractionSpec,
  defaults: DocumentDefaults,
): SourceDocument {
  const title = one(record['title']) ?? defaults.title;
  const author = one(record['author']);
  const tags = all(record['tags']);
  const url = ownUrl(record, spec);
  const modifiedAt = moment(record['modified']);
  const used = new Set([
    'title',
    'content',
    'author',
    'tags',
    ...(url === undefined ? [] : ['url']),
    ...(modifiedAt === undefined ? [] : ['modified']),
    ...(spec.records === undefined ? [] : ['id']),
  ]);
  const attributes = attributesOf(record, used);
  return {
    id: defaults.id,
    url: url ?? defaults.url,
    body: bodyOf(record, spec) ?? defaults.body(),
    ...(title === undefined ? {} : { title }),
    ...(author === undefined ? {} : { author }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
}

/** `**name**: value` lines, for records without a field `content`. */
export function recordLines(record: ExtractedRecord): DocumentBody {
  const lines = Object.entries(record).map(
    ([name, value]) => `**${name}**: ${all(value).join(', ')}`,
  );
  return { kind: 'markdown', text: lines.join('\n\n') };
}

/** Has the document no text at all? */
export function isEmpty({ body }: SourceDocument): boolean {
  return body.kind !== 'file' && body.text.trim() === '';
}

/** A field of another type is what the page shows, not where it leads. */
function ownUrl(record: ExtractedRecord, spec: ExtractionSpec): string | undefined {
  return spec.fields['url']?.type === 'url' ? one(record['url']) : undefined;
}

function bodyOf(record: ExtractedRecord, spec: ExtractionSpec): DocumentBody | undefined {
  const content = all(record['content']);
  if (content.length === 0) return undefined;
  // HTML has become Markdown where it was read.
  const kind = spec.fields['content']?.type === 'html' ? 'markdown' : 'text';
  return { kind, text: content.join('\n\n').trim() };
}

function one(value: Value | undefined): string | undefined {
  return all(value)[0];
}

function all(value: Value | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat().map(String);
}

/** A day counts from its midnight in UTC. What is no ISO 8601 with its offset stays an attribute: its meaning would be a guess. */
function moment(value: Value | undefined): string | undefined {
  const text = one(value) ?? '';
  const at = new Date(ISO_MOMENT.test(text) ? text : '');
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

const ISO_MOMENT =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/u;

function attributesOf(
  record: ExtractedRecord,
  used: ReadonlySet<string>,
): Record<string, AttributeValue> {
  const others = Object.entries(record).filter(([name]) => !used.has(name));
  return Object.fromEntries(others.map(([name, value]) => [name, attribute(value)]));
}

function attribute(value: FieldValue | readonly FieldValue[]): AttributeValue {
  return typeof value === 'object' ? value.map(String) : value;
}
