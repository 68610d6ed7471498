import { decodeText } from '../../../adapters/extraction/charset.ts';
import { contentKindOf } from '../../../adapters/extraction/content-type.ts';
import { readInThread } from '../../../adapters/extraction/extract-pool.ts';
import { decodePage, MAX_HTML_BYTES } from '../../../adapters/extraction/page.ts';
import type { NetResponse } from '../../../adapters/net/net.ts';
import { failure } from '../../../workflows/failures.ts';
import { robotsTag } from '../web/robots-tag.ts';

export const MAX_PAGE_BYTES = MAX_HTML_BYTES;

export interface PageText {
  readonly title?: string;
  readonly text: string;
}

/** The text of an answer as Markdown. @throws InvalidDocument, EmptyResult, Blocked - it has none, or asks not to be indexed. */
export async function readPageText(
  { body, headers, url }: NetResponse,
  deadlineMs: number | undefined,
  signal: AbortSignal,
): Promise<PageText> {
  const contentType = headers['content-type'];
  const { kind } = contentKindOf(body, contentType, new URL(url).pathname);
  if (robotsTag(headers).noindex) throw unwanted(url);
  if (kind === 'markdown' || kind === 'text' || kind === 'json')
    return present(url, { text: decodeText(body, contentType) });
  if (kind !== 'html')
    throw failure(
      'InvalidDocument',
      `"${placeOf(url)}" is no text ("${contentType ?? ''}"). Name a page of text.`,
    );
  const html = { text: decodePage(body, contentType, url), url };
  const { article } = await readInThread('page', html, { signal, deadlineMs });
  if (article.noindex) throw unwanted(url);
  const title = article.title ?? article.heading;
  return present(url, { text: article.markdown, ...(title === undefined ? {} : { title }) });
}

function present(url: string, page: PageText): PageText {
  if (page.text.trim() !== '') return page;
  throw failure('EmptyResult', `No text was found on "${placeOf(url)}". Name another page.`);
}

function unwanted(url: string): Error {
  return failure('Blocked', `"${placeOf(url)}" asks not to be indexed. Name another page.`);
}

function placeOf(url: string): string {
  return (url.split('?')[0] ?? url).slice(0, 300);
}
