import type { RunCounts } from '../../workflows/collection/counts.ts';

/** What collecting reports to the metrics endpoint and, where switched on, to CloudWatch. Never content, never an id of a run. */
export interface CollectionMetrics {
  runEnded(run: EndedRun): void;
  rateLimited(waitMs: number): void;
  syncEnded(sync: { readonly status: string; readonly lagMs: number | undefined }): void;
}

export interface EndedRun {
  readonly tenant: string;
  readonly source: string;
  readonly status: string;
  readonly counts: Partial<RunCounts>;
  readonly durationMs: number;
  /** True when the run may count for freshness: it ended well and its listing was complete, or it has none. */
  readonly fresh: boolean;
}
