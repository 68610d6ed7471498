import type { CheckReport } from './checks.ts';
import type { EvidenceFeatures } from './confidence.ts';

/** Everything that the gate may know of one candidate, and of the hour. What is missing is never taken for good. */
export interface GateEvidence {
  /** Of the incident, hex; its digits choose the audit sample. */
  readonly fingerprint: string;
  /** What the decision will be bound to. */
  readonly patchDigest: string;
  /** `<strategy family>/<failure name>`, see `stratumOf`. */
  readonly stratum: string;
  readonly features: EvidenceFeatures;
  /** Reports of all checks of the profile; one that is missing counts as not run. */
  readonly checks: readonly CheckReport[];
  readonly facts: CandidateFacts;
  readonly circumstances: GateCircumstances;
}

/** What is true of the candidate, beyond numbers. */
export interface CandidateFacts {
  /** The same fingerprint appeared twice on a captured body. */
  readonly reproduced: boolean;
  /** Held-out bodies that the candidate was run on. */
  readonly heldOutBodies: number;
  /** It changes tests, checks, the gate or a policy. */
  readonly touchesGuards: boolean;
  /** Candidates that are data alone need no sandbox. */
  readonly sandbox: 'not-needed' | 'isolated' | 'none';
  /** It changes code, not only data. */
  readonly changesCode: boolean;
  /** New findings of linters and types, or banned constructs; empty for data. */
  readonly newFindings: readonly string[];
  readonly review: 'accept' | 'reject' | 'abstain';
  /** The definition moved since the checks ran. */
  readonly baseMoved: boolean;
  /** The same fingerprint was fixed by us within 14 days. */
  readonly regressionOfOwnFix: boolean;
  /** Verdict of the shadow run; `none` when there was none. */
  readonly shadow: 'good' | 'bad' | 'inconclusive' | 'none';
  /** The spec before it is known, so that a rollback can bring it back. */
  readonly rollbackPossible: boolean;
}

/** What is true of the hour, whatever the candidate. */
export interface GateCircumstances {
  readonly killSwitch: boolean;
  readonly budgetExceeded: boolean;
  /** Deploys of the source without a person in the last 24 hours. */
  readonly deploysToday: number;
  /** Repairs of the source that failed in the last 30 days. */
  readonly failedRepairs: number;
}
