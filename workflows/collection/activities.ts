import type { RunCounts } from './counts.ts';
import type { Explanation } from './explanation.ts';
import type { CheckResult, Discovery, PreviewedDocument } from './inspection.ts';
import type { FailureName } from '../failures.ts';
import type { HeldReport, ListingReport, RunVerdict } from './run-status.ts';

/** Every effect that collecting can have on the world. */
export interface CollectionActivities {
  /**
   * Reads the definition in force and opens the run's row. Idempotent by the run id.
   * @throws NotFound - no such source in the revision in force.
   */
  loadSource(input: LoadSourceInput): Promise<LoadedSource>;
  /**
   * Reads and stores one slice, from the last committed cursor on. Every batch commits rows, cursor and counts together.
   * Idempotent: what is stored already costs no write. An older attempt that still lives cannot commit (fence).
   */
  collectDocuments(input: CollectDocumentsInput): Promise<SliceReport>;
  /**
   * Looks at the run's documents as a whole. After a complete listing: deletes what was not seen, and objects that a moved document left
   * behind; guarded. Where something looks wrong nothing is deleted: it is stored, people are asked by `decideHeld`, and the report says so.
   */
  reconcileDocuments(input: ReconcileDocumentsInput): Promise<ReconcileReport>;
  /** Tells the sync of the data source that something changed (signal-with-start). */
  requestKnowledgeBaseSync(input: RequestSyncInput): Promise<void>;
  /**
   * Writes the end of the run into its row, once; a later call of another execution with the same id changes nothing. Applies the effect
   * of the run's failure: the schedule is paused, people are told.
   */
  finishRun(input: FinishRunInput): Promise<void>;
}

export interface LoadSourceInput {
  /** The workflow id: it names the run everywhere. */
  readonly runId: string;
  readonly temporalRunId: string;
  readonly tenant: string;
  readonly source: string;
  readonly trigger: string;
  /** When the workflow began, the same for every attempt; milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** The time that the schedule meant: earlier for a late or backfilled run. */
  readonly nominalAtMs: number;
}

export type LoadedSource = { readonly enabled: false; readonly because: string } | EnabledSource;

export interface EnabledSource {
  readonly enabled: true;
  readonly title: string;
  readonly type: string;
  readonly digest: string;
  readonly taskQueue: string;
  readonly knowledgeBase: SyncTarget;
  readonly bounds: RunBounds;
}

/** Which data source of which knowledge base a sync ingests. */
export interface SyncTarget {
  /** Our id of the knowledge base. */
  readonly id: string;
  readonly knowledgeBaseId: string;
  readonly dataSourceId: string;
  readonly quietMs: number;
  readonly maxWaitMs: number;
}

export interface RunBounds {
  /** Longest time of one attempt of a slice. */
  readonly attemptMs: number;
  readonly heartbeatMs: number;
  /** Longest time of a slice with all its attempts. */
  readonly totalMs: number;
  readonly maxSlices: number;
}

export interface CollectDocumentsInput extends RunReference {
  readonly slice: number;
}

export interface RunReference {
  readonly runId: string;
  readonly tenant: string;
  readonly source: string;
  readonly digest: string;
  readonly startedAtMs: number;
}

export interface SliceReport {
  /** Totals of the whole run so far. */
  readonly counts: RunCounts;
  /** The read is not at its end: start another slice, not before `notBeforeMs` (epoch) where given. */
  readonly more: boolean;
  readonly notBeforeMs?: number;
  readonly waitReason?: string;
  readonly listing?: ListingReport;
  /** Live documents that the finished read did not see, or saw removed. */
  readonly candidates: number;
  /** Objects that moved documents left behind. */
  readonly staleObjects: number;
  /** Questions to people about this source that are open, or that the read gives reason to ask. */
  readonly openQuestions: number;
  /** Nothing was read, because the source is made of something else than before; or a detector says that what was read is broken. */
  readonly held?: HeldReport;
  /** What nearly all failed documents of a finished read failed by, where that is the source's own break. */
  readonly failedAs?: FailureName;
  /** Something waits for the knowledge base, whoever changed it: a new base, an announcement that was lost. */
  readonly marked: boolean;
  readonly boundReached?: string;
}

export interface ReconcileDocumentsInput extends RunReference {
  readonly listingComplete: boolean;
}

export interface ReconcileReport {
  readonly counts: RunCounts;
  readonly held?: HeldReport;
  /** What a person has rejected: a clause with who and when. Everything stays as it was, and nobody is asked again. */
  readonly kept?: string;
  /** How a person can let documents in that were held one by one: a sentence. */
  readonly asked?: string;
}

