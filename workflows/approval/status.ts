import type { QuestionKind } from './activities.ts';
import type { Told } from './next-wake-up.ts';
import type { RefusedDecision } from './question.ts';
import type { ApprovalRequest, Closing } from './request.ts';

/** Where a held set stands, in the order of its life. */
export type HeldStage =
  | 'awaiting-approval'
  | 'recording'
  | 'deleting'
  | 'announcing'
  | 'verifying'
  | 'accepting'
  | 'closed';

/** Everything that query `status` tells about a held set. */
export interface HeldStatus {
  readonly stage: HeldStage;
  readonly source: string;
  readonly kind: QuestionKind;
  /** The collecting run that held the set. */
  readonly run: string;
  readonly request: ApprovalRequest;
  readonly openedAtMs: number;
  readonly reason: string;
  readonly candidates: number;
  readonly live: number;
  readonly sample: readonly string[];
  readonly approvals: number;
  readonly closed?: Closing;
  readonly told: Told;
  /** The newest refusals, oldest first. */
  readonly refused: readonly RefusedDecision[];
  /** All of them, also those that are not kept. */
  readonly refusedTotal: number;
  /** Set when the workflow has come to its end. */
  readonly outcome?: HeldOutcome;
}

/** What a question about a held set came to; an answer is an outcome, never an error. */
export interface HeldOutcome {
  readonly outcome: 'approved' | 'rejected' | 'expired' | 'superseded';
  /** A whole sentence. */
  readonly because: string;
  readonly deleted: number;
  /** Documents of the set that were left out: the source has shown them again since, or they were gone already. */
  readonly dropped: number;
  /** The knowledge base still had documents that were deleted, or did not say. */
  readonly failure?: 'IngestionFailed';
}
