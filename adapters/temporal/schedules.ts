import { setTimeout as sleep } from 'node:timers/promises';
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  type ScheduleSummary,
} from '@temporalio/client';
import { failure } from '../../workflows/failures.ts';
import {
  DISABLED_NOTE,
  isPausedByPerson,
  yieldsToPeople,
  type ActualSchedule,
  type HashedSchedule,
  type ScheduleAction,
} from '../../workflows/collection/schedule-plan.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { callTemporal } from './errors.ts';
import { actualFields, type OwnedFields } from './schedule-differences.ts';
import { ownedOptions } from './schedule-options.ts';

/** Temporal's schedules in our words. Everything throws our failures only. */
export interface Schedules {
  /** Every schedule that carries our hash, in one paged listing. What was written a moment ago may still be missing. */
  list(): Promise<readonly ActualSchedule[]>;
  /** Undefined when there is none. Up to date, unlike the listing. */
  describe(id: string): Promise<ScheduleFacts | undefined>;
  /**
   * Writes a plan, at most 8 schedules at once, and confirms each write. Idempotent: it may be repeated after any break.
   * A pause that is there stays, unless the plan itself lifts it.
   */
  apply(actions: readonly ScheduleAction[], options?: ApplyOptions): Promise<void>;
  /** Starts a run now, unless one is running: the schedule stays the only lock of its source. Paused schedules obey, too. */
  trigger(id: string): Promise<Triggered>;
  pause(id: string, note: string): Promise<void>;
  unpause(id: string, note: string): Promise<void>;
  /** Runs each nominal time from `start` to `end` again, one after the other. */
  backfill(id: string, window: { readonly start: Date; readonly end: Date }): Promise<void>;
}

/** The state of one schedule, for people and for the freshness of a source. */
export interface ScheduleFacts extends ActualSchedule {
  /** The next times, soonest first; they count even while it is paused. */
  readonly nextRuns: readonly Date[];
  /** Newest last, at most 10. */
  readonly recentRuns: readonly StartedRun[];
  /** Workflow ids; the server may still list one that ended a moment ago. */
  readonly running: readonly string[];
  readonly skippedOverlaps: number;
  readonly missedCatchups: number;
  /** What an update would overwrite; see `scheduleDifferences`. */
  readonly owned: OwnedFields;
}

interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly startedAt: Date;
}

export type Triggered =
  | { readonly outcome: 'started'; readonly run: StartedRun }
  /** A run is under way; its workflow id, if the server names it. */
  | { readonly outcome: 'skipped'; readonly running?: string };

export interface ApplyOptions {
  /** Called after each write, for heartbeats and progress. */
  readonly onApplied?: (action: ScheduleAction) => void;
  /** Stops before the next write. */
  readonly signal?: AbortSignal;
}

export function createSchedules(client: Client): Schedules {
  const handle = (id: string): ScheduleHandle => client.schedule.getHandle(id);
  return {
    list: () => callTemporal('list of schedules', () => list(client)),
    describe: (id) => callTemporal(`schedule "${id}"`, () => describe(handle(id))),
    apply: (actions, options = {}) => applyAll(client, actions, options),
    trigger: (id) => callTemporal(`schedule "${id}"`, () => trigger(handle(id))),
    pause: (id, note) => callTemporal(`schedule "${id}"`, () => pause(handle(id), note)),
    unpause: (id, note) => callTemporal(`schedule "${id}"`, () => unpause(handle(id), note)),
    backfill: (id, { start, end }) =>
      callTemporal(`schedule "${id}"`, () =>
        handle(id).backfill({ start, end, overlap: 'BUFFER_ALL' }),
      ),
  };
}

const OURS = `${SEARCH_ATTRIBUTES.configHash.name} IS NOT NULL`;

async function list(client: Client): Promise<readonly ActualSchedule[]> {
  const found = await Array.fromAsync(client.schedule.list({ query: OURS, pageSize: 1000 }));
  return found.map(actualOf);
}

function actualOf(one: ScheduleSummary | ScheduleDescription): ActualSchedule {
  return {
    id: one.scheduleId,
    hash: one.typedSearchAttributes?.get(SEARCH_ATTRIBUTES.configHash) ?? '',
    paused: one.state.paused,
    note: one.state.note ?? '',
  };
}

