export interface DeletionCase {
  readonly candidates: number;
  /** Documents that are live, the candidates included. */
  readonly live: number;
  /** 0..1 */
  readonly maxDeletedShare: number;
}

/** At most this many go without a question, whatever the share. */
const ALWAYS_ALLOWED = 5;
/** A corpus larger than this must not lose half of itself at once. */
const SMALL_CORPUS = 10;

/**
 * Why these deletions must not happen by themselves, as a sentence; undefined when they may. Pure and monotone: more candidates never turn a
 * refusal into a permission.
 */
export function refuseDeletion({
  candidates,
  live,
  maxDeletedShare,
}: DeletionCase): string | undefined {
  if (candidates === 0) return undefined;
  const numbers = `${candidates} of ${live} documents would be deleted`;
  if (candidates >= live && live > 0 && maxDeletedShare < 1) {
    return `The source shows no document any more, and ${numbers}. Nothing was deleted.`;
  }
  if (candidates <= ALWAYS_ALLOWED) return undefined;
  if (live > SMALL_CORPUS && maxDeletedShare < 0.5 && live - candidates < live / 2) {
    return `The source shows less than half of what is stored: ${numbers}. Nothing was deleted.`;
  }
  if (candidates <= live * maxDeletedShare) return undefined;
  const percent = Math.round(maxDeletedShare * 100);
  return `${numbers}; ${percent} % may go without a question (limits.maxDeletedShare). Nothing was deleted.`;
}
