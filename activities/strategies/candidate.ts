import { digestOf } from '../../adapters/definitions/digest.ts';
import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import type { EvidenceView, GoodSample, StrategyFamily } from './contract.ts';

/** A whole spec that somebody proposes, valid against the schema. */
export interface Candidate {
  readonly patch: SpecPatch;
  /** See `patchDigestOf`. */
  readonly patchDigest: string;
  /** What the patch makes of the spec in force. */
  readonly spec: ExtractionSpec;
  readonly specDigest: string;
  /** Who came to this behaviour, sorted; the first word of a fix is theirs whose name stands in `author`. */
  readonly strategies: readonly string[];
  readonly author: string;
  readonly families: readonly StrategyFamily[];
  readonly changedLines: number;
  /** How far the best place was ahead of the second, the lowest of all parts; absent where it does not apply. */
  readonly margin?: number;
  /** One sentence a part: what moved where, and why it is believed. */
  readonly explains: readonly string[];
}

/** What strategies may see, and the bodies that they may not. */
export interface CandidateEvidence {
  readonly view: EvidenceView;
  /** Good bodies that no strategy has seen; may be empty. */
  readonly heldOut: readonly GoodSample[];
}

/** A patch is bound to what it changes and to what it makes: the same text on another spec is another patch. */
export function patchDigestOf(patch: SpecPatch, from: ExtractionSpec, to: ExtractionSpec): string {
  return digestOf({ patch, from: digestOf(from), to: digestOf(to) });
}
