import type { FailureName } from '../failures.ts';
import type { GateCalibration } from './calibration.ts';
import type { GateDecision } from './gate.ts';
import type { GateEvidence } from './gate-evidence.ts';
import type { RepairOutcome, RepairStage } from './outcome.ts';
import type { RepairPolicy } from './policy.ts';

/**
 * Every effect that a repair can have. All are idempotent by the incident (and the attempt or the digest): each may run twice, die half-way,
 * or be overtaken. Bodies, patches and reports stay in S3 and PostgreSQL; what is answered here fits into history.
 */
export interface RepairActivities {
  /** What is known of the incident, and whether it may be worked on now. @throws NotFound - no such incident. */
  openRepair(input: IncidentReference): Promise<RepairCase>;
  /** Replays the failing bodies through the spec in force, twice; without a body the page is fetched once more. */
  reproduceFailure(input: ReproduceInput): Promise<Reproduction>;
  /** Gathers the evidence into one bundle, and says in plain facts what broke. */
  gatherEvidence(input: IncidentReference): Promise<Diagnosis>;
  /** Runs every strategy on what may be shown; candidates are stored by their digest. */
  proposeFixes(input: ProposeInput): Promise<ProposedFixes>;
  /** Checks every candidate on all bodies, held-out ones too, and chooses one, or none. */
  checkCandidates(input: CheckInput): Promise<CheckedFixes>;
  /** The shadow run: the candidate on live pages and all archived bodies, below the evidence prefix; nothing else is written. */
  proveFix(input: CandidateReference): Promise<Proof>;
  /** Calibration, counters and switches as the gate has to know them, and the record of earlier outcomes. */
  readGate(input: ReadGateInput): Promise<GateReading>;
  /** Stores what the gate said with every number behind it, so that people and the next calibration see it. */
  recordDecision(input: RecordDecisionInput): Promise<void>;
  /**
   * Moves the active spec to the candidate, and triggers one collection. Re-checks at the last moment: patch digest, policy hash, kill
   * switch, and that the spec in force is still the one that was repaired.
   * @throws PolicyDenied - the switch, or another policy. Conflict | StaleDecision - the spec has moved meanwhile.
   */
  deployFix(input: DeployInput): Promise<Deployment>;
  /** The runs on the fix since its deployment, each judged by the three-valued checks. */
  watchProbation(input: CandidateReference): Promise<ProbationReading>;
  /** Moves the active spec back and triggers one collection. Never fails because it was done already. */
  rollbackFix(input: RollbackInput): Promise<Rollback>;
  /** Has the source recovered by itself: a good run on the spec that failed, since the incident was opened? */
  readRecovery(input: IncidentReference): Promise<Recovery>;
  /** Tells people: of a question, a reminder, an escalation, an alert. Once each. */
  tellOfRepair(input: TellOfRepairInput): Promise<void>;
  /** Where the repair stands, for lists and for those who look without Temporal. */
  recordStage(input: RecordStageInput): Promise<void>;
  /** Ends the incident, once, with its label for the calibration. A later call changes nothing and answers the first end. */
  closeIncident(input: CloseIncidentInput): Promise<ClosedIncident>;
}

export interface IncidentReference {
  readonly tenant: string;
  readonly source: string;
  readonly incident: string;
}

export interface RepairCase {
  readonly state: 'open' | 'closed';
  readonly title: string;
  readonly type: string;
  readonly failure: FailureName;
  readonly fingerprint: string;
  readonly fields: readonly string[];
  /** One or two sentences: the rule that noticed, with its numbers. */
  readonly because: string;
  readonly occurrences: number;
  readonly openedAtMs: number;
  readonly firstFailureAtMs: number;
  /** Why nothing can be healed here, as a sentence with a remedy; then people are alerted with the evidence. */
  readonly unhealable?: string;
  /** Why it must wait, and how long until it is worth asking again: a hold of everything, a cap, the switch. */
  readonly wait?: { readonly because: string; readonly untilMs: number; readonly parked: boolean };
  readonly specDigest: string;
  readonly policy: RepairPolicy;
  readonly policyHash: string;
  /** The same break came back within 14 days of our own fix. */
  readonly isRegression: boolean;
  /** A fix that this incident deployed already: a workflow that was lost goes on from it. */
  readonly deployed?: CandidateDigest & { readonly atMs: number; readonly byPerson?: string };
}

export interface ReproduceInput extends IncidentReference {
  readonly round: number;
}

export interface Reproduction {
  readonly verdict: 'reproduced' | 'not-reproduced' | 'unavailable';
  /** The gate's `repro`: 1 real body, same fingerprint twice; 0.5 fetched anew or once; 0 none. */
  readonly strength: number;
  readonly because: string;
}

