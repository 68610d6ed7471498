import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { CheckReport } from '../../workflows/repair/checks.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import type { CandidateEvidence } from '../strategies/candidate.ts';

export interface CheckedCandidate {
  /** All of `CHECK_NAMES`, in their order. */
  readonly checks: readonly CheckReport[];
  /** What the gate weighs of it; `agree`, `ambig`, `margin`, `repro` and `memory` are others' knowledge. */
  readonly features: {
    readonly f2p: number;
    /** Absent when no body was held out. */
    readonly holdout?: number;
    readonly oracle: number;
    readonly size: number;
    readonly breadth: number;
    readonly drift: number;
  };
  /** The patch, a line an operation; at most 2 KB. */
  readonly changes: readonly string[];
  /** Old and new values of the fields that change, one line each without control characters; at most 2 KB. */
  readonly values: readonly {
    readonly field: string;
    readonly before: string;
    readonly after: string;
  }[];
  /** There when the patch makes a valid spec. */
  readonly spec?: ExtractionSpec;
}

/** Runs every check of a patch against the evidence. Total: a patch that is none fails `paths` or `schema`, and a hostile body fails its check. */
export declare function checkCandidate(
  patch: SpecPatch,
  evidence: CandidateEvidence,
  options?: { readonly signal?: AbortSignal },
): Promise<CheckedCandidate>;
