import { failure } from '../../../workflows/failures.ts';
import type { ReadMessage, SourceEnv } from '../contract.ts';
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
import { pagesOf, type RowPage } from './pages.ts';
import { planOf, type Plan } from './plan.ts';
import { idOf, renderRow, valuesOf, type Values } from './row.ts';

type Message = ReadMessage<DatabaseCursor>;

interface Reading {
  readonly config: DatabaseConfig;
  readonly plan: Plan;
  readonly env: SourceEnv;
}

/**
 * Reads rows in pages, each in a READ ONLY transaction of its own, with a checkpoint after each.
 * Without a cursor column every row; with one the changed rows, those without a cursor value, and then all keys.
 * @throws SourceUnavailable - the connection was lost; the next attempt goes on at the last checkpoint.
 * @throws InvalidConfig, AuthExpired, AccessDenied
 */
export async function* readDatabase(
  config: DatabaseConfig,
  from: DatabaseCursor | null,
  env: SourceEnv,
): AsyncIterable<Message> {
  await using session = await connect(config.url, env.signal);
  const plan = await planOf(session, config);
  const reading = { config, plan, env };
  const start = resumable(plan, from, env);
  await refuseNullKeys(plan);
  if (!plan.cursor) {
    yield* readListing(reading, start?.phase === 'listing' ? start : null);
  } else if (start === null || start.phase === 'done') {
    yield* readChanges(reading, plan.cursor, await begin(reading, plan.cursor, start));
  } else if (start.phase !== 'listing') {
    yield* readChanges(reading, plan.cursor, start);
  }
}

async function* readListing(
  reading: Reading,
  start: ListingCursor | null,
): AsyncGenerator<Message> {
  const { plan, config } = reading;
  const base = { phase: 'listing', ...stamp(reading) } as const;
  const query = { select: plan.selected, order: plan.key };
  for await (const page of pagesOf(plan, query, start?.after ?? null, config.pageSize)) {
    yield* documentsOf(reading, page);
    yield { kind: 'checkpoint', cursor: { ...base, after: page.last } };
  }
  yield { kind: 'listing', complete: true };
  yield { kind: 'checkpoint', cursor: null };
}

/** The window of a new run: up to the database's own clock, from a little before the last change that was seen. */
async function begin(
  { config, plan, env }: Reading,
  cursor: Column,
  last: DoneCursor | null,
): Promise<RunningCursor> {
  const watermark = last?.watermark ?? null;
  return {
    phase: 'changes',
    signature: plan.signature,
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
  start: RunningCursor,
): AsyncGenerator<Message> {
  let state = start;
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
  const { signature } = reading.plan;
  yield { kind: 'checkpoint', cursor: { phase: 'done', signature, watermark, sequence } };
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

/**
 * Reports every key as seen. A row that the manifest does not know although its cursor lies before this run's window was committed
 * later than the lag allows for: it is read now, and so is one that failed.
 */
async function* allKeys(
  reading: Reading,
  cursor: Column,
  start: RunningCursor,
): AsyncGenerator<Message> {
  const { plan, config } = reading;
  const query = { select: plan.key, order: plan.key };
  let state = start;
  for await (const page of pagesOf(plan, query, start.after, config.pageSize)) {
    const ids = page.rows.map((row) => idOf(plan.key, valuesOf(plan.key, row)));
    const late = await lateRows(reading, cursor, state, ids);
    yield* late;
    const read = new Set(late.map((one) => (one.kind === 'document' ? one.document.id : one.id)));
    for (const id of ids) if (!read.has(id)) yield { kind: 'seen', id };
    state = { ...start, after: page.last };
    yield { kind: 'checkpoint', cursor: state };
  }
}

type Rendered = Extract<Message, { kind: 'document' | 'failed' }>;

async function lateRows(
  reading: Reading,
  cursor: Column,
  { after, window }: RunningCursor,
  ids: readonly string[],
): Promise<readonly Rendered[]> {
  const { plan, env } = reading;
  // The first run has just read everything, stored or not.
  if (window.lower === null) return [];
  const known = await env.known(ids);
  const missing = new Set(ids.filter((id) => known.get(id)?.failed ?? !known.has(id)));
  if (missing.size === 0) return [];
  const bounds = { column: cursor, below: window.lower };
  const query = { select: plan.selected, order: plan.key, bounds };
  for await (const page of pagesOf(plan, query, after, ids.length)) {
    const late = [...documentsOf(reading, page)].filter((one) => missing.has(idOfMessage(one)));
    if (late.length > 0)
      env.log.info('read rows that were committed late or failed', { rows: late.length });
    return late;
  }
  return [];
}

function idOfMessage(message: Rendered): string {
  return message.kind === 'document' ? message.document.id : (message.id ?? '');
}

const MAX_ID_LENGTH = 2048;

function* documentsOf({ config, plan, env }: Reading, page: RowPage): Generator<Rendered> {
  for (const row of page.rows) {
    env.signal.throwIfAborted();
    const values = valuesOf(plan.selected, row);
    yield message(config, idOf(plan.key, values), values, env);
  }
}

/** One bad row is a dead letter and never the end of a run. */
function message(config: DatabaseConfig, id: string, values: Values, env: SourceEnv): Rendered {
  if (id.length > MAX_ID_LENGTH) {
    return refused(
      `${id.slice(0, 200)}…`,
      `The key has ${id.length} characters; ${MAX_ID_LENGTH} are allowed.`,
    );
  }
  const document = renderRow(config, id, values);
  const bytes = document.body.kind === 'file' ? 0 : Buffer.byteLength(document.body.text);
  const { maxDocumentBytes } = env.settings;
  return bytes > maxDocumentBytes
    ? refused(id, `The body has ${bytes} bytes; ${maxDocumentBytes} are allowed.`)
    : { kind: 'document', document };
}

function refused(id: string, detail: string): Rendered {
  return { kind: 'failed', id, failure: 'InvalidDocument', detail };
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

function stamp({ plan, env }: Reading) {
  return { signature: plan.signature, startedAt: env.startedAt.toISOString() };
}

function distinct(columns: readonly Column[]): readonly Column[] {
  return [...new Set(columns)];
}
