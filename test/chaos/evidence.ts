import type { DocumentStatus, IngestionJobStatus } from '@aws-sdk/client-bedrock-agent';
import type { RunStatus } from '../../workflows/collection/run-status.ts';

/** All that a chaos run left behind, as data: what the invariants are judged by. */
export interface Evidence {
  readonly sources: readonly SourceEvidence[];
  readonly objects: readonly StoredObject[];
  readonly manifest: readonly ManifestEvidence[];
  readonly runs: readonly RunEvidence[];
  readonly workflows: readonly WorkflowEvidence[];
  readonly deletions: readonly DeletionEvidence[];
  readonly heldSets: readonly HeldSetEvidence[];
  readonly deadLetters: readonly DeadLetterEvidence[];
  readonly jobs: readonly JobEvidence[];
  readonly syncs: readonly SyncEvidence[];
  /** What the knowledge base holds. */
  readonly indexed: readonly IndexedEvidence[];
  readonly repair: RepairEvidence;
  /** Data sources whose changes no job has covered yet. */
  readonly dirty: readonly string[];
  /** Processes that no run needs any more. */
  readonly orphans: readonly number[];
  /** Everything in which a secret could stand, by where it stands. */
  readonly texts: ReadonlyMap<string, string>;
  readonly canaries: readonly string[];
}

/** What a source holds, and what the run may be excused for. */
export interface SourceEvidence {
  readonly id: string;
  /** Document number → version. */
  readonly truth: ReadonlyMap<number, number>;
  /** Documents that a person has to decide about: they may be live although they are gone. */
  readonly held: ReadonlySet<number>;
  /** Documents that were made to fail: they may be missing, or old. */
  readonly excused: ReadonlySet<number>;
}

export interface StoredObject {
  readonly key: string;
  readonly etag: string;
  readonly modifiedAtMs: number;
  readonly text: string;
  /** Of content objects: the `doc_id` and `source` that the sidecar tells; absent where there is no sidecar. */
  readonly sidecar?: { readonly docId: string; readonly source: string };
}

export interface ManifestEvidence {
  readonly source: string;
  readonly docId: string;
  readonly key: string;
  readonly state: string;
  readonly etag: string | null;
}

export interface RunEvidence {
  readonly id: string;
  readonly temporalRunId: string;
  readonly source: string;
  readonly trigger: string;
  readonly digest: string;
  readonly status: RunStatus | 'running';
  readonly counts: Readonly<Record<string, number>>;
  readonly listingComplete: boolean | null;
  readonly failure: string | null;
  readonly notes: readonly string[];
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
}

export interface WorkflowEvidence {
  readonly id: string;
  readonly runId: string;
  readonly type: string;
  readonly status: string;
  /** What it returned, where it returned something. */
  readonly result?: { readonly status?: string };
  readonly failedTasks: readonly string[];
  /** Activities that were scheduled without a bound. */
  readonly unbounded: readonly string[];
  /** Open ones: what they wait for. */
  readonly pending: readonly string[];
  /** Open ones that only wait for a signal, by design. */
  readonly isDocumentedWait: boolean;
}

export interface DeletionEvidence {
  readonly source: string;
  readonly docId: string;
  readonly run: string;
  readonly rule: string;
}

export interface HeldSetEvidence {
  readonly source: string;
  readonly state: string;
  readonly run: string;
  readonly decidedBy: string | null;
}

export interface DeadLetterEvidence {
  readonly source: string;
  readonly docId: string | null;
  readonly run: string;
}

export interface JobEvidence {
  readonly id: string;
  readonly status: IngestionJobStatus;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export interface SyncEvidence {
  readonly jobId: string;
  readonly status: string;
}

export interface IndexedEvidence {
  readonly uri: string;
  readonly status: DocumentStatus;
  /** Of the object as it was when it was read. */
  readonly etag: string | null;
}

/** What broke, who decided what about it, and which moves of what is in force followed. */
export interface RepairEvidence {
  readonly incidents: readonly IncidentEvidence[];
  /** Of fixes, the oldest first. */
  readonly moves: readonly MoveEvidence[];
  /** What the gate said of candidates, by the histories, the oldest first. */
  readonly decisions: readonly DecisionEvidence[];
  /** Verdicts that reached a repair, accepted or not, the oldest first. */
  readonly verdicts: readonly VerdictEvidence[];
  readonly storms: readonly { readonly id: string; readonly scope: string; readonly key: string }[];
  /** Open and closed: kind, source and subject. */
  readonly notices: readonly {
    readonly kind: string;
    readonly source: string | null;
    readonly subject: string;
    readonly noted: number;
  }[];
}

export interface IncidentEvidence {
  readonly id: string;
  readonly source: string;
  readonly fingerprint: string;
  readonly state: string;
  readonly stage: string;
  readonly outcome: string | null;
  readonly storm: string | null;
  /** Runs that met it. */
  readonly runs: readonly string[];
  readonly occurrences: number;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
}

export interface MoveEvidence {
  readonly incident: string;
  readonly source: string;
  readonly patchDigest: string;
  readonly move: string;
  readonly atMs: number;
  /** Of the definition that it put in force. */
  readonly definitionDigest: string | null;
}

export interface DecisionEvidence {
  readonly incident: string;
  readonly patchDigest: string;
  readonly policyHash: string;
  readonly decision: string;
  /** Of the question to people. */
  readonly requestId?: string;
  readonly atMs: number;
}

export interface VerdictEvidence {
  readonly requestId: string;
  readonly digest: string;
  readonly verdict: string;
  readonly by: string;
  readonly atMs: number;
}

/** One broken promise: of an invariant, or of what the fault's own row expects. */
export interface Violation {
  readonly of: InvariantId | 'expected';
  readonly says: string;
}

export const INVARIANTS = {
  I1: 'no loss',
  I2: 'no double',
  I3: 'no stale overwrite',
  I4: 'deletions follow the source, and a failed listing deletes nothing',
  I5: 'the knowledge base covers every object, with few jobs, one at a time',
  I6: 'honest status',
  I7: 'one cause, one incident, one repair, told once',
  I8: 'a deploy for each valid decision, and no other; a bad one is taken back',
  I9: 'everything terminates',
  I10: 'every effect has its record',
  I11: 'secrets stay secret',
} as const;
export type InvariantId = keyof typeof INVARIANTS;
