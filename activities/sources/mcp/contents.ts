import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { McpContent } from '../../../adapters/mcp/session.ts';
import type { DocumentBody, ReadMessage, SourceDocument } from '../contract.ts';

export interface ResourceFacts {
  readonly title?: string | undefined;
  readonly mimeType?: string | undefined;
  /** ISO 8601. */
  readonly modifiedAt?: string | undefined;
}

export interface Place {
  readonly maxBytes: number;
  /** For files; lies below the temporary directory. */
  readonly folder: string;
}

/**
 * The documents of one resource. All texts are one document with the id of the resource; a file that comes alone has that id too, further
 * files have their own URI. What has a type that nobody can index is one dead letter that names it.
 */
export async function resourceMessages(
  id: string,
  contents: readonly McpContent[],
  facts: ResourceFacts,
  place: Place,
): Promise<readonly ReadMessage<never>[]> {
  const parts = contents.map((content) => partOf(content, facts.mimeType));
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (sizeBytes > place.maxBytes)
    return [refusal(id, `has ${sizeBytes} bytes; ${place.maxBytes} are allowed`)];
  if (parts.length === 0) return [refusal(id, 'came without contents')];
  const texts = parts.filter((part) => part.kind === 'text');
  const others = parts.filter((part) => part.kind !== 'text');
  const messages: ReadMessage<never>[] = [];
  if (texts.length > 0) messages.push(document(id, textBody(texts), facts, texts[0]?.mimeType));
  for (const [index, part] of others.entries()) {
    const own = parts.length === 1 ? id : partId(id, part.uri, index);
    messages.push(await otherMessage(own, part, facts, place));
  }
  return messages;
}

interface TextPart {
  readonly kind: 'text';
  readonly uri: string;
  readonly mimeType: string;
  readonly text: string;
  readonly sizeBytes: number;
}

interface BinaryPart {
  readonly kind: 'file' | 'unknown';
  readonly uri: string;
  readonly mimeType: string;
  readonly bytes: Buffer;
  readonly sizeBytes: number;
}

function partOf(content: McpContent, listedType = ''): TextPart | BinaryPart {
  const type = content.mimeType ?? listedType;
  const mimeType = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const { uri } = content;
  if ('text' in content) {
    return {
      kind: 'text',
      uri,
      mimeType,
      text: content.text,
      sizeBytes: Buffer.byteLength(content.text),
    };
  }
  const bytes = Buffer.from(content.blob, 'base64');
  const sizeBytes = bytes.length;
  if (isText(mimeType))
    return { kind: 'text', uri, mimeType, text: decoded(bytes, type), sizeBytes };
  return { kind: FILE_TYPES.has(mimeType) ? 'file' : 'unknown', uri, mimeType, bytes, sizeBytes };
}

function isText(mimeType: string): boolean {
  return /^text\/|\+(?:json|xml)$|^application\/(?:json|xml|yaml|x-yaml|toml|javascript|sql|x-ndjson)$/u.test(
    mimeType,
  );
}

/** What Bedrock indexes of files that are no text (Bedrock user guide, prerequisites of a data source). */
const FILE_TYPES: ReadonlyMap<string, string> = new Map([
  ['application/pdf', 'pdf'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
]);

function decoded(bytes: Buffer, type: string): string {
  const charset = /charset="?([^";\s]+)/iu.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function textBody(texts: readonly TextPart[]): DocumentBody {
  const [kind = 'text', ...otherKinds] = new Set(texts.map((part) => textKind(part.mimeType)));
  const text = texts.map((part) => part.text).join('\n\n');
  return { kind: otherKinds.length === 0 ? kind : 'text', text: cleanText(text) };
}

function textKind(mimeType: string): Exclude<DocumentBody['kind'], 'file' | 'csv'> {
  if (mimeType === 'text/markdown' || mimeType === 'text/x-markdown') return 'markdown';
  return mimeType === 'text/html' || mimeType === 'application/xhtml+xml' ? 'html' : 'text';
}

/** Well-formed Unicode without NUL, which no store takes. */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

function partId(id: string, uri: string, index: number): string {
  return uri === id ? JSON.stringify([id, index]) : uri;
}

async function otherMessage(
  id: string,
  { kind, mimeType, bytes }: BinaryPart,
  facts: ResourceFacts,
  place: Place,
): Promise<ReadMessage<never>> {
  if (kind === 'unknown') {
    const type = mimeType === '' ? 'no MIME type' : `the MIME type "${mimeType.slice(0, 100)}"`;
    return refusal(id, `has ${type}, which cannot be indexed; exclude it`);
  }
  const path = join(place.folder, `${randomUUID()}.${FILE_TYPES.get(mimeType) ?? 'bin'}`);
  await writeFile(path, bytes, { mode: 0o600 });
  return document(id, { kind: 'file', contentType: mimeType, path }, facts, mimeType);
}

function document(
  id: string,
  body: DocumentBody,
  { title, modifiedAt }: ResourceFacts,
  mimeType = '',
): ReadMessage<never> {
  const made: SourceDocument = {
    id,
    body,
    ...(title === undefined || title === '' ? {} : { title: cleanText(title) }),
    ...(/^https?:\/\//iu.test(id) && URL.canParse(id) ? { url: id } : {}),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(mimeType === '' ? {} : { attributes: { mime_type: mimeType } }),
  };
  return { kind: 'document', document: made };
}

function refusal(id: string, why: string): ReadMessage<never> {
  return { kind: 'failed', id, failure: 'InvalidDocument', detail: `The resource "${id}" ${why}.` };
}
