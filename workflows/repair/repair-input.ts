import type { Question, RefusedDecision } from '../approval/question.ts';
import type { Guidance, KillOrder, ReportedIncident, RollbackOrder } from './messages.ts';
import type { RepairWork } from './repair-work.ts';

/** What `repairSource` starts from; incidents come by signal. */
export interface RepairSourceInput {
  readonly v: 1;
  readonly tenant: string;
  readonly source: string;
  /** Everything so far, after continue-as-new. */
  readonly carried?: CarriedRepair;
  /** The Temporal frontend authorises its callers, so that what arrives is from whom it says. Default: no. */
  readonly authorisedFrontend?: boolean;
  /** Messages after which the workflow continues as new. Default: 200. */
  readonly maxMessages?: number;
  readonly paces?: Partial<RepairPaces>;
}

/** How long it waits where no message wakes it: for a signal that was lost, for something that passes. */
export interface RepairPaces {
  /** The first look; the next ones double, up to the longest. */
  readonly lookMs: number;
  readonly longestMs: number;
  /** For runs to tell about a failure that could not be reproduced. */
  readonly unreproducedMs: number;
  /** For people, when the time of probation brought no conclusive run. */
  readonly holdMs: number;
}

export const DEFAULT_PACES: RepairPaces = {
  lookMs: 5 * 60_000,
  longestMs: 6 * 3_600_000,
  unreproducedMs: 48 * 3_600_000,
  holdMs: 7 * 24 * 3_600_000,
};

/** Below 8 KB whatever happened: see `carriedOf`. */
export interface CarriedRepair {
  readonly queue: readonly ReportedIncident[];
  readonly orders: readonly RollbackOrder[];
  readonly rolledBack: readonly string[];
  readonly work?: RepairWork;
  readonly question?: Question;
  readonly killed?: KillOrder;
  readonly ran: boolean;
  readonly guidance?: Guidance;
  readonly guided: readonly AcceptedGuidanceId[];
  readonly refused: readonly RefusedDecision[];
  readonly refusedTotal: number;
}

export interface AcceptedGuidanceId {
  readonly decisionId: string;
  readonly attempt: number;
}
