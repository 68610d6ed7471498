import { createHash } from 'node:crypto';

/** What the S3 stub has seen since its last reset. */
export interface S3Tally {
  /** Requests by operation; what is no S3 request of ours stands as `other <method> <path>`. */
  readonly requests: Readonly<Record<string, number>>;
  readonly putBytes: number;
  /** Of all written objects, whatever their order: equal sets of keys and bodies have equal digests. */
  readonly digest: string;
}

export interface TallyBook {
  count(operation: string): void;
  put(key: string, body: Buffer): void;
  read(): S3Tally;
  reset(): void;
}

/** The time of collection differs from run to run and is the only thing that may. */
const COLLECTED_AT = /("collected_at":\{"value":\{"type":"NUMBER","numberValue":)\d+/;
const WORDS = 8;

/** Counts and digests in constant memory: the hashes of the objects are added up, word by word. */
export function openTallyBook(): TallyBook {
  let requests: Record<string, number> = {};
  let putBytes = 0;
  let sum = new Uint32Array(WORDS);
  return {
    count(operation) {
      requests[operation] = (requests[operation] ?? 0) + 1;
    },
    put(key, body) {
      putBytes += body.byteLength;
      const hash = objectHash(key, body);
      for (let word = 0; word < WORDS; word += 1) {
        sum[word] = (sum[word] ?? 0) + hash.readUInt32BE(word * 4);
      }
    },
    read: () => ({
      requests,
      putBytes,
      digest: [...sum].map((word) => word.toString(16).padStart(8, '0')).join(''),
    }),
    reset() {
      requests = {};
      putBytes = 0;
      sum = new Uint32Array(WORDS);
    },
  };
}

function objectHash(key: string, body: Buffer): Buffer {
  const compared = key.endsWith('.metadata.json')
    ? body.toString('utf8').replace(COLLECTED_AT, '$10')
    : body;
  return createHash('sha256').update(key).update('\0').update(compared).digest();
}
