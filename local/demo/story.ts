import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Database } from '../../adapters/postgres/database.ts';
import { readIncidents, type Incident } from '../../adapters/postgres/incidents.ts';
import { readRuns, type RunRow } from '../../adapters/postgres/run-rows.ts';
import type { Schedules } from '../../adapters/temporal/schedules.ts';
import type { ShopSite } from '../../examples/repair/shop-site.ts';
import { DEFAULT_TENANT, sourceScheduleId } from '../../workflows/collection/ids.ts';
import { describeRun } from '../first-round.ts';
import type { Screen } from '../screen.ts';
import { DEMO_SOURCE } from './definitions.ts';

/** What every part of the demo works with. */
export interface Stage {
  readonly db: Database;
  readonly client: Client;
  readonly schedules: Schedules;
  readonly shop: ShopSite;
  readonly screen: Screen;
  /** The next part of the story, numbered. */
  readonly chapter: (title: string) => void;
  /** Ctrl-C: every wait ends. */
  readonly signal: AbortSignal;
  /** Rest of our command, as it must be typed for this system. */
  readonly cli: (rest: string) => string;
  /** A command of Temporal's own CLI, likewise. */
  readonly temporal: (command: string) => string;
}

/** Thrown out of every wait when the demo is stopped. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

const RUN_WITHIN_MS = 60_000;
const POLL_MS = 150;

/** Collects the source once and says how it went. A schedule starts one run a second. */
export async function collect(stage: Stage, why: string): Promise<RunRow> {
  const { db, schedules, screen } = stage;
  const scheduleId = sourceScheduleId(DEFAULT_TENANT, DEMO_SOURCE);
  const id = await until(stage, 'The start of a run', async () => {
    const triggered = await schedules.trigger(scheduleId);
    return triggered.outcome === 'started' ? triggered.run.workflowId : undefined;
  });
  const run = await until(stage, 'The end of a run', () => ended(db, (row) => row.id === id));
  sayRun(screen, run, why);
  return run;
}

/** The run that a deployment or a rollback has triggered. */
export async function collectedSince(stage: Stage, since: Date, why: string): Promise<RunRow> {
  const run = await until(stage, 'The end of the run that was triggered', () =>
    ended(stage.db, ({ startedAt }) => startedAt >= since),
  );
  sayRun(stage.screen, run, why);
  return run;
}

/** Longer than any demo that somebody watches needs for one run. */
const BACK_MS = 600_000;

async function ended(db: Database, which: (row: RunRow) => boolean): Promise<RunRow | undefined> {
  const since = new Date(Date.now() - BACK_MS);
  const rows = await readRuns(db, { since, source: DEMO_SOURCE });
  return rows.find((row) => row.finishedAt !== null && which(row));
}

function sayRun(screen: Screen, run: RunRow, why: string): void {
  const mark = { succeeded: '✓', partial: '!', held: '!' }[run.status] ?? '✗';
  // All fields of a page have the same to say; the incident has it in one sentence.
  const [said = ''] = describeRun(run).split(' Field "');
  screen.entry(`  ${mark} ${why} ${said}`);
}

/** The newest incident of the shop. */
export async function newestIncident({ db }: Pick<Stage, 'db'>): Promise<Incident | undefined> {
  const [newest] = await readIncidents(db, {
    tenant: DEFAULT_TENANT,
    source: DEMO_SOURCE,
    limit: 1,
  });
  return newest;
}

/**
 * Looks again and again until there is an answer.
 * @throws Stopped - Ctrl-C. @throws Error - it did not come in time; `what` is a phrase: `the end of the run`.
 */
export async function until<Found>(
  { signal }: Pick<Stage, 'signal'>,
  what: string,
  look: () => Promise<Found | undefined>,
  withinMs = RUN_WITHIN_MS,
): Promise<Found> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    if (signal.aborted) throw new Stopped('The demo was stopped.');
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > endMs)
      throw new Error(
        `${what} did not come within ${withinMs / 1000} seconds. Its logs are below the state folder.`,
      );
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
