import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { failure } from '../../../workflows/failures.ts';

/** The state of a crawl, packed: addresses of one site repeat themselves, so 2,000 of them fit into some 40 KB. */
export const CrawlCursor = z.strictObject({ v: z.literal(1), packed: z.string() });

export type CrawlCursor = z.infer<typeof CrawlCursor>;

const Queued = z.union([
  /** Address, depth, tries. */
  z.tuple([z.string(), z.int(), z.int()]),
  /** The same of a page of a list: its first page, and the position from 1. */
  z.tuple([z.string(), z.int(), z.int(), z.string(), z.int()]),
]);

export type Queued = z.infer<typeof Queued>;

const CrawlState = z.strictObject({
  queue: z.array(Queued),
  visited: z.array(z.string()),
  absent: z.array(z.string()),
  hidden: z.array(z.string()),
  anyOk: z.boolean(),
  firstFailure: z.exactOptional(z.strictObject({ failure: z.string(), detail: z.string() })),
});

/** Everything that a crawl must not forget between two attempts. */
export type CrawlState = z.infer<typeof CrawlState>;

export function packState(state: CrawlState): CrawlCursor {
  return { v: 1, packed: deflateRawSync(JSON.stringify(state)).toString('base64') };
}

/** @throws InvalidConfig - it is none of ours. */
export function unpackState(cursor: CrawlCursor | null): CrawlState {
  if (cursor === null) return { queue: [], visited: [], absent: [], hidden: [], anyOk: false };
  try {
    const text = inflateRawSync(Buffer.from(cursor.packed, 'base64'), {
      maxOutputLength: MAX_STATE_BYTES,
    });
    return CrawlState.parse(JSON.parse(text.toString('utf8')));
  } catch (error) {
    throw failure(
      'InvalidConfig',
      'The stored cursor of the crawl cannot be read. Start a full run of the source.',
      { cause: error },
    );
  }
}

const MAX_STATE_BYTES = 16 * 1024 * 1024;
