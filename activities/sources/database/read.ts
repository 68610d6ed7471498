import { failure } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import { lagMs, type DatabaseConfig } from './config.ts';
import { connect } from './connect.ts';
import {
  resumable,
  type DatabaseCursor,
  type DoneCursor,
  type ListingCursor,
  type RunningCursor,
} from './cursor.ts';
import type { Column } from './dialect.ts';
import { typeOfFailure } from './errors.ts';
import { allKeys } from './keys.ts';
import { pagesOf } from './pages.ts';
import { distinct, planOf, refuseDrift, type Plan } from './plan.ts';
import { documentsOf, type Message, type Reading } from './reading.ts';
import { readShards } from './shards.ts';

/**
 * Reads rows in pages, each in a READ ONLY transaction of its own, with a checkpoint after each.
 * Without a cursor column every row; with one the changed rows, those without a cursor value, and then all keys.
 * @throws SourceUnavailable - the connection was lost; the next attempt goes on at the last checkpoint.
 * @throws SchemaDrift - what is read was lost since an earlier run, or the columns changed while they were read.
 * @throws InvalidConfig, AuthExpired, AccessDenied
 */
export async function* readDatabase(
  config: DatabaseConfig,
  from: DatabaseCursor | null,
  env: SourceEnv,
): AsyncIterable<Message> {
  await using session = await connect(config.url, env.signal);
  const plan = await planOf(session, config, from?.shape);
  if (isOfThisRun(from, env)) refuseDrift(plan, config);
  noteChanges(plan, env);
  const reading = { config, plan, env };
  const start = resumable(plan, from, env);
  await refuseNullKeys(plan);
  yield* watched(reading, messagesOf(reading, start));
}

function isOfThisRun(from: DatabaseCursor | null, { startedAt }: SourceEnv): boolean {
  return from !== null && 'startedAt' in from && from.startedAt === startedAt.toISOString();
}

function noteChanges({ changes }: Plan, env: SourceEnv): void {
  const news = [...changes.broken, ...changes.noted];
  if (news.length > 0) env.log.info('the columns of the table changed', { news });
}

function messagesOf(reading: Reading, start: DatabaseCursor | null): AsyncIterable<Message> {
  const { cursor } = reading.plan;
  if (!cursor) return readListing(reading, start?.phase === 'listing' ? start : null);
  return readChanges(reading, cursor, start);
}

/**
 * Looks at the columns again before a listing is called complete, and where the database refuses a statement that it took before:
 * a table that is altered meanwhile is drift, whatever the database makes of it.
 */
async function* watched(
  { plan, config }: Reading,
  messages: AsyncIterable<Message>,
): AsyncGenerator<Message> {
  const lookAgain = async (): Promise<void> =>
    refuseDrift(await planOf(plan.session, config, plan.shape), config);
  try {
    for await (const message of messages) {
      if (message.kind === 'listing') await lookAgain();
      yield message;
    }
  } catch (error) {
    if (typeOfFailure(error) === 'InvalidConfig') await lookAgain();
    throw error;
  }
}

async function* readListing(
  reading: Reading,
  start: ListingCursor | null,
): AsyncGenerator<Message> {
  const startedAt = reading.env.startedAt.toISOString();
  const base = { phase: 'listing', ...always(reading), startedAt } as const;
  yield* reading.config.shardRows === undefined
    ? readRows(reading, start, (after) => ({ ...base, after }))
    : readShards(reading, start, (after, shard) => ({ ...base, after, shard }));
  yield { kind: 'listing', complete: true };
  yield { kind: 'checkpoint', cursor: { phase: 'listed', ...always(reading) } };
}

async function* readRows(
  reading: Reading,
  start: ListingCursor | null,
  cursorAt: (after: readonly string[]) => ListingCursor,
): AsyncGenerator<Message> {
  const { plan, config } = reading;
  const query = { select: plan.selected, order: plan.key };
  for await (const page of pagesOf(plan, query, start?.after ?? null, config.pageSize)) {
    yield* documentsOf(reading, page);
    yield { kind: 'checkpoint', cursor: cursorAt(page.last) };
  }
}

