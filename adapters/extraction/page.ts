import { failure } from '../../workflows/failures.ts';
import { decodeText } from './charset.ts';

/** The HTML of a page as it came over the wire. @throws InvalidDocument - larger than 5 MB. */
export function decodePage(body: Buffer, contentType: string | undefined, url: string): string {
  if (body.length > MAX_HTML_BYTES) throw tooLarge(url, body.length);
  return decodeText(body, contentType);
}

/** Measured: above this a page is a data dump whose extraction takes minutes. */
export const MAX_HTML_BYTES = 5 * 1024 * 1024;

function tooLarge(url: string, sizeBytes: number): Error {
  return failure(
    'InvalidDocument',
    `The page "${url.split('?')[0] ?? url}" has ${sizeBytes} bytes of HTML; the limit is ${MAX_HTML_BYTES}. Exclude it.`,
  );
}
