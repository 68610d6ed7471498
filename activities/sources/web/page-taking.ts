import { failure } from '../../../workflows/failures.ts';
import { textHash } from './crawl-log.ts';
import { isVariant, pageId, placeOf } from './page-id.ts';
import type { Answer, DocumentMessage, PageReading, Session } from './session.ts';
import type { Step } from './step.ts';

/** Takes what a page holds: its messages, and into the frontier where it leads. @throws InvalidDocument - a seed of no use. */
export function takePage(
  step: Step,
  id: string,
  page: PageReading,
  answer: Pick<Answer, 'headers'>,
): readonly DocumentMessage[] {
  const { session, frontier, log, visit } = step;
  if (isView(step, id, page.canonical)) {
    const detail = `It is a view of "${placeOf(page.canonical ?? '')}".`;
    log.note({ url: id, kind: 'not read', reason: 'view', detail });
    return [];
  }
  frontier.claim(id);
  const links = linksOf(step, page.links);
  noteReading(step, id, { page, links, headers: answer.headers });
  if (page.skipped !== undefined)
    session.env.log.debug('left a page out', { id, because: page.skipped });
  if (page.skipped === 'content type' && session.scope.isSeed(visit.id)) {
    throw failure(
      'InvalidDocument',
      `"${placeOf(id)}" is of a content type that is not collected. Name pages, text, PDF or Office files in "urls".`,
    );
  }
  addNext(step, page.next);
  followLinks(step, links);
  return noted(step, page.messages);
}

/** Adds where a page leads; what lies deeper than the configuration wants is counted instead. */
export function followLinks({ session, frontier, visit }: Step, links: readonly string[]): void {
  for (const id of links) {
    if (visit.depth < session.maxDepth) frontier.add(id, visit.depth + 1);
    else if (session.config.follow !== undefined) frontier.leaveOut(id, 'depth');
  }
}

interface Reading {
  readonly page: PageReading;
  readonly links: readonly string[];
  readonly headers: Answer['headers'];
}

/** What the next run has to know, to skip the page if it is unchanged, and people who ask about it. */
function noteReading(
  { frontier, log, visit }: Step,
  id: string,
  { page, links, headers }: Reading,
): void {
  const text = textOf(page);
  const hash = text === undefined ? undefined : textHash(text);
  if (hash !== undefined) frontier.noteText(id, hash);
  const tooMany = links.reduce((total, link) => total + link.length + 1, 0) > MAX_LINK_CHARACTERS;
  const { etag, 'last-modified': lastModified } = headers;
  log.note({
    url: id,
    kind: 'read',
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(hash === undefined ? {} : { textHash: hash }),
    ...(tooMany ? {} : { links }),
    ...(visit.lastmod === undefined ? {} : { sitemapLastmod: visit.lastmod }),
    ...(page.skipped === undefined ? {} : { reason: page.skipped }),
  });
}

/** Of a page that is one document; records of a list are no text of the page. */
function textOf({ messages: [first, ...others] }: PageReading): string | undefined {
  if (first?.kind !== 'document' || others.length > 0) return undefined;
  const { body } = first.document;
  return body.kind === 'file' ? undefined : body.text;
}

/** Beyond it a page is read in each run: what it leads to would weigh more than the page. */
const MAX_LINK_CHARACTERS = 100_000;

/** Is the page a view of another one that is there? If that has not been read yet, it is read first. */
function isView({ session, frontier, visit }: Step, id: string, canonical?: string): boolean {
  // Pages of a list like to name its first page, which holds other records.
  if (canonical === undefined || visit.list !== undefined) return false;
  if (!isVariant(id, canonical) || session.scope.excludedBy(canonical) !== undefined) return false;
  // Only if it is there may this page go without a document.
  return frontier.isThere(canonical) || frontier.putBefore(canonical, visit);
}

/** The following page of a list, whatever "follow" says. One that leads back to where it was is at its end. */
function addNext({ session, frontier, visit }: Step, next: string | undefined): void {
  const { config, scope } = session;
  const id = next === undefined ? undefined : pageId(next, config);
  if (id === undefined || frontier.wasVisited(id)) return;
  const list = visit.list ?? { id: visit.id, page: 1 };
  const because = whyNotNext(id, list.page, session);
  if (because !== undefined) frontier.hide(`"${placeOf(list.id)}" ${because}`);
  else if (scope.excludedBy(id) !== 'exclude')
    frontier.addNext(id, visit.depth, { id: list.id, page: list.page + 1 });
}

function whyNotNext(id: string, page: number, { config, scope }: Session): string | undefined {
  if (page >= (config.extract?.next?.maxPages ?? 1)) {
    return 'has more pages than "extract.next.maxPages".';
  }
  if (scope.excludedBy(id) !== 'host') return undefined;
  return `goes on at host "${new URL(id).host}", which is out of scope.`;
}

/** The ids of its links within the scope, each once. */
function linksOf({ session }: Step, links: readonly string[]): readonly string[] {
  const known = judgedLinks(session);
  const ids = new Set<string>();
  for (const link of links) {
    const found = known.get(link);
    const id = found === undefined ? judge(session, link) : found;
    if (found === undefined) known.set(link, id);
    if (id !== null) ids.add(id);
  }
  if (known.size > MAX_JUDGED) known.clear();
  return [...ids];
}

/** The id of the page that a link leads to, or null if it is none of ours. */
function judge({ config, scope }: Session, link: string): string | null {
  const id = pageId(link, config);
  if (id === undefined || scope.excludedBy(id) !== undefined) return null;
  return ASSET.test(new URL(id).pathname) ? null : id;
}

/** The pages of a site share most of their links: each is judged once. */
function judgedLinks({ scope }: Session): Map<string, string | null> {
  const found = judged.get(scope) ?? new Map<string, string | null>();
  judged.set(scope, found);
  return found;
}

const judged = new WeakMap<Session['scope'], Map<string, string | null>>();
const MAX_JUDGED = 20_000;

/** Never documents: asking for them would only cost their site. */
const ASSET =
  /\.(?:avif|bmp|bz2|css|dmg|eot|exe|gif|gz|ico|iso|jar|jpe?g|js|m4a|m4v|map|mjs|mov|mp3|mp4|ogg|otf|png|rar|svg|tar|tgz|tiff?|ttf|wav|webm|webp|wasm|woff2?|xz|zip|7z)$/i;

/** Keeps the books of the crawl and gives what is new. */
function noted(step: Step, messages: readonly DocumentMessage[]): readonly DocumentMessage[] {
  const { frontier, session, visit } = step;
  if (messages.length === 0 || messages.some((one) => one.kind === 'document')) frontier.noteOk();
  for (const one of messages) {
    if (one.kind !== 'failed') continue;
    frontier.noteFailure(one.failure, one.detail);
    // With an id it counts as seen; without, nobody knows which stored record it is.
    if (one.id === undefined) frontier.hide(`Records of "${placeOf(visit.id)}" have no name.`);
  }
  return session.config.extract?.records === undefined
    ? messages
    : messages.filter((one) => isFresh(step, one));
}

function isFresh({ recentRecords }: Step, message: DocumentMessage): boolean {
  if (message.kind !== 'document') return true;
  const { id } = message.document;
  if (recentRecords.has(id)) return false;
  recentRecords.add(id);
  const [oldest] = recentRecords;
  if (recentRecords.size > MAX_RECENT && oldest !== undefined) recentRecords.delete(oldest);
  return true;
}

/** Lists shift by a few records while they are read, not by hundreds of pages. */
const MAX_RECENT = 20_000;
