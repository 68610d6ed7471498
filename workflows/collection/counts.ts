/** Documents of a run by outcome, and what they cost. One document has one outcome. */
export interface RunCounts {
  readonly added: number;
  readonly updated: number;
  /** Read and equal, or present and not read again. */
  readonly unchanged: number;
  readonly deleted: number;
  readonly failed: number;
  readonly held: number;
  readonly putRequests: number;
  readonly putBytes: number;
}

export const NO_COUNTS: RunCounts = {
  added: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  failed: 0,
  held: 0,
  putRequests: 0,
  putBytes: 0,
};

/** Missing members count as zero. */
export function addCounts(a: Partial<RunCounts>, b: Partial<RunCounts>): RunCounts {
  const keys = Object.keys(NO_COUNTS) as (keyof RunCounts)[];
  return Object.fromEntries(
    keys.map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]),
  ) as unknown as RunCounts;
}

/** How many documents the knowledge base has to look at again. */
export function changedDocuments(counts: RunCounts): number {
  return counts.added + counts.updated + counts.deleted;
}
