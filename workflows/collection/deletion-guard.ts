export interface DeletionCase {
  readonly candidates: number;
  /** Documents that are live, the candidates included. */
  readonly live: number;
  /** How many of the live ones this run has found for the first time: new pages must not make the loss of old ones look small. */
  readonly added?: number;
  /** 0..1 */
  readonly maxDeletedShare: number;
  /** More than these are never deleted without a question; no such bound where it is left out. */
  readonly maxDeletions?: number;
  /** At most this many go without a question, whatever their share. */
  readonly deletionFloor?: number;
  /** How many documents the last good runs with a complete listing showed, in any order. Too few of them are no baseline. */
  readonly baseline?: readonly number[];
}

/** The floor where a definition names none: sources.md §14.2. */
const DELETION_FLOOR = 5;
/** A corpus larger than this must not lose half of itself at once. */
const SMALL_CORPUS = 10;

/**
 * Why these deletions must not happen by themselves, as a sentence; undefined when they may. Pure and monotone: more candidates never turn a
 * refusal into a permission.
 */
export function refuseDeletion({
  candidates,
  live,
  added = 0,
  maxDeletedShare,
  maxDeletions = Number.POSITIVE_INFINITY,
  deletionFloor = DELETION_FLOOR,
  baseline = [],
}: DeletionCase): string | undefined {
  if (candidates === 0) return undefined;
  const before = Math.max(live - added, candidates);
  const numbers = `${candidates} of ${before} documents would be deleted`;
  if (candidates >= live && live > 0 && maxDeletedShare < 1) {
    return `The source shows no document any more, and ${numbers}. Nothing was deleted.`;
  }
  if (candidates > maxDeletions) {
    return `${numbers}; ${maxDeletions} may go without a question (limits.maxDeletions). Nothing was deleted.`;
  }
  const shrank = maxDeletedShare < 1 ? shrunkenRun(live - candidates, baseline) : undefined;
  if (shrank) return `${shrank}; ${numbers}. Nothing was deleted.`;
  if (candidates <= deletionFloor) return undefined;
  if (before > SMALL_CORPUS && maxDeletedShare < 0.5 && before - candidates < before / 2) {
    return `The source shows less than half of what is stored: ${numbers}. Nothing was deleted.`;
  }
  if (candidates <= before * maxDeletedShare) return undefined;
  const percent = Math.round(maxDeletedShare * 100);
  return `${numbers}; ${percent} % may go without a question (limits.maxDeletedShare). Nothing was deleted.`;
}

/** Below this share of what is usual a whole run counts as shrunken. */
const SHRUNKEN_SHARE = 0.3;
/** Fewer runs are no habit. */
const MIN_BASELINE_RUNS = 3;
/** Of a handful of documents, 30 % is one or two more or less. */
const MIN_USUAL_DOCUMENTS = 10;

/**
 * Small losses that add up: a few documents a run go without a question, until little is left of what was usual. A source that varies by
 * nature is known by it: what one of the last runs showed, too, is nothing new.
 */
function shrunkenRun(shown: number, baseline: readonly number[]): string | undefined {
  if (baseline.length < MIN_BASELINE_RUNS) return undefined;
  const sorted = baseline.toSorted((a, b) => a - b);
  const usual = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const [least = 0] = sorted;
  if (usual < MIN_USUAL_DOCUMENTS || shown >= usual * SHRUNKEN_SHARE || shown >= least)
    return undefined;
  const most = sorted.at(-1) ?? 0;
  const range = least === most ? String(least) : `${least} to ${most}`;
  return `The source shows ${shown} documents, its last ${baseline.length} runs showed ${range}`;
}