/** A thing in S3 below the evidence prefix. */
export interface EvidenceRef {
  /** Empty where nothing could be kept; the facts say why. */
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface Diagnosis {
  readonly evidence: EvidenceRef;
  /** Lines for people: what broke since when, at most ten, each below 200 characters. */
  readonly facts: readonly string[];
}

export interface ProposeInput extends IncidentReference {
  readonly attempt: number;
  readonly evidence: EvidenceRef;
  /** What a person said: a reason of `request-changes`, or guidance. */
  readonly guidance?: string;
  /** Digests that failed or were refused before: not proposed again. */
  readonly refused: readonly string[];
}

export interface CandidateDigest {
  /** sha256 of the canonical patch, the digest of the spec that it changes, and that of the spec that it makes. */
  readonly patchDigest: string;
  readonly specDigest: string;
}

export interface ProposedFixes {
  readonly candidates: readonly (CandidateDigest & {
    readonly strategies: readonly string[];
    readonly explains: string;
  })[];
  /** Why strategies abstained; at most 20, each below 200 characters. */
  readonly abstained: readonly { readonly strategy: string; readonly because: string }[];
}

export interface CheckInput extends IncidentReference {
  readonly evidence: EvidenceRef;
  readonly attempt: number;
  readonly candidates: readonly string[];
}

export interface CheckedFixes {
  readonly chosen?: ChosenFix;
  /** Digests that failed a check; never tried again for this incident. */
  readonly failed: readonly string[];
  /** Why none was chosen, as a sentence. */
  readonly because?: string;
}

export interface ChosenFix extends CandidateDigest {
  readonly strategies: readonly string[];
  readonly explains: string;
  /** `name: verdict` of every check, and the first finding of what did not pass. */
  readonly checks: readonly string[];
  /** For people: the change line by line, and old and new values; both together below 4 KB. */
  readonly changes: readonly string[];
  readonly values: readonly {
    readonly field: string;
    readonly before: string;
    readonly after: string;
  }[];
}

export interface CandidateReference extends IncidentReference {
  readonly patchDigest: string;
}

export interface Proof {
  readonly verdict: 'good' | 'bad' | 'inconclusive';
  readonly because: string;
  /** Live pages that were read. */
  readonly pages: number;
}

export interface ReadGateInput extends CandidateReference {
  /** What the shadow run said. */
  readonly shadow: Proof['verdict'] | 'none';
  readonly repro: number;
}

/** Everything that `decide` needs beside the policy and the time. */
export interface GateReading {
  readonly evidence: GateEvidence;
  readonly calibration: GateCalibration;
}

export interface RecordDecisionInput extends CandidateReference {
  readonly attempt: number;
  readonly verdict: GateDecision;
  readonly policyHash: string;
  readonly requestId?: string;
}

export interface DeployInput extends CandidateReference {
  readonly policyHash: string;
  /** Who decided: `gate`, or a person's name with whether it was proven. */
  readonly decidedBy: string;
  readonly proven: boolean;
  readonly requestId?: string;
}

export interface Deployment {
  readonly revision: number;
  readonly definitionDigest: string;
  readonly deployedAtMs: number;
  readonly title: string;
}

export interface ProbationReading {
  /** Oldest first. */
  readonly runs: readonly {
    readonly run: string;
    readonly endedAtMs: number;
    readonly verdict: 'good' | 'bad' | 'inconclusive';
    readonly because: string;
  }[];
  /** Somebody else moved the spec: the fix is not in force any more. */
  readonly superseded?: string;
}

export interface RollbackInput extends CandidateReference {
  readonly because: string;
  readonly by: string;
}

export interface Rollback {
  readonly rolledBackAtMs: number;
  /** False when nothing had to be moved. */
  readonly moved: boolean;
}

export interface Recovery {
  readonly recovered: boolean;
  readonly run?: string;
  /** Runs since that ended in the same failure. */
  readonly failedAgain: number;
  /** The spec in force now; another one than that of the incident means that somebody moved it. */
  readonly specDigest?: string;
}

export interface TellOfRepairInput extends IncidentReference {
  readonly kind:
    | 'question'
    | 'reminder'
    | 'escalation'
    | 'alert'
    | 'rolled-back'
    | 'expired'
    | 'closed';
  /** The same number tells nothing twice. */
  readonly count: number;
  readonly to: readonly string[];
  /** A whole sentence. */
  readonly what: string;
}

export interface RecordStageInput extends IncidentReference {
  readonly stage: RepairStage;
}

export interface CloseIncidentInput extends IncidentReference {
  readonly outcome: RepairOutcome;
  readonly because: string;
  readonly patchDigest?: string;
  /** A person decided, edited or guided. */
  readonly byPerson: boolean;
  /** A person said that nothing is broken: earlier runs are no measure any more. */
  readonly rightAsItIs?: true;
}

export interface ClosedIncident {
  readonly outcome: RepairOutcome;
}
