import type { FailureName } from '../failures.ts';
import type { DetectorName } from './detectors/finding.ts';
import type { RepairOutcome } from './outcome.ts';

/** A break of a source in one form, wherever it was noticed: by the end of a run, by a detector, by a person. */
export interface Failure {
  readonly v: 1;
  readonly tenant: string;
  readonly source: string;
  readonly name: FailureName;
  /** sha256: the same break has the same one, whichever run met it. */
  readonly fingerprint: string;
  readonly runId?: string;
  /** Of the extraction in force; that of the definition where the source has none. */
  readonly specDigest: string;
  readonly definitionDigest: string;
  readonly detector: DetectorName;
  /** Sorted; the list of records itself is named by the empty text. */
  readonly fields: readonly string[];
  /** One or two sentences: the rule that noticed, with its numbers. */
  readonly because: string;
  readonly atMs: number;
  /** Key of what was kept of it. */
  readonly evidence?: string;
}

/** What kind of answer a failure needs, before anything is spent on it. */
export type FailureClass = 'repairable' | 'transient' | 'access' | 'owner' | 'platform';

/**
 * `repairable`: reproduced, then repaired. `transient`: passes by itself, an incident only when the source is late. `access`: no selector
 * cures a refusal. `owner`: of the configuration. `platform`: its own retries, then an alert.
 */
const CLASSES: Readonly<Record<FailureName, FailureClass>> = {
  SelectorMissing: 'repairable',
  SchemaDrift: 'repairable',
  EmptyResult: 'repairable',
  ContentShrank: 'repairable',
  ScriptError: 'repairable',
  SourceUnavailable: 'transient',
  RateLimited: 'transient',
  Throttled: 'transient',
  Unavailable: 'transient',
  Blocked: 'access',
  AuthExpired: 'owner',
  AccessDenied: 'owner',
  InvalidConfig: 'owner',
  QuotaExceeded: 'owner',
  InvalidDocument: 'owner',
  PolicyDenied: 'owner',
  BudgetExceeded: 'owner',
  NotAllowed: 'owner',
  StaleDecision: 'owner',
  AlreadyDecided: 'owner',
  DeadlinePassed: 'owner',
  IngestionFailed: 'platform',
  DeployFailed: 'platform',
  Conflict: 'platform',
  NotFound: 'platform',
  SandboxUnavailable: 'platform',
  Defect: 'platform',
  InvalidAgentOutput: 'platform',
  AgentTimeout: 'platform',
  CheckFailed: 'platform',
  MergeConflict: 'platform',
};

export function classOf(name: FailureName): FailureClass {
  return CLASSES[name];
}

/** May another extraction, or another script, cure it? */
export function isRepairable(name: FailureName): boolean {
  return CLASSES[name] === 'repairable';
}

/** What passes by itself is an incident only when the source is late for it. */
export function opensIncident({ name, detector }: Pick<Failure, 'name' | 'detector'>): boolean {
  return classOf(name) !== 'transient' || detector === 'freshness' || detector === 'person';
}

/** Source types whose reading is data: only there a repair can heal. Everything else alerts with its evidence. */
const HEALING_TYPES: ReadonlySet<string> = new Set(['http', 'browser']);

/** Can a repair heal sources like this one? */
export function heals({
  type,
  config,
}: {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}): boolean {
  return HEALING_TYPES.has(type) && typeof config['extract'] === 'object';
}

/** Enough to pay a model for: twice, or once where every record lacks a required field. What costs nothing need not wait for it. */
export function isEnough({
  detector,
  occurrences,
}: {
  readonly detector: DetectorName;
  readonly occurrences: number;
}): boolean {
  return occurrences >= 2 || detector === 'required-field';
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A closed incident's break is quiet for so long. */
const QUIET_MS = HOUR_MS;
/** What people were told of, and what has not changed since, is news again after so long. */
const TOLD_QUIET_MS = 7 * DAY_MS;
/** The same break within so long of our own fix says that the fix was none. */
const REGRESSION_MS = 14 * DAY_MS;

/** People know of it, and nobody else will do anything about it. */
const TOLD: ReadonlySet<RepairOutcome> = new Set(['alerted', 'pr-rejected', 'pr-expired']);
const FIXED: ReadonlySet<RepairOutcome> = new Set([
  'auto-deployed-ok',
  'auto-deployed-rolled-back',
  'pr-merged-unchanged',
  'pr-merged-edited',
  'pr-merged-rolled-back',
]);

export interface ClosedBreak {
  readonly outcome: RepairOutcome;
  readonly closedAtMs: number;
  /** A run of the source was good after it was closed: the same break is a new one. */
  readonly goodSince: boolean;
}

/**
 * Is the break of a closed incident, come again, too fresh for a new one? For an hour always; for a week where people were alerted or have
 * refused a fix, as long as no run was good in between: the same trouble is told once.
 */
export function isQuiet(closed: ClosedBreak, nowMs: number): boolean {
  return nowMs < quietUntilMs(closed);
}

/** Until when the same break only counts. */
export function quietUntilMs({ outcome, closedAtMs, goodSince }: ClosedBreak): number {
  const isTold = TOLD.has(outcome) && !goodSince;
  return closedAtMs + (isTold ? TOLD_QUIET_MS : QUIET_MS);
}

/** Did a fix of ours end the earlier incident, so lately that the break belongs to the fix? */
export function isRegressionOf(
  { outcome, closedAtMs }: Pick<ClosedBreak, 'outcome' | 'closedAtMs'>,
  nowMs: number,
): boolean {
  return FIXED.has(outcome) && nowMs < closedAtMs + REGRESSION_MS;
}
