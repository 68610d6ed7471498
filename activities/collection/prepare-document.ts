import { createHash, hash as hashOf } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ApplicationFailure } from '@temporalio/common';
import { readInThread } from '../../adapters/extraction/extract-pool.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { DocumentBody, SourceDocument, SourceSpec } from '../sources/contract.ts';
import { comparableBy, comparableHash, comparableValue, type Comparable } from './comparable.ts';
import { documentHash, documentKey, MAX_ID_CHARACTERS } from './identity.ts';
import { normaliseText, singleLine } from './normalise.ts';
import { documentAttributes, type Attributes } from './sidecar.ts';

/** A document ready to be compared and stored. */
export interface PreparedDocument {
  readonly hash: string;
  readonly document: SourceDocument;
  readonly key: string;
  readonly content: PreparedContent;
  /** sha256 of the normalised content, hex, without what the definition ignores. */
  readonly contentHash: string;
  /** sha256 of the attributes that matter; times of collection and code versions are left out, they never make a change. */
  readonly metaHash: string;
  readonly attributes: Attributes;
}

export type PreparedContent =
  | {
      readonly kind: 'text';
      readonly body: Buffer;
      readonly bytes: number;
      readonly contentType: string;
    }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly bytes: number;
      readonly contentType: string;
    };

/** Why a document is refused: a whole sentence. */
export interface RefusedDocument {
  readonly refused: string;
}

export interface PreparationContext {
  readonly definition: SourceDefinition;
  readonly spec: SourceSpec;
  readonly configSig: string;
  readonly maxDocumentBytes: number;
}

/** Bedrock indexes these as they are; everything else has to become Markdown first. */
const FILE_EXTENSIONS: Readonly<Record<string, string>> = {
  'application/pdf': '.pdf',
  'application/msword': '.doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': '.docx',
  'application/vnd.ms-excel': '.xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': '.xlsx',
  'text/csv': '.csv',
  'text/html': '.html',
  'text/plain': '.txt',
  'text/markdown': '.md',
};

/** Attributes that change with the code or the definition, not with the document. */
const NOT_HASHED = new Set(['type_version', 'config_sig']);

/** Renders, normalises, hashes. A refusal is a value: one bad document never ends a run. */
export async function prepareDocument(
  document: SourceDocument,
  context: PreparationContext,
): Promise<PreparedDocument | RefusedDocument> {
  const problem = idProblem(document.id);
  if (problem) return { refused: problem };
  if (document.body.kind === 'csv' && context.definition.knowledgeBase.vectorStore === 's3-vectors')
    return { refused: NO_RECORDS };
  const content = await prepareContent(document);
  if ('refused' in content) return content;
  if (content.bytes > context.maxDocumentBytes) {
    const limit = `${context.maxDocumentBytes} bytes are the most that the knowledge base takes`;
    return {
      refused: `The document has ${content.bytes} bytes; ${limit}. Split it at the source.`,
    };
  }
  const hash = documentHash(document.id);
  const { definition, spec, configSig } = context;
  const attributes = documentAttributes({ definition, spec, configSig, document });
  const { prefix } = definition.knowledgeBase;
  const { tenant, category, id: source } = definition;
  const comparable = comparableBy(definition);
  return {
    hash,
    document,
    key: documentKey({ prefix, tenant, category, source, hash, extension: content.extension }),
    content,
    contentHash: contentHashOf(content, comparable),
    metaHash: hashAttributes(attributes, comparable),
    attributes,
  };
}

/** Attributes of the file and of its longest row together: nobody can promise that they stay below what S3 Vectors takes. */
const NO_RECORDS =
  'CSV records carry more attributes than the vector store "s3-vectors" takes (1 KB a vector). Store each row as a document of its own: remove "shardRows".';

function idProblem(id: string): string | undefined {
  if (singleLine(id) === '') return 'The document has no id. Give each document a stable one.';
  if (id.length <= MAX_ID_CHARACTERS) return undefined;
  return `The document's id has ${id.length} characters; ${MAX_ID_CHARACTERS} are allowed. Use a shorter stable one.`;
}

type HashedContent = PreparedContent & { readonly hash: string; readonly extension: string };

async function prepareContent(document: SourceDocument): Promise<HashedContent | RefusedDocument> {
  const { body } = document;
  if (body.kind === 'file') return prepareFile(body);
  if (body.kind === 'csv') return textContent(body.text, 'text/csv; charset=utf-8', '.csv');
  const markdown = body.kind === 'html' ? await readHtml(body.text, document) : body.text;
  if (typeof markdown !== 'string') return markdown;
  const text = normaliseText(markdown);
  if (text === '')
    return { refused: 'The document has no text. An empty document is never stored.' };
  return textContent(text, 'text/markdown; charset=utf-8', '.md');
}

function textContent(text: string, contentType: string, extension: string): HashedContent {
  const body = Buffer.from(text, 'utf8');
  const hash = hashOf('sha256', body);
  return { kind: 'text', body, bytes: body.byteLength, contentType, hash, extension };
}

/** In a thread: what a stranger wrote must not stop this one. */
async function readHtml(
  text: string,
  { id, url = id }: SourceDocument,
): Promise<string | RefusedDocument> {
  try {
    return await readInThread('markdown', { text, url });
  } catch (error) {
    if (error instanceof ApplicationFailure && error.type === 'InvalidDocument')
      return { refused: error.message };
    throw error;
  }
}

async function prepareFile(
  body: Extract<DocumentBody, { kind: 'file' }>,
): Promise<HashedContent | RefusedDocument> {
  const contentType = (body.contentType.split(';')[0] ?? '').trim().toLowerCase();
  const extension = FILE_EXTENSIONS[contentType];
  if (!extension) {
    const known = Object.values(FILE_EXTENSIONS).join(', ');
    return {
      refused: `Files of type "${contentType}" are not indexed by the knowledge base. It takes ${known}.`,
    };
  }
  const { size } = await stat(body.path);
  if (size === 0) return { refused: 'The file is empty. An empty document is never stored.' };
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(body.path)) digest.update(chunk as Buffer);
  return {
    kind: 'file',
    path: body.path,
    bytes: size,
    contentType,
    hash: digest.digest('hex'),
    extension,
  };
}

function contentHashOf(content: HashedContent, comparable: Comparable | undefined): string {
  if (!comparable || content.kind === 'file') return content.hash;
  return comparableHash(content.body.toString('utf8'), comparable);
}

function hashAttributes({ values, structure }: Attributes, comparable?: Comparable): string {
  const hashed = [...values]
    .filter(([name]) => !NOT_HASHED.has(name))
    .map(
      ([name, value]) => [name, comparable ? comparableValue(value, comparable) : value] as const,
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return hashOf('sha256', JSON.stringify(structure ? [hashed, structure] : hashed));
}
