import { S3Error } from './s3-error.ts';

/**
 * The text behind percent signs. Unlike `new URL`, nothing is normalised: `..` in a key stays what it is.
 * @throws InvalidURI - the bytes are not UTF-8.
 */
export function decodeUri(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new S3Error('InvalidURI', 'The address holds percent signs that do not encode UTF-8.');
  }
}

/** Percent-encodes all but the unreserved characters of RFC 3986, as AWS Signature Version 4 asks for. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The same, with slashes left alone: a path, or a key in a listing with `encoding-type=url`. */
export function encodePath(text: string): string {
  return encodeUri(text).replaceAll('%2F', '/');
}

/** Name and value of each query parameter, decoded, in the order in which they came. */
export function queryPairs(rawQuery: string): readonly (readonly [string, string])[] {
  return rawQuery
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
      return [decodePlus(name), decodePlus(value)];
    });
}

function decodePlus(encoded: string): string {
  return decodeUri(encoded.replaceAll('+', ' '));
}
