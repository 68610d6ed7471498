import { expandExtraction } from '../../../adapters/extraction/spec.ts';
import type { ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import { failure, isFailureName } from '../../../workflows/failures.ts';
import type { ReadMessage, SourceEnv } from '../contract.ts';
import { createFrontier, type CrawlCursor, type Frontier, type Visit } from '../http/frontier.ts';
import { pageId } from '../http/urls.ts';
import type { BrowserConfig } from './config.ts';
import { readPage, type DocumentMessage, type PageReading } from './page-messages.ts';
import { refuseTransient, visitFailure } from './visit-failure.ts';
import { createVisitor, type Visitor } from './visit.ts';

/**
 * Renders the named addresses and what they link to within the scope, breadth first. Each checkpoint holds the whole frontier.
 * @throws RateLimited - the host asks to wait; the last checkpoint begins with the page that was refused.
 * @throws SourceUnavailable - the site did not answer five times in a row.
 * @throws SelectorMissing, any name - no page at all gave a document, for this reason.
 */
export async function* readBrowser(
  config: BrowserConfig,
  from: CrawlCursor | null,
  env: SourceEnv,
): AsyncGenerator<ReadMessage<CrawlCursor>> {
  env.signal.throwIfAborted();
  const visitor = await createVisitor(config, env);
  try {
    const run = startRun({ config, visitor, env, from });
    for (let visit = run.frontier.next(); visit !== undefined; visit = run.frontier.next()) {
      const held = yield* readVisit(visit, run);
      yield { kind: 'checkpoint', cursor: run.frontier.toCursor() };
      if (held !== undefined) throw held;
    }
    // The next run begins from the start, also when this one ends with a failure.
    yield { kind: 'checkpoint', cursor: null };
    refuseNothing(run.frontier);
    yield listing(run.frontier);
  } finally {
    await visitor.close();
  }
}

interface Run {
  readonly config: BrowserConfig;
  readonly spec?: ExtractionSpec;
  readonly visitor: Visitor;
  readonly env: SourceEnv;
  readonly frontier: Frontier;
  /** Ids of the records of lists: a list that grows while it is read repeats some. */
  readonly recordIds: Set<string>;
  silentInARow: number;
}

function startRun({
  from,
  ...given
}: Pick<Run, 'config' | 'visitor' | 'env'> & { readonly from: CrawlCursor | null }): Run {
  const { config, env } = given;
  const maxPages = config.follow?.maxPages ?? config.urls.length;
  const frontier = createFrontier({ maxPages }, from);
  if (from === null) for (const url of config.urls) frontier.add(pageId(url, config) ?? url, 0);
  return {
    ...given,
    frontier,
    recordIds: new Set(),
    silentInARow: 0,
    ...(config.extract === undefined
      ? {}
      : { spec: expandExtraction(env.sourceId, config.extract) }),
  };
}

/** One address: a page, or a list with all of its pages. Returns the error that ends the read behind the next checkpoint. */
async function* readVisit(
  visit: Visit,
  run: Run,
): AsyncGenerator<ReadMessage<CrawlCursor>, unknown> {
  let address: string | undefined = visit.id;
  const pages = new Set<string>();
  try {
    while (address !== undefined && pages.size < (run.config.extract?.next?.maxPages ?? 1)) {
      pages.add(address);
      const reading: PageReading = await readAddress(address, visit, run);
      yield* note(reading.messages, visit, run);
      address = following(reading.next, pages, run);
    }
  } catch (error) {
    return yield* failedVisit(error, visit, run);
  }
  if (address !== undefined) {
    run.frontier.hide(`"${placeOf(visit.id)}" has more pages than "extract.next.maxPages".`);
  }
  return undefined;
}

/** A list that leads back, or out of the source, is at its end. */
function following(
  next: string | undefined,
  pages: ReadonlySet<string>,
  { config, visitor }: Run,
): string | undefined {
  const id = next === undefined ? undefined : pageId(next, config);
  if (id === undefined || pages.has(id)) return undefined;
  return visitor.scope.excludedBy(id) === undefined ? id : undefined;
}

async function readAddress(address: string, visit: Visit, run: Run): Promise<PageReading> {
  const { visitor, frontier, config } = run;
  if (!(await visitor.allows(address))) return leftOut(visit, 'robots.txt disallows it', run);
  const waitMs = visitor.waitMs(address);
  if (waitMs > LONGEST_WAIT_MS) throw longDelay(address, waitMs);
  const page = await visitor.render(address);
  refuseTransient(page, new Date());
  run.silentInARow = 0;
  const landed = pageId(page.url, config) ?? address;
  if (landed !== address) {
    const because = await elsewhere(landed, visitor);
    if (because !== undefined) return leftOut(visit, because, run);
    // Somebody else's page, which had its turn.
    if (frontier.wasVisited(landed)) return NOTHING;
    frontier.claim(landed);
  }
  const { spec } = run;
  const task = { id: landed, asked: address, listId: visit.id, ...(spec ? { spec } : {}) };
  const reading = readPage(page, task);
  addLinks(reading.links, visit, run);
  return reading;
}

const NOTHING: PageReading = { messages: [], links: [] };

async function elsewhere(landed: string, visitor: Visitor): Promise<string | undefined> {
  const excluded = visitor.scope.excludedBy(landed);
  if (excluded === 'host') return `it redirects to host "${new URL(landed).host}"`;
  if (excluded !== undefined) return 'it redirects to a page out of scope';
  return (await visitor.allows(landed))
    ? undefined
    : 'it redirects to a page that robots.txt disallows';
}

/** A page that a person named, or that is stored, must not vanish silently. */
async function leftOut(visit: Visit, because: string, run: Run): Promise<PageReading> {
  const { env, visitor } = run;
  const isKnown = visitor.scope.isSeed(visit.id) || (await env.known([visit.id])).has(visit.id);
  if (!isKnown) {
    env.log.debug('left a page out', { id: visit.id, because });
    return NOTHING;
  }
  const remedy = because.startsWith('robots')
    ? 'Ask the owner of the site for access'
    : 'If the site moved, name the new address in "urls"';
  throw failure('Blocked', `"${placeOf(visit.id)}" was not read: ${because}. ${remedy}.`);
}

function addLinks(links: readonly string[], visit: Visit, run: Run): void {
  const { config, visitor, frontier } = run;
  if (!leadsOn(visit, run)) return;
  for (const link of links) {
    const id = pageId(link, config);
    if (id !== undefined && visitor.scope.excludedBy(id) === undefined) {
      frontier.add(id, visit.depth + 1);
    }
  }
}

function leadsOn(visit: Visit, { config }: Run): boolean {
  return config.follow !== undefined && visit.depth < config.follow.maxDepth;
}

/** Keeps the books of the crawl and passes on what is new. */
function* note(
  messages: readonly DocumentMessage[],
  visit: Visit,
  run: Run,
): Generator<DocumentMessage> {
  if (messages.length === 0) run.frontier.noteOk();
  for (const message of messages) {
    if (message.kind === 'document') run.frontier.noteOk();
    else noteLoss(message, visit, run);
    if (message.kind !== 'document' || run.spec?.records === undefined) yield message;
    else if (!run.recordIds.has(message.document.id)) {
      run.recordIds.add(message.document.id);
      yield message;
    }
  }
}

function noteLoss(
  message: Exclude<DocumentMessage, { kind: 'document' }>,
  visit: Visit,
  run: Run,
): void {
  const { frontier, visitor, spec } = run;
  const isSeed = visitor.scope.isSeed(visit.id);
  if (message.kind === 'gone') {
    if (!isSeed) return;
    const detail = `"${placeOf(visit.id)}" is not there. ${message.why} Mend "urls".`;
    frontier.noteFailure('NotFound', detail);
    if (leadsOn(visit, run) || spec?.records !== undefined) frontier.hide(detail);
    return;
  }
  frontier.noteFailure(message.failure, message.detail);
  // Without its list, nobody knows which records are still there.
  if (spec?.records !== undefined) frontier.hide(`Records of "${placeOf(visit.id)}" failed.`);
}

async function* failedVisit(
  error: unknown,
  visit: Visit,
  run: Run,
): AsyncGenerator<ReadMessage<CrawlCursor>, unknown> {
  const found = visitFailure(error, visit, run.env);
  const { frontier } = run;
  if (found.kind === 'read') throw error;
  if (found.kind === 'skipped') {
    run.env.log.debug('left a page out', { id: visit.id, because: found.detail });
    return undefined;
  }
  if (found.kind === 'wait') {
    frontier.again({ ...visit, tries: visit.tries + 1 }, 'front');
    return found.error;
  }
  if (found.kind === 'again') frontier.again({ ...visit, tries: visit.tries + 1 }, 'end');
  else yield failedPage(found, visit, run);
  const isSilent = found.kind === 'again' || found.failure === 'SourceUnavailable';
  run.silentInARow = isSilent ? run.silentInARow + 1 : 0;
  return run.silentInARow >= MAX_SILENT_IN_A_ROW ? error : undefined;
}

function failedPage(
  { failure: name, detail }: Extract<ReturnType<typeof visitFailure>, { kind: 'page' }>,
  visit: Visit,
  run: Run,
): DocumentMessage {
  run.frontier.noteFailure(name, detail);
  if (leadsOn(visit, run) || run.spec?.records !== undefined) {
    run.frontier.hide(`"${placeOf(visit.id)}" could not be read (${name}).`);
  }
  return { kind: 'failed', id: visit.id, failure: name, detail };
}

/** A field that is missing everywhere, or a site that answered nothing, is a failure of the source and not of its pages. */
function refuseNothing({ result }: Frontier): void {
  const { anyOk, firstFailure } = result;
  if (anyOk || firstFailure === undefined) return;
  const name = isFailureName(firstFailure.failure) ? firstFailure.failure : 'SourceUnavailable';
  throw failure(name, firstFailure.detail);
}

function listing({ hidden }: Frontier): ReadMessage<CrawlCursor> {
  return hidden.length === 0
    ? { kind: 'listing', complete: true }
    : { kind: 'listing', complete: false, why: hidden.slice(0, 3).join(' ') };
}

function longDelay(address: string, waitMs: number): Error {
  return failure(
    'RateLimited',
    `"${new URL(address).host}" asks for ${Math.ceil(waitMs / 1000)} seconds between two requests. The next attempt honours that.`,
    { retryAfterMs: waitMs },
  );
}

/** For sentences: a query may hold a token. */
function placeOf(url: string): string {
  return url.split('?')[0] ?? url;
}

/** Longer waits are the workflow's: they cost no worker. */
const LONGEST_WAIT_MS = 60_000;
/** Sources §12.2. */
const MAX_SILENT_IN_A_ROW = 5;
