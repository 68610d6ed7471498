import { S3Error } from './s3-error.ts';

/** A part of a body: both ends belong to it. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The part that a `Range` header asks for; `undefined` is the whole. As in S3, a header that cannot be read and
 * one with several ranges are ignored.
 * @throws InvalidRange - the object ends before the range begins.
 */
export function readRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [from, to] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (
    !match ||
    (from === '' && to === '') ||
    (to !== '' && from !== '' && Number(to) < Number(from))
  ) {
    return undefined;
  }
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (first >= sizeBytes || (from === '' && Number(to) === 0)) {
    throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
      ActualObjectSize: String(sizeBytes),
    });
  }
  return { first, last };
}
