import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../adapters/postgres/database.ts';
import { readFleet, readSyncLags } from '../adapters/postgres/fleet.ts';
import { readRuns, type RunRow } from '../adapters/postgres/run-rows.ts';
import type { Client } from '@temporalio/client';
import type { Schedules } from '../adapters/temporal/schedules.ts';
import { pendingAttempt, type PendingAttempt } from '../client/pending-attempt.ts';
import type { SourceDefinition } from '../workflows/collection/definitions.ts';
import { NO_COUNTS } from '../workflows/collection/counts.ts';
import { sourceScheduleId } from '../workflows/collection/ids.ts';
import { describeCounts } from '../workflows/collection/run-details.ts';
import type { BlockLine, Screen } from './screen.ts';

export interface RoundOptions {
  readonly db: Database;
  readonly client: Client;
  readonly schedules: Schedules;
  readonly definitions: readonly SourceDefinition[];
  readonly screen: Screen;
  /** When the system came up: runs from then on belong to the round. */
  readonly since: Date;
  /** Settles when a Chromium is there, or is known not to come. */
  readonly browserReady: Promise<unknown>;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 300;
/** Workers take a run within moments; after this long something is wrong, and the line says so. */
const STARTED_WITHIN_MS = 120_000;
const SYNC_WITHIN_MS = 180_000;

/** Which enabled sources have never ended well, or not within their period. */
export async function dueSources(
  db: Database,
  definitions: readonly SourceDefinition[],
): Promise<readonly SourceDefinition[]> {
  const fleet = new Map((await readFleet(db)).map((row) => [row.source, row]));
  return definitions.filter((definition) => {
    const last = fleet.get(definition.id)?.lastSuccessAt;
    return (
      definition.enabled && (!last || Date.now() - last.getTime() >= definition.schedule.periodMs)
    );
  });
}

/** Collects the given sources once, shows their progress, and answers with the rows of their runs; a source without a run has none. */
export async function collectOnce(options: RoundOptions): Promise<ReadonlyMap<string, RunRow>> {
  const { definitions, schedules, browserReady, signal } = options;
  const waiting = new Set(definitions.filter((one) => one.type === 'browser').map((one) => one.id));
  const triggers = definitions.map(async ({ id, tenant, type }) => {
    if (type === 'browser') await untilReady(browserReady, signal);
    waiting.delete(id);
    await patiently(() => schedules.trigger(sourceScheduleId(tenant, id)), signal);
  });
  const [rows] = await Promise.all([follow(options, waiting), ...triggers]);
  return rows;
}

/** A Chromium may take minutes to come; whoever stops the system does not wait for it. */
async function untilReady(ready: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([ready.catch(() => undefined), aborted]);
}

const PATIENCE_MS = 60_000;

/**
 * Asks a part that may be away for a moment, because it was killed and is started again. Undefined when everything is being stopped.
 * @throws what the part answered last, when it stayed away.
 */
async function patiently<Answer>(
  ask: () => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const endMs = Date.now() + PATIENCE_MS;
  while (!signal.aborted) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > endMs && !signal.aborted) throw error;
    }
    await pause(signal);
  }
  return undefined;
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
}

async function follow(
  options: RoundOptions,
  waiting: ReadonlySet<string>,
): Promise<ReadonlyMap<string, RunRow>> {
  const { db, definitions, screen, since, signal } = options;
  const retries = new Map<string, PendingAttempt>();
  let giveUpMs = Date.now() + STARTED_WITHIN_MS;
  for (let look = 1; ; look += 1) {
    const runs = (await patiently(() => readRuns(db, { since }), signal)) ?? [];
    const rows = new Map(runs.map((row) => [row.source, row]));
    if (signal.aborted) return rows;
    if (look % LOOKS_A_REASON === 0) await refreshRetries(retries, runs, options.client);
    screen.block(
      definitions.map((definition) =>
        progressLine(definition, { row: rows.get(definition.id), waiting, retries }),
      ),
    );
    const open = definitions.filter(({ id }) => !rows.get(id)?.finishedAt);
    if (waiting.size > 0 || open.some(({ id }) => rows.has(id)))
      giveUpMs = Date.now() + STARTED_WITHIN_MS;
    if (open.length === 0 || Date.now() > giveUpMs) return rows;
    await pause(signal);
  }
}

/** Asking Temporal costs more than asking the rows. */
const LOOKS_A_REASON = 10;

/** Why runs that seem to stand still do not get on. A Temporal that is away for a moment says nothing new. */
async function refreshRetries(
  retries: Map<string, PendingAttempt>,
  runs: readonly RunRow[],
  client: Client,
): Promise<void> {
  const open = runs.filter((run) => !run.finishedAt);
  const found = await Promise.all(
    open.map(async ({ id }) => [id, await pendingAttempt({ client }, id)] as const),
  ).catch(() => undefined);
  if (!found) return;
  retries.clear();
  for (const [id, attempt] of found) if (attempt) retries.set(id, attempt);
}

interface Progress {
  readonly row: RunRow | undefined;
  readonly waiting: ReadonlySet<string>;
  /** By the id of the run. */
  readonly retries: ReadonlyMap<string, PendingAttempt>;
}

function progressLine(
  { id, type }: SourceDefinition,
  { row, waiting, retries }: Progress,
): BlockLine {
  const before = waiting.has(id) ? 'waits for Chromium' : 'waits for a worker';
  const retry = row && !row.finishedAt ? retries.get(row.id) : undefined;
  const again = retry ? ` – attempt ${retry.attempt}, because of ${retry.failure}` : '';
  const state = row ? `${describeRun(row)}${again}` : before;
  return {
    key: id,
    text: `  ${mark(row)} ${id.padEnd(18)} ${type.padEnd(9)} ${state}`,
    ended: Boolean(row?.finishedAt),
  };
}

/** One run in a line: its counts while it goes on, its status and reason when it has ended. */
export function describeRun({
  status,
  phase,
  counts,
  message,
  startedAt,
  finishedAt,
}: RunRow): string {
  const documents = describeCounts({ ...NO_COUNTS, ...counts });
  if (!finishedAt) return `${phase}: ${documents}`;
  const seconds = Math.max(0, (finishedAt.getTime() - startedAt.getTime()) / 1000);
  return `${status}: ${documents} (${seconds.toFixed(1)} s)${message ? ` – ${message}` : ''}`;
}

function mark(row: RunRow | undefined): string {
  if (!row) return '·';
  if (!row.finishedAt) return '…';
  return { succeeded: '✓', partial: '!', held: '!' }[row.status] ?? '✗';
}

/** Waits until every change is covered by an ingestion job. False when that took too long or was broken off. */
export async function waitForSync({
  db,
  screen,
  signal,
}: Pick<RoundOptions, 'db' | 'screen' | 'signal'>): Promise<boolean> {
  const endMs = Date.now() + SYNC_WITHIN_MS;
  for (;;) {
    const lags = await patiently(() => readSyncLags(db), signal);
    const open = (lags ?? []).filter((one) => one.lagMs > 0);
    if (signal.aborted || Date.now() > endMs) return false;
    if (open.length === 0) return true;
    screen.block([
      {
        key: 'sync',
        text: `  … the knowledge base ingests what changed (${open.map((one) => one.knowledgeBase).join(', ')})`,
      },
    ]);
    await pause(signal);
  }
}
