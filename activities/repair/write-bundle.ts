import type { EvidenceRef } from '../../workflows/repair/activities.ts';
import type { EvidenceDependencies, EvidenceQuestion } from './load-evidence.ts';

/** What the one who writes a bundle knows beside the evidence that is stored. */
export interface BundleQuestion extends EvidenceQuestion {
  readonly incident: string;
  /** The rule that noticed, with its numbers: whole sentences. */
  readonly because: string;
  /** Deterministic sentences for people. */
  readonly facts: readonly string[];
  /** What others know of the recent past: fixes and outcomes, newest first. Revisions are looked up here. */
  readonly changes: readonly RecentChange[];
  /** Takes the secrets of the source out of a text. */
  readonly redact: (text: string) => string;
}

export interface RecentChange {
  readonly atMs: number;
  readonly kind: 'revision' | 'fix' | 'rollback' | 'outcome';
  /** One sentence. */
  readonly what: string;
}

/**
 * Writes what is known of an incident as one JSON object below the evidence prefix, named by its content: the same evidence gives the same
 * bundle. It refers to bodies by hash and names no held-out one. What is cut says so, with the size that was dropped.
 * @throws InvalidConfig - the knowledge base has no `evidence`.
 */
export declare function writeBundle(
  question: BundleQuestion,
  deps: EvidenceDependencies,
): Promise<EvidenceRef>;
