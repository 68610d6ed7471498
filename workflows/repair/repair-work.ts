import type { FailureName } from '../failures.ts';
import type {
  CandidateDigest,
  ChosenFix,
  Diagnosis,
  Proof,
  RepairCase,
  Reproduction,
} from './activities.ts';
import type { GateDecision } from './gate.ts';
import type { ReportedIncident } from './messages.ts';
import type { RepairOutcome } from './outcome.ts';

/** What is done next about an incident. `awaiting-runs`: it was not reproduced, so the next runs tell. */
export type RepairStep =
  | 'triaging'
  | 'reproducing'
  | 'awaiting-runs'
  | 'diagnosing'
  | 'proposing'
  | 'checking'
  | 'proving'
  | 'deciding'
  | 'awaiting-approval'
  | 'awaiting-guidance'
  | 'deploying'
  | 'probation'
  | 'rolling-back'
  | 'learning'
  | 'closed';

/** One incident as it is worked on: plain data, changed by the loop alone, so that it travels through continue-as-new. */
export interface RepairWork {
  readonly incident: string;
  readonly failure: FailureName;
  readonly step: RepairStep;
  /** Where triage leads to: a repair that was parked at its deployment decides again. */
  readonly resume: 'reproducing' | 'deciding';
  readonly opened?: RepairCase;
  /** Attempts made, and how many are allowed by now: people allow more. */
  readonly attempt: number;
  readonly allowed: number;
  /** Rounds of `request-changes`. */
  readonly rounds: number;
  readonly guidance?: WorkGuidance;
  /** Digests that failed, or that a person does not want; none of them is ever deployed. */
  readonly refused: readonly string[];
  readonly reproduction?: Reproduction;
  readonly round: number;
  readonly failedAgain: number;
  readonly diagnosis?: Diagnosis;
  readonly candidates: readonly string[];
  /** Why there is no fix, or why it may not be asked about. */
  readonly stuck?: string;
  readonly fix?: ChosenFix;
  readonly proof?: Proof;
  readonly verdict?: KnownVerdict;
  /** The first candidate that people saw. */
  readonly firstShown?: string;
  readonly decided?: Decided;
  /** Deployments that were refused at the last moment. */
  readonly denials: number;
  readonly deployed?: DeployedFix;
  /** Lines for people about the runs on the fix. */
  readonly runs: readonly string[];
  readonly rollback?: { readonly by: string; readonly because: string };
  /** When the present wait began, and how often it has woken up. */
  readonly sinceMs?: number;
  readonly waits: number;
  /** Numbers what people are told. */
  readonly told: number;
  /** What people were told last, so that nothing is told twice for one reason. */
  readonly toldFor?: string;
  readonly byPerson: boolean;
  readonly movedTo?: string;
  readonly end?: {
    readonly outcome: RepairOutcome;
    readonly because: string;
    readonly rightAsItIs?: true;
  };
}

export interface WorkGuidance {
  readonly text: string;
  readonly by: string;
}

/** What people read of the gate's decision. */
export type KnownVerdict = Pick<
  GateDecision,
  'decision' | 'score' | 'probability' | 'lowerBound' | 'vetoes' | 'reasons' | 'shadowDeploy'
>;

/** That one candidate, and no other, may be deployed. Made by `byGate` and `byPeople` alone. */
export interface Decided {
  readonly patchDigest: string;
  readonly policyHash: string;
  readonly decidedBy: string;
  readonly proven: boolean;
  readonly requestId?: string;
}

export interface DeployedFix extends CandidateDigest {
  readonly atMs: number;
  /** Absent where the gate decided. */
  readonly byPerson?: string;
}

/** Attempts that a repair makes by itself. */
const OWN_ATTEMPTS = 3;
/** Rounds in which a person may ask for another fix. */
export const MAX_ROUNDS = 2;
/** Attempts in all, whoever asks for more. */
export const MAX_ATTEMPTS = 12;

export function newWork({ incident, failure }: ReportedIncident): RepairWork {
  return {
    incident,
    failure,
    step: 'triaging',
    resume: 'reproducing',
    attempt: 0,
    allowed: OWN_ATTEMPTS,
    rounds: 0,
    refused: [],
    round: 0,
    failedAgain: 0,
    candidates: [],
    denials: 0,
    runs: [],
    waits: 0,
    told: 0,
    byPerson: false,
  };
}

/** The next step; a wait that was under way is over. */
export function goTo(
  work: RepairWork,
  step: RepairStep,
  changes: Partial<RepairWork> = {},
): RepairWork {
  const { sinceMs: _over, ...rest } = work;
  return { ...rest, ...changes, step, waits: 0 };
}

export function endAs(work: RepairWork, outcome: RepairOutcome, because: string): RepairWork {
  return goTo(work, 'learning', { end: { outcome, because } });
}

/** A candidate that is never tried again. */
export function refusing(work: RepairWork, digests: readonly string[]): readonly string[] {
  return [...new Set([...work.refused, ...digests])].slice(-MAX_REFUSED);
}

const MAX_REFUSED = 30;

/** Nothing is in force yet, so everything may still be stopped. */
export function isBeforeDelivery({ step }: RepairWork): boolean {
  return !AFTER.has(step);
}

const AFTER: ReadonlySet<RepairStep> = new Set(['probation', 'rolling-back', 'learning', 'closed']);
