import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeText } from '../../../adapters/extraction/charset.ts';
import { contentKindOf, type ContentKind } from '../../../adapters/extraction/content-type.ts';
import { readInThread } from '../../../adapters/extraction/extract-pool.ts';
import { decodePage } from '../../../adapters/extraction/page.ts';
import { expandExtraction, type ExtractionConfig } from '../../../adapters/extraction/spec.ts';
import type { NetResponse } from '../../../adapters/net/net.ts';
import { failure } from '../../../workflows/failures.ts';
import type { SourceDocument, Validators } from '../contract.ts';
import { extractedDocuments } from '../web/extracted-page.ts';
import { emptyPage, readHtmlPage } from '../web/html-page.ts';
import { placeOf } from '../web/page-id.ts';
import { robotsTag } from '../web/robots-tag.ts';
import type { PagePlace, PageReading, Session } from '../web/session.ts';

/** Reads an answer by what it is: HTML, JSON for `extract`, other text, or a file, written below the temporary directory. */
export async function readAnswer(
  response: NetResponse,
  place: PagePlace,
  session: Session,
): Promise<PageReading> {
  const { pathname } = new URL(response.url);
  const content = contentKindOf(response.body, response.headers['content-type'], pathname);
  if (content.kind === 'html') return readHtml(response, place, session);
  if (robotsTag(response.headers).noindex) return { messages: [], links: [], skipped: 'noindex' };
  if (content.kind === 'other') return { messages: [], links: [], skipped: 'content type' };
  if (content.kind === 'mislabelled') throw mislabelled(place.id, content.contentType, response);
  if (content.kind === 'json' && session.config.extract !== undefined) {
    return readJson(response, place, session.config.extract, session);
  }
  const document =
    content.kind === 'file'
      ? await fileDocument(response, content, { id: place.id, session })
      : textDocument(response, content.kind, place.id);
  return { messages: [{ kind: 'document', document }], links: [] };
}

/** A failure, and not left out: a stored file that is damaged today must stay. */
function mislabelled(id: string, contentType: string, { status, body }: NetResponse): Error {
  return failure(
    'InvalidDocument',
    `"${placeOf(id)}" (${status}, ${body.length} bytes) says that it is "${contentType}", and is not. Ask its owner to mend the file, or exclude it.`,
  );
}

async function readJson(
  response: NetResponse,
  place: PagePlace,
  extract: ExtractionConfig,
  { config, env }: Session,
): Promise<PageReading> {
  const { url } = response;
  const spec = expandExtraction(env.sourceId, extract);
  const text = decodeText(response.body, contentTypeOf(response, { config }));
  const limits = { signal: env.signal, deadlineMs: env.settings.pageDeadlineMs };
  const found = await readInThread('data', { text, url, spec }, limits);
  place.found?.(found, spec);
  return {
    links: [],
    ...extractedDocuments(found, { page: factsOf(response), place, spec }, config),
  };
}

async function readHtml(
  response: NetResponse,
  place: PagePlace,
  session: Session,
): Promise<PageReading> {
  const html = decodePage(response.body, contentTypeOf(response, session), response.url);
  const page = { ...factsOf(response), html, validators: validatorsOf(response) };
  const remedies = { whenEmpty: WHEN_EMPTY, whenScripted: WHEN_SCRIPTED };
  return readHtmlPage({ ...page, ...remedies }, place, session);
}

const WHEN_EMPTY = 'If scripts write it, use a source of type "browser".';
const WHEN_SCRIPTED = 'Scripts write this page: use a source of type "browser".';

function factsOf({ url, status, headers, body }: NetResponse) {
  return { url, status, headers, sizeBytes: body.length };
}

/** A charset that the config names wins over header and meta. */
function contentTypeOf(
  { headers }: NetResponse,
  { config }: Pick<Session, 'config'>,
): string | undefined {
  const charset = config.extract?.decode?.charset;
  return charset === undefined ? headers['content-type'] : `text/html; charset=${charset}`;
}

function textDocument(
  response: NetResponse,
  kind: 'markdown' | 'text' | 'json',
  id: string,
): SourceDocument {
  const text = decodeText(response.body, response.headers['content-type']);
  const heading =
    kind === 'markdown' ? /^#\s+(.+)$/m.exec(text.slice(0, 10_000))?.[1]?.trim() : undefined;
  const document: SourceDocument = {
    id,
    url: response.url,
    title: heading ?? fileName(response.url),
    body: kind === 'json' ? { kind: 'markdown', text: fenced(text) } : { kind, text },
    validators: validatorsOf(response),
  };
  if (text.trim() === '') throw emptyPage({ ...factsOf(response), whenEmpty: 'Exclude it.' });
  return document;
}

function fenced(json: string): string {
  try {
    return `\`\`\`json\n${JSON.stringify(JSON.parse(json), null, 2)}\n\`\`\``;
  } catch {
    // Said to be JSON, and is not: still text that somebody may search.
    return json;
  }
}

async function fileDocument(
  response: NetResponse,
  { contentType, extension }: Extract<ContentKind, { kind: 'file' }>,
  { id, session }: { readonly id: string; readonly session: Pick<Session, 'env'> },
): Promise<SourceDocument> {
  const name = `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.${extension}`;
  const path = join(session.env.temporaryDirectory, name);
  await writeFile(path, response.body);
  return {
    id,
    url: response.url,
    title: fileName(response.url),
    body: { kind: 'file', contentType, path },
    validators: validatorsOf(response),
  };
}

function fileName(url: string): string {
  const { host, pathname } = new URL(url);
  const last = pathname.split('/').findLast((part) => part !== '') ?? host;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function validatorsOf({ headers }: NetResponse): Validators {
  return {
    ...(headers['etag'] === undefined ? {} : { etag: headers['etag'] }),
    ...(headers['last-modified'] === undefined ? {} : { lastModified: headers['last-modified'] }),
  };
}
