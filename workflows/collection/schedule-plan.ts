/** A schedule as we want it. Everything in it but `enabled` and `suspended` is ours and goes into its hash. */
export interface DesiredSchedule {
  readonly id: string;
  readonly spec:
    | { readonly cron: string }
    | { readonly everyMs: number; readonly offsetMs: number };
  readonly timezone: string;
  /** Random delay after the nominal time, so that equal cron lines do not start all at once. */
  readonly jitterMs: number;
  readonly overlap: 'SKIP' | 'BUFFER_ONE';
  /** How late a missed start may still happen. */
  readonly catchupWindowMs: number;
  readonly pauseOnFailure: false;
  readonly action: DesiredAction;
  /** Keyword search attributes of the schedule itself, by name; `ConfigHash` is added by who writes it. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  /** The system paused it for the health of its source; left out while it should run. */
  readonly suspended?: Suspension;
}

export interface Suspension {
  /** As `pauseNote` makes it. */
  readonly note: string;
  /** Temporal was told already: a schedule that runs nevertheless was let run by a person. */
  readonly applied: boolean;
}

/** The workflow that a schedule starts. */
export interface DesiredAction {
  readonly workflowType: string;
  /** The server appends the nominal time. */
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly args: readonly unknown[];
  /** A net below which the workflow's own bounds lie: when it fires, no workflow code runs. */
  readonly runTimeoutMs: number;
  /** Shown by the Temporal Web UI beside each run. */
  readonly summary: string;
  /** Markdown for the Temporal Web UI: what the run is about and which commands tell more. */
  readonly details: string;
  /** Keyword search attributes of each run, by name. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Desired, with the hash of all that we own. */
export interface HashedSchedule extends DesiredSchedule {
  readonly hash: string;
}

/** What Temporal has: of each schedule that carries our hash. */
export interface ActualSchedule {
  readonly id: string;
  readonly hash: string;
  readonly paused: boolean;
  readonly note: string;
}

/** One write to Temporal. `because` says why, for the plan that people read. */
export type ScheduleAction =
  | { readonly kind: 'create'; readonly id: string; readonly schedule: HashedSchedule }
  | { readonly kind: 'update'; readonly id: string; readonly schedule: HashedSchedule }
  | { readonly kind: 'pause'; readonly id: string; readonly note: string }
  | { readonly kind: 'unpause'; readonly id: string; readonly note: string }
  | { readonly kind: 'delete'; readonly id: string };

export interface SchedulePlan {
  /** In the order of their ids. Empty when everything is as it should be. */
  readonly actions: readonly ScheduleAction[];
  /** Schedules that need nothing, sorted. */
  readonly unchanged: readonly string[];
  /** Wanted ones that a person paused: they stay so. Sorted. */
  readonly pausedByPeople: readonly string[];
  /** Wanted ones that the system paused, and that run: a person let them. Sorted. */
  readonly resumedByPeople: readonly string[];
  /** Why nothing may be done. Then `actions` shows what was asked for, and must not be applied. */
  readonly refused?: string;
}

export interface PlanOptions {
  readonly now: Date;
  /** Let more than a fifth of all schedules vanish. */
  readonly force?: boolean;
}

/**
 * What to write so that Temporal has the desired schedules. Pure, and planning again after the writes gives no action.
 * A pause by a person is never lifted; what is no longer wanted is paused first and deleted 7 days later;
 * if more than a fifth and more than five schedules would vanish, the whole plan is refused.
 */
export function planSchedules(
  desired: readonly HashedSchedule[],
  actual: readonly ActualSchedule[],
  { now, force = false }: PlanOptions,
): SchedulePlan {
  const have = new Map(actual.map((one) => [one.id, one]));
  const wanted = new Set(desired.map(({ id }) => id));
  const gone = actual.filter(({ id }) => !wanted.has(id));
  const steps = [
    ...desired.map((one) => ({ id: one.id, actions: keep(one, have.get(one.id)) })),
    ...gone.map((one) => ({ id: one.id, actions: retire(one, now) })),
  ].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const unchanged = steps.filter(({ actions }) => actions.length === 0).map(({ id }) => id);
  const refused = force ? undefined : refusal(actual, gone);
  return {
    actions: steps.flatMap(({ actions }) => actions),
    unchanged,
    pausedByPeople: actual
      .filter(isPausedByPerson)
      .map(({ id }) => id)
      .filter((id) => wanted.has(id))
      .toSorted(),
    resumedByPeople: desired
      .filter(({ id, suspended }) => suspended?.applied === true && have.get(id)?.paused === false)
      .map(({ id }) => id)
      .toSorted(),
    ...(refused === undefined ? {} : { refused }),
  };
}

/** The note of a schedule whose definition says `enabled: false`. */
export const DISABLED_NOTE = 'managed:disabled';
/** The note of a schedule that nothing asks for any more, followed by a date. */
const REMOVED_NOTE = 'managed:removed';
/** The note of a schedule that runs because its definition says so. */
const ENABLED_NOTE = 'managed:enabled';

const DELETE_AFTER_MS = 7 * 24 * 3_600_000;
const MAX_VANISHING_SHARE = 0.2;
const MAX_VANISHING = 5;

/** Pausing is a write of its own: an update must leave alone what a person did meanwhile. */
function keep(schedule: HashedSchedule, actual: ActualSchedule | undefined): ScheduleAction[] {
  const { id, hash } = schedule;
  if (!actual) return [{ kind: 'create', id, schedule }];
  const update: ScheduleAction[] = actual.hash === hash ? [] : [{ kind: 'update', id, schedule }];
  return [...update, ...keepPause(schedule, actual)];
}

function keepPause(
  { id, enabled, suspended }: HashedSchedule,
  actual: ActualSchedule,
): ScheduleAction[] {
  const removal = readRemoval(actual);
  // It came back: what a person had paused before it was removed is theirs again.
  if (removal?.pausedBefore !== undefined)
    return [{ kind: 'pause', id, note: removal.pausedBefore }];
  if (enabled && suspended) return keepSuspended(id, suspended, actual);
  if (enabled) return isManagedPause(actual) ? [{ kind: 'unpause', id, note: ENABLED_NOTE }] : [];
  // A note of removal would go on counting the days to a deletion.
  return actual.paused && !removal ? [] : [{ kind: 'pause', id, note: DISABLED_NOTE }];
}

/** Once, and with the newest reason; what a person paused or let run is left alone. */
function keepSuspended(
  id: string,
  { note, applied }: Suspension,
  actual: ActualSchedule,
): ScheduleAction[] {
  const isDone = actual.paused ? actual.note === note || isPausedByPerson(actual) : applied;
  return isDone ? [] : [{ kind: 'pause', id, note }];
}

/** First paused, with the day; deleted when a week is over. */
function retire(actual: ActualSchedule, now: Date): ScheduleAction[] {
  const { id } = actual;
  const removal = readRemoval(actual);
  if (!removal) return [{ kind: 'pause', id, note: removalNote(actual, now) }];
  return now.getTime() - removal.sinceMs >= DELETE_AFTER_MS ? [{ kind: 'delete', id }] : [];
}

function removalNote(actual: ActualSchedule, now: Date): string {
  const note = `${REMOVED_NOTE} ${now.toISOString().slice(0, 10)}`;
  if (!isPausedByPerson(actual)) return note;
  return `${note}${PAUSED_BEFORE}${actual.note || 'no reason given'}`;
}

const PAUSED_BEFORE = ', paused before: ';

interface Removal {
  readonly sinceMs: number;
  /** The note of the person who had paused it before that. */
  readonly pausedBefore?: string;
}

function readRemoval({ paused, note }: ActualSchedule): Removal | undefined {
  const [, date = '', pausedBefore] =
    /^managed:removed (\d{4}-\d{2}-\d{2})(?:, paused before: ([^]*))?$/.exec(note) ?? [];
  const sinceMs = Date.parse(date);
  if (!paused || Number.isNaN(sinceMs)) return undefined;
  return { sinceMs, ...(pausedBefore === undefined ? {} : { pausedBefore }) };
}

function isManagedPause({ paused, note }: ActualSchedule): boolean {
  return paused && note.startsWith('managed:');
}

/** True for a pause with a note that is none of ours. */
export function isPausedByPerson(actual: ActualSchedule): boolean {
  return actual.paused && !isManagedPause(actual);
}

/** True for a note of ours that must not take the place of a person's; one about a removal keeps theirs in itself. */
export function yieldsToPeople(note: string): boolean {
  return note.startsWith('managed:') && !note.startsWith(REMOVED_NOTE);
}

/** Those that are on their way out already were agreed to: only what vanishes now counts. */
function refusal(
  actual: readonly ActualSchedule[],
  gone: readonly ActualSchedule[],
): string | undefined {
  const live = actual.filter((one) => !readRemoval(one)).length;
  const vanishing = gone.filter((one) => !readRemoval(one)).length;
  if (vanishing <= MAX_VANISHING || vanishing <= live * MAX_VANISHING_SHARE) return undefined;
  return (
    `${vanishing} of ${live} schedules would be removed, more than a fifth. Nothing was changed. ` +
    `Look whether the definitions are complete; if so, run "npm run cli -- apply --force".`
  );
}