export interface RequestSyncInput extends SyncTarget {
  readonly source: string;
}

export interface FinishRunInput extends RunReference {
  readonly temporalRunId: string;
  readonly verdict: RunVerdict;
  readonly held?: HeldReport;
  /** Our own infrastructure failed, not the source. */
  readonly platform?: true;
}

/** Looks at a source without storing anything. */
export interface InspectionActivities {
  inspectSource(input: InspectSourceInput): Promise<InspectionReport>;
}

export interface InspectSourceInput {
  readonly tenant: string;
  readonly source: string;
  /** A stored definition; the one in force where it is left out. */
  readonly digest?: string;
  readonly verb: 'check' | 'discover' | 'preview' | 'explain';
  /** What is to be explained: an id, an address or a key. */
  readonly about?: string;
  /** Documents of a preview. */
  readonly limit: number;
}

export interface InspectionReport {
  readonly checks?: readonly CheckResult[];
  readonly explanation?: Explanation;
  readonly discovery?: Discovery;
  readonly documents?: readonly PreviewedDocument[];
  readonly failed?: readonly {
    readonly id: string;
    readonly failure: string;
    readonly detail: string;
  }[];
  /** What was left out to stay within the size of a payload. */
  readonly notes: readonly string[];
}

/** The effects of one sync of a data source. */
export interface IngestionActivities {
  /** The mark of changes that no job covers yet; `dirty: false` means there is nothing to ingest. */
  readDirtyMark(target: SyncTarget): Promise<DirtyMark>;
  /**
   * Starts an ingestion job, or adopts a running one. `adopted: 'other'` is a job that began before our request and does not cover it.
   * @throws Conflict - another data source of the knowledge base is being ingested; retried.
   */
  startIngestion(input: StartIngestionInput): Promise<StartedIngestion>;
  /** Waits until the job ends (heartbeats) and reports it with the documents that failed. */
  waitIngestion(input: WaitIngestionInput): Promise<IngestionReport>;
  /** Clears the mark up to `coveredAt` when the job completed, and keeps a row of the job. Idempotent by the job id. */
  recordIngestion(input: RecordIngestionInput): Promise<void>;
}

export interface DirtyMark {
  readonly dirty: boolean;
  /** The database's clock, ISO 8601: every change before it is covered by a job that starts now. */
  readonly now: string;
  readonly dirtySince?: string;
}

export interface StartIngestionInput extends SyncTarget {
  /** The same for every retry of one logical attempt. */
  readonly attempt: string;
}

export interface StartedIngestion {
  readonly jobId: string;
  readonly adopted: 'no' | 'own' | 'other';
}

export interface WaitIngestionInput extends SyncTarget {
  readonly jobId: string;
}

export interface IngestionReport {
  readonly jobId: string;
  readonly status: 'COMPLETE' | 'FAILED' | 'STOPPED';
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly statistics: Readonly<Record<string, number>>;
  /** At most 20; the row of the sync says how many there were. */
  readonly failedDocuments: readonly { readonly uri: string; readonly reason: string }[];
  readonly failureMessage?: string;
}

export interface RecordIngestionInput extends SyncTarget {
  readonly report: IngestionReport;
  readonly requestedAt?: string;
  /** The `now` of the mark that was read before the job was started; absent for an adopted job that covers nothing. */
  readonly coveredAt?: string;
}

/** Compares Temporal's schedules with the revision in force and makes them agree. */
export interface ScheduleActivities {
  reconcileSchedules(): Promise<ReconcileSchedulesReport>;
  /** Signals the sync of every data source whose mark is older than `olderThanMs`: an announcement that was lost is made up for. */
  requestOverdueSyncs(input: { readonly olderThanMs: number }): Promise<number>;
}

export interface ReconcileSchedulesReport {
  readonly created: number;
  readonly updated: number;
  readonly paused: number;
  readonly unpaused: number;
  readonly deleted: number;
  readonly unchanged: number;
  /** Why nothing was done, where the guard refused. */
  readonly refused?: string;
}

/** Looks after the age of what we have. */
export interface FreshnessActivities {
  /** Judges every source in force, notes what is late, ends what is late no more, and wakes the tellers of whatever waits. Idempotent. */
  watchFreshness(): Promise<FreshnessReport>;
}

export interface FreshnessReport {
  /** Sources that should be fresh: neither disabled nor paused by a person. */
  readonly counted: number;
  readonly late: number;
  /** Of those that are counted, 0..1. */
  readonly share: number;
  /** The first of those that are late. */
  readonly shown: readonly string[];
}
