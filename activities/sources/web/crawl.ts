import { failure, isFailureName } from '../../../workflows/failures.ts';
import type { AgainMessage, ReadMessage } from '../contract.ts';
import type { CrawlCursor } from './crawl-cursor.ts';
import { openCrawlLog } from './crawl-log.ts';
import { createFetchAhead } from './fetch-ahead.ts';
import type { Frontier } from './frontier.ts';
import { leftOutSentence } from './left-out.ts';
import { pageId } from './page-id.ts';
import type { Session } from './session.ts';
import { MAX_PAGES } from './site-config.ts';
import type { Crawl } from './step.ts';
import { visitPage } from './visit.ts';

/**
 * Reads a site page by page, breadth first, at the pace that its host asks for. Each checkpoint names the whole frontier, which lies in
 * the store of crawls; the last one is `null`, also when nothing could be read. `fill` says where a crawl begins: default, the seeds.
 * @throws RateLimited - the host asks to wait; the last checkpoint begins with the page that was refused.
 * @throws SourceUnavailable - ten pages in a row did not answer. @throws any name - no page at all could be read, for this reason.
 */
export async function* crawl(
  session: Session,
  from: CrawlCursor | null,
  fill: (frontier: Frontier) => Promise<void> | void = (frontier) => addSeeds(session, frontier),
): AsyncGenerator<ReadMessage<CrawlCursor>> {
  const maxPages = session.config.follow?.maxPages ?? MAX_PAGES;
  const log = await openCrawlLog(session.env, from, { maxPages });
  const { frontier } = log;
  if (log.isNew) await fill(frontier);
  const ahead = createFetchAhead(session, frontier);
  yield* visitAll({ session, frontier, log, ahead, recentRecords: new Set() });
  // Before a refusal too: the next run must begin anew, not resume on an empty frontier.
  yield { kind: 'checkpoint', cursor: log.end() };
  refuseNothing(frontier);
  yield listing(frontier);
}

/**
 * Visits these pages alone and follows nothing; what the scope leaves out by now is passed over. Of lists nothing is read alone: their
 * records move from page to page. Throws as `crawl` does, but that no page could be read is said of each.
 */
export async function* crawlAgain(
  session: Session,
  ids: readonly string[],
): AsyncGenerator<AgainMessage> {
  const { config, scope } = session;
  if (config.extract?.records !== undefined) return;
  // Each may be a view of another page, which is looked at first.
  const log = await openCrawlLog(session.env, null, { maxPages: 2 * ids.length });
  const { frontier } = log;
  for (const id of ids)
    if (URL.canParse(id) && (scope.isSeed(id) || scope.excludedBy(id) === undefined))
      frontier.add(id, 0);
  const alone = { ...session, maxDepth: 0 };
  const ahead = createFetchAhead(alone, frontier);
  const state = { session: alone, frontier, log, ahead, recentRecords: new Set<string>() };
  for await (const one of visitAll(state))
    if (one.kind === 'document' || one.kind === 'failed' || one.kind === 'gone') yield one;
}

export function addSeeds({ config }: Session, frontier: Frontier): void {
  for (const url of config.urls) frontier.add(pageId(url, config) ?? url, 0);
}

async function* visitAll(state: Crawl): AsyncGenerator<ReadMessage<CrawlCursor>> {
  const { session, frontier, log } = state;
  let sinceCheckpoint = 0;
  let silentInRow = 0;
  for (let visit = frontier.next(); visit !== undefined; visit = frontier.next()) {
    const visited = await visitPage(state, visit);
    if (visited.kind === 'wait') {
      yield { kind: 'checkpoint', cursor: log.checkpoint() };
      throw visited.failure;
    }
    yield* visited.messages;
    sinceCheckpoint += 1;
    silentInRow = visited.transient === true ? silentInRow + 1 : 0;
    if (sinceCheckpoint >= session.pagesPerCheckpoint || silentInRow >= MAX_SILENT) {
      yield { kind: 'checkpoint', cursor: log.checkpoint() };
      sinceCheckpoint = 0;
    }
    if (silentInRow >= MAX_SILENT) throw siteAway(visit.id);
  }
}

/** C9: a run is never green with nothing collected after an error. What is missing everywhere is a failure of the source. */
function refuseNothing({ result }: Frontier): void {
  const { anyOk, firstFailure } = result;
  if (anyOk || firstFailure === undefined) return;
  const name = isFailureName(firstFailure.failure) ? firstFailure.failure : 'SourceUnavailable';
  throw failure(name, firstFailure.detail);
}

/** What the bounds of the configuration leave out is named even where the listing is complete: nobody would look for it. */
function listing(frontier: Frontier): ReadMessage<CrawlCursor> {
  const { hidden } = frontier;
  const leftOut = leftOutSentence(frontier.toNotes().leftOut);
  const why = [...hidden.slice(0, 3), ...(leftOut === undefined ? [] : [leftOut])].join(' ');
  return { kind: 'listing', complete: hidden.length === 0, ...(why === '' ? {} : { why }) };
}

function siteAway(id: string): Error {
  return failure(
    'SourceUnavailable',
    `"${new URL(id).host}" did not answer ${MAX_SILENT} times in a row. The next attempt goes on where this one stopped.`,
  );
}

const MAX_SILENT = 10;
