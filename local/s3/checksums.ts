import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Error } from './s3-error.ts';

/** The checksum algorithms that this server computes. CRC32C and CRC64NVME are answered with 501. */
export type ChecksumAlgorithm = 'CRC32' | 'SHA1' | 'SHA256';

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; a checksum of checksums ends in `-<number of parts>`. */
  readonly value: string;
}

/** A checksum under way. */
export interface Digest {
  update(piece: Buffer): void;
  /** Call once, at the end. */
  base64(): string;
}

/** Starts a checksum over bytes. */
export function digestOf(algorithm: ChecksumAlgorithm): Digest {
  if (algorithm === 'CRC32') return crc32Digest();
  const hash = createHash(algorithm.toLowerCase());
  return { update: (piece) => void hash.update(piece), base64: () => hash.digest('base64') };
}

function crc32Digest(): Digest {
  let value = 0;
  return {
    update: (piece) => {
      value = crc32(piece, value);
    },
    base64: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
}

/** Which checksum a request announces, and where its value stands. */
export interface AnnouncedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Absent: it comes in the trailer. */
  readonly value?: string;
}

/**
 * The checksum in `x-amz-checksum-…`, or the one that `x-amz-trailer` promises.
 * @throws NotImplemented - another algorithm.
 * @throws InvalidRequest - several checksums, a malformed value, or one that was promised and is not there.
 */
export function announcedChecksum(
  headers: ReadonlyMap<string, string>,
): AnnouncedChecksum | undefined {
  const values = [...headers].filter(([name]) => isChecksumHeader(name));
  const trailer = headers.get('x-amz-trailer')?.trim().toLowerCase();
  const [first, second] = values;
  if (second)
    throw invalid(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  if (first) {
    const algorithm = algorithmOfHeader(first[0]);
    checkForm(algorithm, first[1]);
    return { algorithm, value: first[1] };
  }
  if (trailer !== undefined) return { algorithm: algorithmOfHeader(trailer) };
  if (headers.has('x-amz-sdk-checksum-algorithm')) {
    throw invalid(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  return undefined;
}

/** The header in which a checksum of this algorithm travels. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** @throws NotImplemented - the algorithm is not one of ours. */
export function readAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = ALGORITHMS.find((one) => one === name.toUpperCase());
  if (algorithm) return algorithm;
  throw new S3Error(
    'NotImplemented',
    `The checksum algorithm "${name.toUpperCase()}" is not implemented. Use one of ${ALGORITHMS.join(', ')}.`,
  );
}

/** @throws InvalidRequest - the value cannot be a checksum of this algorithm. */
function checkForm(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== SIZE_BYTES[algorithm] || bytes.toString('base64') !== value) {
    throw invalid(`Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
}

/** @throws BadDigest - the bytes that came have another checksum. */
export function compareChecksum(expected: Checksum, actual: string): void {
  if (expected.value !== actual) {
    throw new S3Error(
      'BadDigest',
      `The ${expected.algorithm} you specified did not match the calculated checksum.`,
    );
  }
}

const ALGORITHMS: readonly ChecksumAlgorithm[] = ['CRC32', 'SHA1', 'SHA256'];
const SIZE_BYTES = { CRC32: 4, SHA1: 20, SHA256: 32 } as const;

function isChecksumHeader(name: string): boolean {
  return name.startsWith('x-amz-checksum-') && !NOT_VALUES.has(name);
}

const NOT_VALUES: ReadonlySet<string> = new Set([
  'x-amz-checksum-algorithm',
  'x-amz-checksum-mode',
  'x-amz-checksum-type',
]);

function algorithmOfHeader(name: string): ChecksumAlgorithm {
  if (!isChecksumHeader(name)) throw invalid(`The trailer "${name}" is not a checksum.`);
  return readAlgorithm(name.slice('x-amz-checksum-'.length));
}

function invalid(message: string): S3Error {
  return new S3Error('InvalidRequest', message);
}