async function describe(handle: ScheduleHandle): Promise<ScheduleFacts | undefined> {
  try {
    return factsOf(await handle.describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

function factsOf(description: ScheduleDescription): ScheduleFacts {
  const { info } = description;
  return {
    ...actualOf(description),
    nextRuns: info.nextActionTimes,
    recentRuns: info.recentActions.map(({ action, takenAt }) => ({
      workflowId: action.workflow.workflowId,
      runId: action.workflow.firstExecutionRunId,
      startedAt: takenAt,
    })),
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
    skippedOverlaps: info.numActionsSkippedOverlap,
    missedCatchups: info.numActionsMissedCatchupWindow,
    owned: actualFields(description),
  };
}

const CONCURRENCY = 8;

async function applyAll(
  client: Client,
  actions: readonly ScheduleAction[],
  { onApplied, signal }: ApplyOptions,
): Promise<void> {
  const waiting = bySchedule(actions);
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      for (const action of next) {
        signal?.throwIfAborted();
        await callTemporal(`schedule "${action.id}"`, () => applyOne(client, action));
        onApplied?.(action);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

/** An update goes before the pause of the same schedule, so both are done by one worker. */
function bySchedule(actions: readonly ScheduleAction[]): (readonly ScheduleAction[])[] {
  return [...Map.groupBy(actions, ({ id }) => id).values()];
}

async function applyOne(client: Client, action: ScheduleAction): Promise<void> {
  const handle = client.schedule.getHandle(action.id);
  switch (action.kind) {
    case 'create':
      await create(client, action.schedule);
      break;
    case 'update':
      await update(handle, action.schedule);
      break;
    case 'pause':
      if (!yieldsToPeople(action.note) || !(await isTaken(handle)))
        await pause(handle, action.note);
      break;
    case 'unpause':
      if (!(await isTaken(handle))) await unpause(handle, action.note);
      break;
    case 'delete':
      await remove(handle);
      break;
  }
}

async function create(client: Client, schedule: HashedSchedule): Promise<void> {
  const note = schedule.enabled ? schedule.suspended?.note : DISABLED_NOTE;
  const state = note === undefined ? {} : { state: { paused: true, note } };
  try {
    await client.schedule.create({ scheduleId: schedule.id, ...ownedOptions(schedule), ...state });
  } catch (error) {
    // The listing lags behind: somebody, perhaps we, made it a moment ago.
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const handle = client.schedule.getHandle(schedule.id);
    await update(handle, schedule);
    if (note !== undefined && !(await handle.describe()).state.paused) await pause(handle, note);
  }
}

/**
 * The client's update is a blind replacement, so it starts from what is there: `state` keeps the pause of a person. The deprecated
 * `searchAttributes` would revive attributes that were removed.
 */
async function update(handle: ScheduleHandle, schedule: HashedSchedule): Promise<void> {
  const owned = ownedOptions(schedule);
  await handle.update((previous) => {
    const { searchAttributes: _, ...rest } = previous;
    return { ...rest, ...owned };
  });
  await confirm(handle, `carry hash "${schedule.hash}"`, ({ hash }) => hash === schedule.hash);
}

async function pause(handle: ScheduleHandle, note: string): Promise<void> {
  await handle.pause(note);
  await confirm(handle, 'be paused', (now) => now.paused && now.note === note);
}

async function unpause(handle: ScheduleHandle, note: string): Promise<void> {
  await handle.unpause(note);
  await confirm(handle, 'run again', (now) => !now.paused);
}

/** The listing of the plan lags behind: a person may have paused it meanwhile. */
async function isTaken(handle: ScheduleHandle): Promise<boolean> {
  return isPausedByPerson(factsOf(await handle.describe()));
}

async function remove(handle: ScheduleHandle): Promise<void> {
  try {
    await handle.delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

const CONFIRM_WITHIN_MS = 10_000;

/** The server applies writes as signals: a call returns before it has happened. */
async function confirm(
  handle: ScheduleHandle,
  what: string,
  isDone: (now: ScheduleFacts) => boolean,
): Promise<void> {
  const deadline = Date.now() + CONFIRM_WITHIN_MS;
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, 1000)) {
    const now = factsOf(await handle.describe());
    if (isDone(now)) return;
    if (Date.now() > deadline) throw notConfirmed(handle.scheduleId, what);
    await sleep(waitMs * (0.5 + Math.random()));
  }
}

function notConfirmed(id: string, what: string): Error {
  return failure(
    'Conflict',
    `Schedule "${id}" did not ${what} within ${CONFIRM_WITHIN_MS / 1000} seconds. Somebody else may be changing it; the next attempt looks again.`,
  );
}

/** Our own policy, explicitly: without one, a trigger ignores a run that is under way. */
async function trigger(handle: ScheduleHandle): Promise<Triggered> {
  const before = factsOf(await handle.describe());
  await sleep(msOfTakenSecond(before, new Date()));
  const known = new Set(before.recentRuns.map(({ runId }) => runId));
  let outcome: Triggered | undefined;
  await handle.trigger('SKIP');
  await confirm(handle, 'start a run', (now) => {
    const run = now.recentRuns.findLast(({ runId }) => !known.has(runId));
    if (run) outcome = { outcome: 'started', run };
    else if (now.skippedOverlaps > before.skippedOverlaps) outcome = skipped(now);
    return outcome !== undefined;
  });
  return outcome ?? { outcome: 'skipped' };
}

/**
 * The id of a run has the second of its trigger. A second one in the same second would take the name of the first, and with it its row: it
 * has to wait for the next second.
 */
function msOfTakenSecond({ recentRuns }: ScheduleFacts, now: Date): number {
  const newest = recentRuns.at(-1)?.workflowId ?? '';
  const second = Date.parse(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.exec(newest)?.[0] ?? '');
  const leftMs = second + 1000 - now.getTime();
  return leftMs > 0 && leftMs <= 1000 ? leftMs : 0;
}

function skipped({ running }: ScheduleFacts): Triggered {
  const [first] = running;
  return { outcome: 'skipped', ...(first === undefined ? {} : { running: first }) };
}
