import { failure } from '../../workflows/failures.ts';
import { extractArticle, type Article } from './article.ts';
import { decodeText } from './charset.ts';

/** The article of a page as it came over the wire. Pure and synchronous, a function of its arguments alone. @throws InvalidDocument - larger than 5 MB. */
export function extractPage(body: Buffer, contentType: string | undefined, url: string): Article {
  if (body.length > MAX_HTML_BYTES) throw tooLarge(url, body.length);
  return extractArticle(decodeText(body, contentType), url);
}

/** Measured: above this a page is a data dump whose extraction takes minutes. */
export const MAX_HTML_BYTES = 5 * 1024 * 1024;

function tooLarge(url: string, sizeBytes: number): Error {
  return failure(
    'InvalidDocument',
    `The page "${url.split('?')[0] ?? url}" has ${sizeBytes} bytes of HTML; the limit is ${MAX_HTML_BYTES}. Exclude it.`,
  );
}
