import { S3Error } from './s3-error.ts';
import { encodePath } from './uri.ts';

const MAX_PAGE = 1000;

/**
 * How many entries a page may hold: at most 1000, whatever is asked for.
 * @throws InvalidArgument - not a whole number.
 */
export function readCount(query: ReadonlyMap<string, string>, name: string): number {
  const value = query.get(name);
  if (value === undefined) return MAX_PAGE;
  if (!/^\d{1,10}$/.test(value)) {
    throw new S3Error(
      'InvalidArgument',
      `Argument ${name} must be an integer between 0 and 2147483647`,
    );
  }
  return Math.min(Number(value), MAX_PAGE);
}

/** How keys are written into the answer: `encoding-type=url` keeps characters that XML cannot hold. */
export function readEncoding(query: ReadonlyMap<string, string>): {
  readonly encoding: 'url' | undefined;
  readonly encode: (text: string) => string;
} {
  const value = query.get('encoding-type');
  if (value === undefined) return { encoding: undefined, encode: (text) => text };
  if (value !== 'url')
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request');
  return { encoding: 'url', encode: encodePath };
}