/** The window of a new run: up to the database's own clock, from a little before the last change that was seen. */
async function begin(
  reading: Reading,
  cursor: Column,
  last: DoneCursor | null,
): Promise<RunningCursor> {
  const { config, plan, env } = reading;
  const watermark = last?.watermark ?? null;
  return {
    phase: 'changes',
    ...always(reading),
    startedAt: env.startedAt.toISOString(),
    after: null,
    window: {
      lower:
        watermark === null ? null : await plan.session.lowerBound(cursor, watermark, lagMs(config)),
      upper: await plan.session.upperBound(plan.relation, cursor),
      watermark,
      sequence: (last?.sequence ?? 0) + 1,
    },
  };
}

async function* readChanges(
  reading: Reading,
  cursor: Column,
  start: DatabaseCursor | null,
): AsyncGenerator<Message> {
  let state = isRunning(start)
    ? start
    : await begin(reading, cursor, start?.phase === 'done' ? start : null);
  if (state.phase === 'changes') {
    state = yield* changedRows(reading, cursor, state);
    state = { ...state, phase: 'nulls', after: null };
  }
  if (state.phase === 'nulls') {
    state = yield* rowsWithoutCursor(reading, cursor, state);
    state = { ...state, phase: 'keys', after: null };
  }
  const { watermark, sequence } = state.window;
  if (isScanDue(reading.config, sequence)) {
    yield* allKeys(reading, cursor, state);
    yield { kind: 'listing', complete: true };
  }
  const done = { phase: 'done', ...always(reading), watermark, sequence } as const;
  yield { kind: 'checkpoint', cursor: done };
}

function isRunning(start: DatabaseCursor | null): start is RunningCursor {
  return start !== null && 'window' in start;
}

/** The first run always scans, so that what an earlier definition left behind is noticed. */
function isScanDue({ keyScan }: DatabaseConfig, sequence: number): boolean {
  return keyScan !== 'never' && (sequence - 1) % keyScan === 0;
}

async function* changedRows(
  reading: Reading,
  cursor: Column,
  start: RunningCursor,
): AsyncGenerator<Message, RunningCursor> {
  const { plan, config } = reading;
  const { lower, upper } = start.window;
  // Without an upper bound there is no row with a cursor value at all.
  if (upper === null) return start;
  const order = distinct([cursor, ...plan.key]);
  const bounds = { column: cursor, atMost: upper, ...(lower === null ? {} : { atLeast: lower }) };
  const query = { select: plan.selected, order, bounds };
  let state = start;
  for await (const page of pagesOf(plan, query, start.after, config.pageSize)) {
    yield* documentsOf(reading, page);
    const watermark = page.last[0] ?? null;
    state = { ...start, after: page.last, window: { ...start.window, watermark } };
    yield { kind: 'checkpoint', cursor: state };
  }
  return state;
}

/** NULL is neither below nor above anything: these rows are read in each run, and their hash decides. */
async function* rowsWithoutCursor(
  reading: Reading,
  cursor: Column,
  start: RunningCursor,
): AsyncGenerator<Message, RunningCursor> {
  const { plan, config } = reading;
  if (!cursor.nullable) return start;
  const query = { select: plan.selected, order: plan.key, isNull: cursor };
  let state = start;
  for await (const page of pagesOf(plan, query, start.after, config.pageSize)) {
    yield* documentsOf(reading, page);
    state = { ...start, after: page.last };
    yield { kind: 'checkpoint', cursor: state };
  }
  return state;
}

/** No page would ever show a row whose key is NULL, so it would be deleted in silence. */
async function refuseNullKeys(plan: Plan): Promise<void> {
  const { words } = plan.session;
  for (const column of plan.key.filter((one) => one.nullable)) {
    const text = `SELECT 1 FROM ${plan.relation.from} WHERE src.${words.quote(column.name)} IS NULL LIMIT 1`;
    const rows = await plan.session.rows({ text, values: [] }, []);
    if (rows.length === 0) continue;
    throw failure(
      'InvalidConfig',
      `Column "${column.name}" of ${plan.name} is NULL in some rows, so it cannot identify them. Name another column in "primaryKey", or leave these rows out with a "query".`,
    );
  }
}

/** What every cursor of this read carries. */
function always({ plan: { signature, shape } }: Reading) {
  return { signature, shape };
}
