import type { Objects } from '../../adapters/aws/objects.ts';
import type { Knowledge } from '../../adapters/aws/knowledge.ts';
import type { HostMemory } from '../../adapters/net/manners.ts';
import type { Incident } from '../../adapters/postgres/incidents.ts';
import type { SourceReference } from '../../adapters/postgres/source-state.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { Schedules } from '../../adapters/temporal/schedules.ts';
import type { SecretStores } from '../../adapters/secrets/resolve.ts';
import type { HeldSetReference } from '../../workflows/approval/activities.ts';
import type { DecideHeldInput } from '../../workflows/approval/held-input.ts';
import type { SyncTarget } from '../../workflows/collection/activities.ts';
import type { FinishedRun } from '../../workflows/repair/messages.ts';
import type { SourceSettings } from '../sources/contract.ts';
import type { BoundSourceType } from '../sources/define-source.ts';
import type { CollectionMetrics } from './metrics.ts';

/** What the collection activities are made of; `workers/` puts it together, tests put in what they want to look at. */
export interface CollectionDependencies {
  readonly db: Database;
  readonly objects: Objects;
  readonly knowledge: Knowledge;
  readonly schedules: Schedules;
  readonly sourceTypes: ReadonlyMap<string, BoundSourceType>;
  readonly secrets: SecretStores;
  readonly settings: SourceSettings;
  /** Turns and rules of web hosts, one memory a process over the limits that all workers share. */
  readonly hosts: HostMemory;
  readonly tuning: CollectionTuning;
  readonly metrics: CollectionMetrics;
  /** Signal-with-start of the sync of a data source. */
  wakeSync(target: SyncTarget, source: string): Promise<void>;
  /** False when the execution has ended or Temporal has forgotten it. */
  isWorkflowOpen(workflowId: string, runId: string): Promise<boolean>;
  readonly approvals: ApprovalWorkflows;
  readonly repairs: RepairWorkflows;
  /** Signal-with-start of the teller of a webhook. */
  wakeTeller(webhook: string): Promise<void>;
}

/** Questions to people, as workflows. */
export interface ApprovalWorkflows {
  /** Starts `decideHeld` for a set; one that runs already goes on. */
  ask(question: DecideHeldInput): Promise<void>;
  /** Tells the questions of older sets to look whether they still stand; those that have ended are left alone. */
  supersede(sets: readonly HeldSetReference[]): Promise<void>;
  /** Is the workflow with this id under way? */
  isRunning(workflowId: string): Promise<boolean>;
}

/** Repairs, as workflows: one a source. */
export interface RepairWorkflows {
  /** Starts the repair of the source, or tells the running one of the incident. */
  report(incident: Pick<Incident, 'tenant' | 'source' | 'id' | 'failure'>): Promise<void>;
  /** Tells the repair of the source that a run has ended; one that is over is left alone. */
  runFinished(source: SourceReference, run: FinishedRun): Promise<void>;
  /** Ids of the workflows that are under way. */
  running(): Promise<ReadonlySet<string>>;
}

/** Knobs of a worker; production values are the defaults of `workers/config.ts`. */
export interface CollectionTuning {
  /** Uploads at once per run. */
  readonly uploads: number;
  readonly heartbeatMs: number;
  /** Messages of a batch at most; a crash repeats one batch at most. */
  readonly batchDocuments: number;
  readonly batchBytes: number;
  /** A checkpoint commits what was read when this much time has passed. */
  readonly commitEveryMs: number;
  /** Between two looks at a running ingestion job; grows from the first to the second. */
  readonly pollMs: readonly [number, number];
}
