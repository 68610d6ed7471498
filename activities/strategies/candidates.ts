import type { Candidate, CandidateEvidence } from './candidate.ts';
import type { Strategy } from './contract.ts';

export interface CandidateOptions {
  /** Default: all of the table. One that is not in the table (the memory, which reads a database) runs beside the threads. */
  readonly strategies?: readonly Strategy[];
  /** Digests of patches that failed or were refused before. */
  readonly refused?: ReadonlySet<string>;
  readonly signal?: AbortSignal;
  /** For each strategy. Default: 30 seconds. */
  readonly strategyDeadlineMs?: number;
}

export interface CandidateSet {
  /** Best first, one for each distinct behaviour that passes; empty when nothing does. */
  readonly candidates: readonly Candidate[];
  /** Valid specs that fail on the bodies, with the reason as a sentence: people may want to see what was tried. */
  readonly failed: readonly { readonly candidate: Candidate; readonly because: string }[];
  readonly abstained: readonly Abstention[];
  /** Strategies behind the first candidate, of those with any valid one; 0..1. */
  readonly agree: number;
  /** How many distinct behaviours pass. */
  readonly distinctPassing: number;
}

/** A strategy that proposes nothing that could be used, and why: a whole sentence. */
export interface Abstention {
  readonly strategy: string;
  readonly because: string;
}

/** Runs every strategy, makes whole specs of what they propose, and clusters these by what they extract from all bodies. */
export declare function findCandidates(
  evidence: CandidateEvidence,
  options?: CandidateOptions,
): Promise<CandidateSet>;
