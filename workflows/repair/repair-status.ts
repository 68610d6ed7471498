import type { RefusedDecision } from '../approval/question.ts';
import type { ApprovalRequest, Closing } from '../approval/request.ts';
import type { FailureName } from '../failures.ts';
import type { ChosenFix, Proof, RepairCase, Reproduction } from './activities.ts';
import type { KillOrder } from './messages.ts';
import type { RepairOutcome, RepairStage } from './outcome.ts';
import type { DeployedFix, KnownVerdict, WorkGuidance } from './repair-work.ts';

/** Everything that query `status` tells about the repair of a source. */
export interface RepairStatus {
  readonly source: string;
  readonly stage: RepairStage;
  /** The incident under work; absent when there is none. */
  readonly incident?: IncidentStatus;
  /** Incidents that wait for their turn. */
  readonly queued: readonly string[];
  readonly parked?: KillOrder;
  /** What is asked of people, or was asked last. */
  readonly question?: QuestionStatus;
  /** The newest refusals, oldest first. */
  readonly refused: readonly RefusedDecision[];
  readonly refusedTotal: number;
}

export interface IncidentStatus {
  readonly incident: string;
  readonly failure: FailureName;
  readonly opened?: Pick<
    RepairCase,
    'title' | 'because' | 'occurrences' | 'openedAtMs' | 'firstFailureAtMs' | 'wait'
  >;
  readonly attempt: number;
  readonly attemptsAllowed: number;
  readonly reproduction?: Reproduction;
  /** Lines for people: what broke since when. */
  readonly facts: readonly string[];
  readonly guidance?: WorkGuidance;
  readonly fix?: ChosenFix;
  readonly proof?: Proof;
  readonly verdict?: KnownVerdict;
  readonly stuck?: string;
  readonly deployed?: DeployedFix;
  readonly runs: readonly string[];
  readonly outcome?: RepairOutcome;
  readonly because?: string;
}

export interface QuestionStatus {
  readonly request: ApprovalRequest;
  readonly openedAtMs: number;
  readonly approvals: number;
  readonly closed?: Closing;
}
