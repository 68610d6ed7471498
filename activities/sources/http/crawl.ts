import { failure, isFailureName } from '../../../workflows/failures.ts';
import type { ReadMessage, SourceEnv } from '../contract.ts';
import type { HttpConfig } from './config.ts';
import { createFrontier, type CrawlCursor, type Frontier } from './frontier.ts';
import { openSession, type Session } from './session.ts';
import { readSitemaps } from './sitemaps.ts';
import { pageId } from './urls.ts';
import { visitPage } from './visit.ts';

/**
 * Reads a site page by page, breadth first, at the pace that its host asks for. Each checkpoint holds the whole frontier.
 * @throws RateLimited - the host asks to wait; the last checkpoint begins with the page that was refused.
 * @throws SourceUnavailable - ten pages in a row did not answer. @throws any name - no page at all could be read, for this reason.
 */
export async function* crawl(
  config: HttpConfig,
  from: CrawlCursor | null,
  env: SourceEnv,
): AsyncGenerator<ReadMessage<CrawlCursor>> {
  env.signal.throwIfAborted();
  const session = openSession(config, env);
  try {
    const frontier = createFrontier(
      { maxPages: config.follow?.maxPages ?? MAX_LISTED_PAGES },
      from,
    );
    if (from === null) await fill(session, frontier);
    yield* visitAll(session, frontier);
    // Before a refusal too: the next run must begin anew, not resume on an empty frontier.
    yield { kind: 'checkpoint', cursor: null };
    refuseNothing(frontier);
    yield listing(frontier);
  } finally {
    await session.close();
  }
}

async function fill(session: Session, frontier: Frontier): Promise<void> {
  const { config, scope } = session;
  if (config.sitemap !== 'only') {
    for (const url of config.urls) frontier.add(pageId(url, config) ?? url, 0);
  }
  if (config.sitemap === 'skip') return;
  const { pages, problems } = await readSitemaps(session);
  for (const problem of problems) {
    frontier.hide(problem.detail);
    frontier.noteFailure(problem.failure, problem.detail);
  }
  for (const id of pages) if (scope.excludedBy(id) === undefined) frontier.add(id, 0);
}

async function* visitAll(
  session: Session,
  frontier: Frontier,
): AsyncGenerator<ReadMessage<CrawlCursor>> {
  let sinceCheckpoint = 0;
  let silentInRow = 0;
  for (let visit = frontier.next(); visit !== undefined; visit = frontier.next()) {
    const waitMs = session.waitMs(visit.id);
    if (waitMs > LONGEST_WAIT_MS) {
      frontier.again(visit, 'front');
      yield { kind: 'checkpoint', cursor: frontier.toCursor() };
      throw longDelay(visit.id, waitMs);
    }
    const visited = await visitPage(session, frontier, visit);
    if (visited.kind === 'wait') {
      yield { kind: 'checkpoint', cursor: frontier.toCursor() };
      throw visited.failure;
    }
    yield* visited.messages;
    sinceCheckpoint += 1;
    silentInRow = visited.transient === true ? silentInRow + 1 : 0;
    if (sinceCheckpoint >= CHECKPOINT_EVERY || silentInRow >= MAX_SILENT) {
      yield { kind: 'checkpoint', cursor: frontier.toCursor() };
      sinceCheckpoint = 0;
    }
    if (silentInRow >= MAX_SILENT) throw siteAway(visit.id);
  }
}

/** C9: a run is never green with nothing collected after an error. */
function refuseNothing({ result }: Frontier): void {
  const { anyOk, firstFailure } = result;
  if (anyOk || firstFailure === undefined) return;
  const name = isFailureName(firstFailure.failure) ? firstFailure.failure : 'SourceUnavailable';
  throw failure(name, `No page could be read. ${firstFailure.detail}`);
}

function listing({ hidden }: Frontier): ReadMessage<CrawlCursor> {
  return hidden.length === 0
    ? { kind: 'listing', complete: true }
    : { kind: 'listing', complete: false, why: hidden.slice(0, 3).join(' ') };
}

function longDelay(id: string, waitMs: number): Error {
  return failure(
    'RateLimited',
    `"${new URL(id).host}" asks for ${Math.ceil(waitMs / 1000)} seconds between two requests. The next attempt honours that.`,
    { retryAfterMs: waitMs },
  );
}

function siteAway(id: string): Error {
  return failure(
    'SourceUnavailable',
    `"${new URL(id).host}" did not answer ${MAX_SILENT} times in a row. The next attempt goes on where this one stopped.`,
  );
}

const CHECKPOINT_EVERY = 20;
const MAX_SILENT = 10;
/** Longer waits are the workflow's: they cost no worker. */
const LONGEST_WAIT_MS = 60_000;
/** Seeds and sitemap pages without following: the list travels in the cursor, which must stay small. */
const MAX_LISTED_PAGES = 2_000;
