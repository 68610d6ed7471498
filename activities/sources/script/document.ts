import { createHash } from 'node:crypto';
import type { AttributeValue, DocumentBody, SourceDocument } from '../contract.ts';
import type { ScriptDocument } from './messages.ts';

/** The id that a document without one gets when the config asks for it: equal content is one document. */
export function contentHashId(content: string): string {
  return `sha256:${createHash('sha256').update(content.toWellFormed()).digest('hex')}`;
}

/** A document of a script in our words. Texts become well-formed Unicode without NUL, which no store takes. */
export function scriptDocument(id: string, message: ScriptDocument): SourceDocument {
  const { title, url, author, modifiedAt } = message;
  const tags = message.tags?.map(clean).filter((tag) => tag !== '');
  return {
    id,
    body: { kind: bodyKind(message.contentType), text: clean(message.content) },
    ...(title === undefined ? {} : { title: clean(title) }),
    ...(url === undefined ? {} : { url }),
    ...(author === undefined ? {} : { author: clean(author) }),
    ...(tags === undefined || tags.length === 0 ? {} : { tags }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(message.metadata === undefined ? {} : { attributes: attributes(message.metadata) }),
  };
}

function bodyKind(
  contentType: ScriptDocument['contentType'],
): Exclude<DocumentBody['kind'], 'file' | 'csv'> {
  if (contentType === 'text/html') return 'html';
  return contentType === 'text/plain' || contentType === 'application/json' ? 'text' : 'markdown';
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/** Nested values become their JSON, lists of other things lists of texts; nulls are left out. */
function attributes(metadata: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  const pairs = Object.entries(metadata)
    .filter(([, value]) => value !== null)
    .map(([name, value]): [string, AttributeValue] => [clean(name), attribute(value)]);
  return Object.fromEntries(pairs);
}

function attribute(value: unknown): AttributeValue {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(asText);
  return asText(value);
}

function asText(value: unknown): string {
  return clean(typeof value === 'string' ? value : JSON.stringify(value));
}
