import type { FailureName } from '../failures.ts';

/** What the documents of a run are judged by, all of them together. */
export interface RunNumbers {
  /** Live documents of the source. */
  readonly live: number;
  /** Of those, how many have a newest version that was held back because it shrank. */
  readonly shrunken: number;
  /** Documents that the run read, whatever came of them. */
  readonly read: number;
  /** Documents of the run that broke their schema or were refused as documents. */
  readonly violations: number;
  /** The share of violations (0..1) that a person has accepted for this source. */
  readonly acceptedViolationShare?: number;
}

/** Why a whole run is held although each document has its own outcome. */
export interface RunAnomaly {
  readonly kind: 'shrunken' | 'violations';
  readonly failure: Extract<FailureName, 'ContentShrank' | 'SchemaDrift'>;
  /** A whole sentence with numbers. */
  readonly reason: string;
}

const MAX_SHRUNKEN_SHARE = 0.15;
const MAX_VIOLATION_SHARE = 0.05;
/** Up to this many say nothing about the source, however small it is: the same bound as for failed documents. */
export const ALWAYS_TOLERATED = 3;
/** What was accepted once may vary by half without a new question. */
const ACCEPTED_SLACK = 1.5;

/** The first anomaly of a run's documents; undefined when there is none. Pure and monotone: more of them never hold less. */
export function judgeDocuments(numbers: RunNumbers): RunAnomaly | undefined {
  const { live, shrunken, read, violations, acceptedViolationShare = 0 } = numbers;
  if (shrunken > ALWAYS_TOLERATED && shrunken > live * MAX_SHRUNKEN_SHARE) {
    const reason = `${shrunken} of ${live} documents have lost most of their text at once. Nothing was deleted, and the stored versions stay live.`;
    return { kind: 'shrunken', failure: 'ContentShrank', reason };
  }
  const allowed = Math.max(MAX_VIOLATION_SHARE, acceptedViolationShare * ACCEPTED_SLACK);
  if (violations > ALWAYS_TOLERATED && violations > read * allowed) {
    const reason = `${violations} of ${read} documents broke what the source promises of them. Nothing was deleted; what was read well is stored.`;
    return { kind: 'violations', failure: 'SchemaDrift', reason };
  }
  return undefined;
}
