import type { SyncTarget } from '../collection/activities.ts';
import type { HeldReport } from '../collection/run-status.ts';
import type { HeldSetReference, QuestionKind } from './activities.ts';
import type { Question } from './question.ts';

/** What `decideHeld` starts from: a few hundred bytes and a sample; the set itself is in the database. */
export interface DecideHeldInput extends HeldSetReference, ApprovalKnobs {
  readonly v: 1;
  /** What is asked about; deletions where it is left out. */
  readonly kind?: QuestionKind;
  readonly title: string;
  /** The collecting run that held the set. */
  readonly run: string;
  readonly definitionDigest: string;
  /** sha256 of what is shown: reason and sample. */
  readonly evidenceDigest: string;
  readonly held: Pick<HeldReport, 'reason' | 'candidates' | 'live' | 'sample'>;
  readonly knowledgeBase: SyncTarget;
  /** The question so far, after continue-as-new. */
  readonly carried?: Question;
}

/** Who may decide and how long people have; each has a default. */
interface ApprovalKnobs {
  /** How long people have. Default: 72 hours. */
  readonly windowMs?: number;
  /** Default: everyone, whose decisions are recorded as unproven. */
  readonly approvers?: readonly string[];
  readonly excluded?: readonly string[];
  /** Default: 1. */
  readonly quorum?: number;
  /** The Temporal frontend authorises its callers, so that what arrives is from whom it says. Default: no. */
  readonly authorisedFrontend?: boolean;
  /** Whom else to tell at 95 % of the time. Default: the operators. */
  readonly escalateTo?: readonly string[];
  /** Messages after which the workflow continues as new. Default: 200. */
  readonly maxMessages?: number;
}
