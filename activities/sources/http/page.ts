import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Article } from '../../../adapters/extraction/article.ts';
import { decodeText } from '../../../adapters/extraction/charset.ts';
import { contentKindOf, type ContentKind } from '../../../adapters/extraction/content-type.ts';
import { extractPage } from '../../../adapters/extraction/page.ts';
import type { NetResponse } from '../../../adapters/net/net.ts';
import { failure } from '../../../workflows/failures.ts';
import type { SourceDocument, SourceEnv, Validators } from '../contract.ts';
import type { HttpConfig } from './config.ts';
import { extractDocuments } from './extracted.ts';
import { suspicionOf } from './suspicion.ts';
import { pageId } from './urls.ts';

/** What an answer with 2xx holds. */
export interface PageReading {
  readonly documents: readonly SourceDocument[];
  /** Addresses as written, absolute. Empty if the page asks not to follow them. */
  readonly links: readonly string[];
  /** The id of the page that this one says it is a view of, on the same host or not. */
  readonly canonical?: string;
  /** Why there is no document, although nothing is wrong. */
  readonly skipped?: 'noindex' | 'content type';
}

export interface PageContext {
  readonly id: string;
  /** What was asked for, before redirects. */
  readonly asked: string;
  readonly config: HttpConfig;
  readonly env: Pick<SourceEnv, 'sourceId' | 'temporaryDirectory'>;
}

/**
 * Turns an answer into documents. Files are written below the temporary directory.
 * @throws EmptyResult - no text. @throws SelectorMissing - a configured field matched nothing.
 * @throws InvalidDocument - a "not found" page, or HTML above 5 MB.
 * @throws AuthExpired, Blocked - a login page, with and without configured credentials.
 */
export async function readPage(response: NetResponse, context: PageContext): Promise<PageReading> {
  const { pathname } = new URL(response.url);
  const header = response.headers['content-type'];
  const content = contentKindOf(response.body, header, pathname);
  if (content.kind === 'html') return readHtml(response, context);
  if (robotsTag(response).noindex) return { documents: [], links: [], skipped: 'noindex' };
  if (content.kind === 'other') return { documents: [], links: [], skipped: 'content type' };
  const document =
    content.kind === 'file'
      ? await fileDocument(response, content, context)
      : textDocument(response, content.kind, context);
  return { documents: [document], links: [] };
}

/** `X-Robots-Tag`. Directives for one named agent (`otherbot: noindex`) are not for us. */
function robotsTag({ headers }: NetResponse): { noindex: boolean; nofollow: boolean } {
  const tag = headers['x-robots-tag'] ?? '';
  const directives = new Set(tag.split(',').map((one) => one.trim().toLowerCase()));
  const says = (name: string): boolean => directives.has(name) || directives.has('none');
  return { noindex: says('noindex'), nofollow: says('nofollow') };
}

function readHtml(response: NetResponse, context: PageContext): PageReading {
  const { config, id } = context;
  const contentType = response.headers['content-type'];
  const article = extractPage(response.body, contentType, response.url);
  refuseImpostor(article, response, context);
  const tag = robotsTag(response);
  const links = article.nofollow || tag.nofollow ? [] : article.links;
  if (article.noindex || tag.noindex) return { documents: [], links, skipped: 'noindex' };
  const canonical = article.canonical && pageId(article.canonical, config);
  const shared = { links, ...(canonical && canonical !== id ? { canonical } : {}) };
  if (config.extract === undefined) {
    return { ...shared, documents: [articleDocument(article, response, id)] };
  }
  const html = decodeText(response.body, contentTypeFor(config, contentType));
  const found = extractDocuments(config.extract, html, {
    id,
    url: response.url,
    sourceId: context.env.sourceId,
    toId: (url) => pageId(url, config),
  });
  for (const document of found.documents) refuseEmpty(document, response.url);
  return {
    ...shared,
    documents: found.documents,
    links: [...links, ...(found.next ? [found.next] : [])],
  };
}

function contentTypeFor(config: HttpConfig, header: string | undefined): string | undefined {
  const charset = config.extract?.decode?.charset;
  return charset === undefined ? header : `text/html; charset=${charset}`;
}

function refuseImpostor(
  article: Article,
  response: NetResponse,
  { asked, config }: PageContext,
): void {
  const place = placeOf(asked);
  switch (suspicionOf(article, asked, response.url)) {
    case 'login':
      throw config.headers === undefined
        ? failure(
            'Blocked',
            `"${place}" answered ${response.status} with a login page. Add credentials to "headers", or exclude it.`,
          )
        : failure(
            'AuthExpired',
            `"${place}" answered ${response.status} with a login page to the credentials in "headers". Renew that secret; the next run reads it again.`,
          );
    case 'missing':
      throw failure(
        'InvalidDocument',
        `"${place}" answered ${response.status}, but its text says that the page was not found. Ask its owner to answer 404.`,
      );
    case undefined:
  }
}

function articleDocument(article: Article, response: NetResponse, id: string): SourceDocument {
  const title = article.title ?? article.heading;
  const document: SourceDocument = {
    id,
    url: response.url,
    ...(title === undefined ? {} : { title }),
    ...(article.byline === undefined ? {} : { author: article.byline }),
    ...(article.modified === undefined ? {} : { modifiedAt: article.modified }),
    ...(article.lang === undefined ? {} : { attributes: { language: article.lang } }),
    body: { kind: 'markdown', text: article.markdown },
    validators: validatorsOf(response),
  };
  refuseEmpty(document, response.url);
  return document;
}

function refuseEmpty({ body }: SourceDocument, url: string): void {
  if (body.kind === 'file' || body.text.trim() !== '') return;
  throw failure(
    'EmptyResult',
    `"${placeOf(url)}" has no text that could be extracted. If scripts write it, use a source of type "browser".`,
  );
}

function textDocument(
  response: NetResponse,
  kind: 'markdown' | 'text' | 'json',
  { id }: PageContext,
): SourceDocument {
  const text = decodeText(response.body, response.headers['content-type']);
  const body = kind === 'json' ? { kind: 'markdown' as const, text: fenced(text) } : { kind, text };
  const heading =
    kind === 'markdown' ? /^#\s+(.+)$/m.exec(text.slice(0, 10_000))?.[1]?.trim() : undefined;
  const document = {
    id,
    url: response.url,
    title: heading ?? fileName(response.url),
    body: text.trim() === '' ? { kind: 'text' as const, text: '' } : body,
    validators: validatorsOf(response),
  };
  refuseEmpty(document, response.url);
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
  { id, env }: PageContext,
): Promise<SourceDocument> {
  const name = `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.${extension}`;
  const path = join(env.temporaryDirectory, name);
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

/** For sentences: a query may hold a token. */
function placeOf(url: string): string {
  return url.split('?')[0] ?? url;
}
