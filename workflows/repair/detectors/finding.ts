import type { FailureName } from '../../failures.ts';
import type { RunSummary } from '../run-summary.ts';

/** Which rule noticed a break. `run` is the failure of a run itself, `freshness` what is late, `person` somebody who reported it. */
export type DetectorName =
  | 'run'
  | 'required-field'
  | 'field-emptiness'
  | 'record-count'
  | 'drift'
  | 'fallback'
  | 'known-answer'
  | 'freshness'
  | 'person';

/** What a detector has noticed about a run whose documents may all look well. */
export interface Finding {
  readonly detector: DetectorName;
  readonly failure: Extract<
    FailureName,
    'SelectorMissing' | 'EmptyResult' | 'ContentShrank' | 'SchemaDrift'
  >;
  /** Sorted; the list of records itself is named by the empty text. */
  readonly fields: readonly string[];
  /** A whole sentence that names the rule and its numbers. */
  readonly because: string;
  /** `hold` makes the run held, and keeps deletions back; `warn` is noted on the run alone. */
  readonly severity: 'hold' | 'warn';
}

/** What a detector looks at. */
export interface RunFacts {
  readonly run: RunSummary;
  /** The run has seen everything that the source lists: only then its counts are comparable. */
  readonly listingComplete: boolean;
  /** Good runs (`succeeded` or `partial`) of the same lineage before this one, newest first. */
  readonly good: readonly RunSummary[];
  /** Fields whose values on archived bodies must not change, and have or have not; nothing where no body was read again with another result. */
  readonly known?: readonly KnownAnswer[];
}

/** A stable field of a body that was read before: is it today what it was then? */
export interface KnownAnswer {
  readonly url: string;
  readonly field: string;
  readonly same: boolean;
}

/** One rule: pure and total. */
export type Detector = (facts: RunFacts) => readonly Finding[];
