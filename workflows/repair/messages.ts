import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RunStatus } from '../collection/run-status.ts';
import type { FailureName } from '../failures.ts';
import type { RepairStatus } from './repair-status.ts';

/** An incident of the source is open in the database. Sent with the start of the workflow; sent again it changes nothing. */
export const reportFailureSignal = defineSignal<[ReportedIncident]>('reportFailure');
/** A run of the source has ended while an incident is open. The runs are in the database; this only wakes. */
export const runFinishedSignal = defineSignal<[FinishedRun]>('runFinished');
/** Takes back a deployed fix, whatever else is under way. */
export const rollbackSignal = defineSignal<[RollbackOrder]>('rollback');
/** Parks the repair where it stands, or lets it go on. The switch in the database has the last word at a deployment. */
export const killSignal = defineSignal<[KillOrder]>('kill');
/** What a person knows of a fix that was not found: tried as a candidate like any other. At most 4 KB. */
export const provideGuidanceUpdate = defineUpdate<AcceptedGuidance, [Guidance]>('provideGuidance');
export const repairStatusQuery = defineQuery<RepairStatus>('status');

export interface ReportedIncident {
  readonly incident: string;
  readonly failure: FailureName;
}

export interface FinishedRun {
  readonly run: string;
  readonly status: RunStatus;
  readonly failure?: FailureName;
  readonly specDigest?: string;
}

/** Who gives an order, and why: recorded, never trusted. */
export interface PersonsOrder {
  readonly by: string;
  readonly reason: string;
}

export interface RollbackOrder extends PersonsOrder {
  readonly incident: string;
}

export interface KillOrder extends PersonsOrder {
  readonly on: boolean;
}

export interface Guidance extends PersonsOrder {
  readonly incident: string;
  /** The same guidance sent twice has the same id; it is the update id, too. */
  readonly decisionId: string;
  /** Lines `field: selector`, or words for whoever repairs. */
  readonly text: string;
}

export interface AcceptedGuidance {
  readonly attempt: number;
}
