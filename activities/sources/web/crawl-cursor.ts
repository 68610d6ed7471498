import { z } from 'zod';

/** Names the state of a crawl after one of its commits; the state itself lies in the store of crawls. */
const Reference = z.strictObject({ v: z.literal(2), crawl: z.string(), step: z.int() });

/** The whole state, packed into the cursor, as older versions did it. */
const Packed = z.strictObject({ v: z.literal(1), packed: z.string() });

export const CrawlCursor = z.union([Reference, Packed]);

export type CrawlCursor = z.infer<typeof CrawlCursor>;
