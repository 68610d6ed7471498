import { z } from 'zod';
import { LeftOutNotes } from './left-out.ts';
import { ClusterNotes } from './text-clusters.ts';

/** What a crawl must not forget between two attempts, besides its pages. */
export const CrawlNotes = z.strictObject({
  hidden: z.array(z.string()),
  anyOk: z.boolean(),
  firstFailure: z.exactOptional(z.strictObject({ failure: z.string(), detail: z.string() })),
  leftOut: LeftOutNotes,
  clusters: ClusterNotes,
});

export type CrawlNotes = z.infer<typeof CrawlNotes>;

export const NO_NOTES: CrawlNotes = { hidden: [], anyOk: false, leftOut: {}, clusters: [] };
