import { expandExtraction } from '../../../adapters/extraction/spec.ts';
import { failure } from '../../../workflows/failures.ts';
import type { ReadMessage, SourceEnv } from '../contract.ts';
import type { BrowserConfig } from './config.ts';
import { createFrontier, type Frontier, type Visit } from './frontier.ts';
import { pageId } from './page-id.ts';
import { readPage, type DocumentMessage, type PageReading } from './page-messages.ts';
import { honourRateLimit, visitFailure } from './visit-failure.ts';
import { createVisitor, type Visitor } from './visit.ts';

/** How far a run has come through its list of addresses. Of another run it says nothing: a listing must see everything again. */
export interface BrowserCursor {
  /** `env.startedAt` of the run, ISO 8601. */
  readonly run: string;
  /** Addresses that are done. */
  readonly done: number;
}

/**
 * Renders the named addresses and what they link to within the scope. A plain list of addresses resumes behind the last one that was
 * done; a crawl begins again, since what it still has to visit is known only from the pages that it has seen.
 */
export async function* readBrowser(
  config: BrowserConfig,
  from: BrowserCursor | null,
  env: SourceEnv,
): AsyncIterable<ReadMessage<BrowserCursor>> {
  const visitor = await createVisitor(config, env);
  const run = startRun(config, visitor, env);
  const done = from?.run === env.startedAt.toISOString() ? from.done : 0;
  try {
    for (let visit = skip(run.frontier, done); visit !== undefined; visit = run.frontier.take()) {
      yield* readVisit(visit, run);
      run.visited += 1;
      if (config.follow === undefined) yield checkpoint(run, done);
    }
    // The next run begins from the start, also when this one ends with a failure.
    yield { kind: 'checkpoint', cursor: null };
    refuseNothing(run);
    yield listing(run);
  } finally {
    await visitor.close();
  }
}

interface Run {
  readonly config: BrowserConfig;
  readonly visitor: Visitor;
  readonly env: SourceEnv;
  readonly frontier: Frontier;
  /** Ids of all records of lists. */
  readonly recordIds: Set<string>;
  visited: number;
  documents: number;
  /** Pages that could not be read, so that what they link to is unknown. */
  unread: number;
  unavailableInARow: number;
  answered: boolean;
  firstUnavailable?: unknown;
  firstMissing?: string;
}

function startRun(config: BrowserConfig, visitor: Visitor, env: SourceEnv): Run {
  return {
    config,
    visitor,
    env,
    frontier: createFrontier(config),
    recordIds: new Set(),
    visited: 0,
    documents: 0,
    unread: 0,
    unavailableInARow: 0,
    answered: false,
  };
}

function skip(frontier: Frontier, done: number): Visit | undefined {
  for (let count = 0; count < done; count += 1) frontier.take();
  return frontier.take();
}

function checkpoint({ env, visited }: Run, done: number): ReadMessage<BrowserCursor> {
  return {
    kind: 'checkpoint',
    cursor: { run: env.startedAt.toISOString(), done: done + visited },
  };
}

/** One address: a page, or a list with all of its pages. */
async function* readVisit(visit: Visit, run: Run): AsyncIterable<ReadMessage<BrowserCursor>> {
  let address: string | undefined = visit.url;
  const pages = new Set<string>();
  while (address !== undefined && pages.size < pageLimit(run.config)) {
    pages.add(address);
    const reading: PageReading = await readAddress(address, visit, run);
    for (const message of reading.messages) {
      if (count(message, run)) yield message;
    }
    const next = reading.next === undefined ? undefined : pageId(reading.next);
    // A list that leads back, or away to another host, is at its end.
    address = next === undefined || pages.has(next) || !sameHost(next, visit) ? undefined : next;
  }
  if (address !== undefined) run.unread += 1;
}

function pageLimit({ extract }: BrowserConfig): number {
  return extract?.next?.maxPages ?? 1;
}

function sameHost(url: string, visit: Visit): boolean {
  return new URL(url).host === new URL(visit.url).host;
}

async function readAddress(address: string, visit: Visit, run: Run): Promise<PageReading> {
  const { config, env, frontier } = run;
  try {
    const page = await run.visitor.visit(address);
    honourRateLimit(page, new Date());
    run.unavailableInARow = 0;
    run.answered = true;
    const landed = pageId(page.url) ?? address;
    if (landed !== address && isElsewhere(landed, visit, run)) return NOTHING;
    const reading = readPage(page, {
      id: landed,
      asked: address,
      listId: visit.id,
      ...(config.extract === undefined
        ? {}
        : { spec: expandExtraction(env.sourceId, config.extract) }),
    });
    frontier.add(reading.links, visit);
    return reading;
  } catch (error) {
    return { messages: failedVisit(error, visit, run), links: [] };
  }
}

const NOTHING: PageReading = { messages: [], links: [] };

/** A redirect to a page that is visited anyway, or out of the scope of a crawl. */
function isElsewhere(landed: string, visit: Visit, { config, frontier, env }: Run): boolean {
  const away = visit.depth > 0 && config.follow?.sameHost === true && !sameHost(landed, visit);
  if (away) env.log.debug('skipped a redirect to another host', { url: visit.url, landed });
  return away || frontier.sawAlready(landed);
}

function failedVisit(error: unknown, visit: Visit, run: Run): readonly DocumentMessage[] {
  const found = visitFailure(error, visit, run.env);
  if (found.kind === 'read') throw found.error;
  if (found.kind === 'skipped') {
    run.env.log.debug('skipped a link', { url: visit.url, why: found.detail });
    return [];
  }
  run.unread += 1;
  if (found.failure === 'SourceUnavailable') {
    run.firstUnavailable ??= error;
    run.unavailableInARow += 1;
    if (run.unavailableInARow >= MAX_UNAVAILABLE_IN_A_ROW) throw error;
  }
  return [{ kind: 'failed', id: visit.id, failure: found.failure, detail: found.detail }];
}

/** Keeps the books of the run. False: a record whose id came before; a list that grows while it is read repeats some. */
function count(message: DocumentMessage, run: Run): boolean {
  if (message.kind === 'failed') {
    if (message.failure === 'SelectorMissing') run.firstMissing ??= message.detail;
    if (run.config.extract?.records !== undefined) run.unread += 1;
  }
  if (message.kind !== 'document') return true;
  run.documents += 1;
  if (run.config.extract?.records === undefined) return true;
  if (run.recordIds.has(message.document.id)) return false;
  run.recordIds.add(message.document.id);
  return true;
}

/** A field that is missing everywhere, or a site that answered nothing, is a failure of the source and not of its pages. */
function refuseNothing(run: Run): void {
  if (run.documents > 0) return;
  if (run.firstMissing !== undefined) throw failure('SelectorMissing', run.firstMissing);
  if (!run.answered && run.firstUnavailable !== undefined) throw run.firstUnavailable;
}

function listing({ frontier, unread, config }: Run): ReadMessage<never> {
  const { leftOut } = frontier;
  if (leftOut > 0) {
    const why = `${leftOut} known pages were left out by follow.maxPages (${config.follow?.maxPages ?? 0})`;
    return { kind: 'listing', complete: false, why };
  }
  // What a plain list of addresses names is known without reading it.
  const opens = config.follow !== undefined || config.extract?.records !== undefined;
  if (opens && unread > 0) {
    const why = `${unread} pages could not be read, so what they list is unknown`;
    return { kind: 'listing', complete: false, why };
  }
  return { kind: 'listing', complete: true };
}

/** Sources §12.2. */
const MAX_UNAVAILABLE_IN_A_ROW = 5;
