import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { meaningOf } from '../../../adapters/net/http-status.ts';
import type { NetResponse } from '../../../adapters/net/net.ts';
import { retryAfterMs } from '../../../adapters/net/retry-after.ts';
import { failure, isFailureName, type FailureName } from '../../../workflows/failures.ts';
import type { KnownDocument, ReadMessage } from '../contract.ts';
import type { Frontier, Visit } from './frontier.ts';
import { readPage, type PageReading } from './page.ts';
import type { Session } from './session.ts';
import { isVariant, pageId } from './urls.ts';

export type Visited =
  | {
      readonly kind: 'done';
      readonly messages: readonly ReadMessage<never>[];
      readonly transient?: boolean;
    }
  /** The site asks to wait; the page is first in the frontier again. */
  | { readonly kind: 'wait'; readonly failure: ApplicationFailure };

/** Visits one page: what it says becomes messages, where it leads goes into the frontier. Throws only what is no failure of a page. */
export async function visitPage(
  session: Session,
  frontier: Frontier,
  visit: Visit,
): Promise<Visited> {
  const known = (await session.env.known([visit.id])).get(visit.id);
  try {
    return await fetchAndRead({ session, frontier, visit, known });
  } catch (error) {
    session.env.signal.throwIfAborted();
    if (
      !(error instanceof ApplicationFailure) ||
      !isFailureName(error.type) ||
      error.type === 'Defect'
    )
      throw error;
    return onFailure({ session, frontier, visit, known }, error.type, error);
  }
}

interface Step {
  readonly session: Session;
  readonly frontier: Frontier;
  readonly visit: Visit;
  readonly known: KnownDocument | undefined;
}

async function fetchAndRead(step: Step): Promise<Visited> {
  const { session, frontier, visit, known } = step;
  if (!(await session.allows(visit.id))) return leftOut(step, 'robots.txt disallows it');
  const response = await session.fetch(visit.id, maySkip(step) ? known : undefined);
  const id = pageId(response.url, session.config) ?? visit.id;
  const elsewhere = id === visit.id ? undefined : await whyNotThere(session, id);
  if (elsewhere !== undefined) return leftOut(step, elsewhere);
  // Somebody else's page, which had its own turn.
  return id !== visit.id && frontier.wasVisited(id) ? done() : onAnswer(step, id, response);
}

/** Why the page that another one redirects to is none of ours. */
async function whyNotThere(session: Session, id: string): Promise<string | undefined> {
  const excludedBy = session.scope.excludedBy(id);
  if (excludedBy === 'host') return `it redirects to host "${new URL(id).host}"`;
  if (excludedBy !== undefined) return 'it redirects to a page out of scope';
  const allowed = await session.allows(id);
  return allowed ? undefined : 'it redirects to a page that robots.txt disallows';
}

async function onAnswer(step: Step, id: string, response: NetResponse): Promise<Visited> {
  const { session, frontier, visit } = step;
  const { config, env } = session;
  const waitMs = retryAfterMs(response.headers['retry-after'], new Date());
  const credentials = config.headers !== undefined && session.scope.isSeedHost(id);
  const meaning = meaningOf(response.status, { credentials, retryAfter: waitMs !== undefined });
  if (meaning.kind === 'gone') return onGone(step, meaning.why);
  if (meaning.kind === 'failed') {
    const options = waitMs === undefined ? {} : { retryAfterMs: waitMs };
    throw failure(meaning.failure, statusSentence(visit.id, response, waitMs), options);
  }
  if (meaning.kind === 'ok') {
    return onPage(step, id, await readPage(response, { id, asked: visit.id, config, env }));
  }
  frontier.claim(id);
  frontier.noteOk();
  return done({ kind: 'seen', id });
}

/**
 * A page that is not read again hides its links, and the records of a list. And once in about seven runs it is read anyway, so that a
 * site whose validators lie cannot freeze a document (B11); the draw is the same in every attempt of a run.
 */
function maySkip({ session, visit }: Step): boolean {
  const { config, env } = session;
  if (followsFrom(session, visit.depth) || config.extract?.records !== undefined) return false;
  const draw = createHash('sha256').update(`${visit.id} ${env.startedAt.toISOString()}`).digest();
  return draw.readUInt8(0) % 7 !== 0;
}

function followsFrom({ config }: Session, depth: number): boolean {
  return config.sitemap !== 'only' && config.follow !== undefined && depth < config.follow.maxDepth;
}

function onPage({ session, frontier, visit }: Step, id: string, page: PageReading): Visited {
  if (page.canonical !== undefined && isAlias(session, id, page.canonical)) {
    if (frontier.isThere(page.canonical)) return done();
    // Read first what it is a view of: only if that is there may this one go without a document.
    if (frontier.putBefore(page.canonical, visit)) return done();
  }
  frontier.claim(id);
  frontier.noteOk();
  if (page.skipped !== undefined)
    session.env.log.debug('left a page out', { id, because: page.skipped });
  if (page.skipped === 'content type' && session.scope.isSeed(visit.id)) {
    throw failure(
      'InvalidDocument',
      `"${placeOf(id)}" is of a content type that is not collected. Name pages, text, PDF or Office files in "urls".`,
    );
  }
  if (followsFrom(session, visit.depth)) addLinks(session, frontier, visit.depth, page.links);
  return done(...page.documents.map((document) => ({ kind: 'document', document }) as const));
}

function isAlias({ scope }: Session, id: string, canonical: string): boolean {
  return isVariant(id, canonical) && scope.excludedBy(canonical) === undefined;
}

function addLinks(
  { scope, config }: Session,
  frontier: Frontier,
  depth: number,
  links: readonly string[],
): void {
  for (const link of links) {
    const id = pageId(link, config);
    if (id === undefined || ASSET.test(new URL(id).pathname)) continue;
    if (scope.excludedBy(id) === undefined) frontier.add(id, depth + 1);
  }
}

/** Never documents: asking for them would only cost their site. */
const ASSET =
  /\.(?:avif|bmp|bz2|css|dmg|eot|exe|gif|gz|ico|iso|jar|jpe?g|js|m4a|m4v|map|mjs|mov|mp3|mp4|ogg|otf|png|rar|svg|tar|tgz|tiff?|ttf|wav|webm|webp|wasm|woff2?|xz|zip|7z)$/i;

/** Not asked for, or not ours. A seed or a stored document must not vanish silently for it. */
function leftOut(step: Step, because: string): Visited {
  const { session, frontier, visit, known } = step;
  frontier.noteAbsent(visit.id);
  if (!session.scope.isSeed(visit.id) && known === undefined) {
    session.env.log.debug('left a page out', { id: visit.id, because });
    return done();
  }
  const remedy = because.startsWith('robots')
    ? 'Ask the owner of the site for access'
    : 'If the site moved, name the new address in "urls"';
  throw failure('Blocked', `"${placeOf(visit.id)}" was not read: ${because}. ${remedy}.`);
}

function onGone({ session, frontier, visit }: Step, why: string): Visited {
  frontier.noteAbsent(visit.id);
  if (session.scope.isSeed(visit.id)) {
    frontier.noteFailure('NotFound', `"${placeOf(visit.id)}" is not there. ${why} Mend "urls".`);
    if (session.config.follow !== undefined)
      frontier.hide(`The seed "${placeOf(visit.id)}" is gone, and with it all links from it.`);
  }
  return done({ kind: 'gone', id: visit.id, why });
}

function onFailure(
  { session, frontier, visit, known }: Step,
  name: FailureName,
  error: ApplicationFailure,
): Visited {
  const once = { ...visit, tries: visit.tries + 1 };
  if (name === 'RateLimited' && visit.tries < MAX_WAITS) {
    frontier.again(once, 'front');
    return { kind: 'wait', failure: error };
  }
  const transient = name === 'SourceUnavailable';
  if (transient && visit.tries === 0) {
    frontier.again(once, 'end');
    return { kind: 'done', messages: [], transient };
  }
  frontier.noteAbsent(visit.id);
  frontier.noteFailure(name, error.message);
  const couldLead = followsFrom(session, visit.depth);
  // A page that never was a document led to none; but what is only away for now may be new.
  if (couldLead && (transient || known !== undefined || session.scope.isSeed(visit.id))) {
    frontier.hide(`"${placeOf(visit.id)}" could not be read (${name}), so its links are unknown.`);
  }
  return {
    kind: 'done',
    messages: [{ kind: 'failed', id: visit.id, failure: name, detail: error.message }],
    transient,
  };
}

/** A page that answers 429 after so many waits answers it to us alone. */
const MAX_WAITS = 3;

function statusSentence(
  id: string,
  { status, headers }: NetResponse,
  waitMs: number | undefined,
): string {
  const place = placeOf(id);
  switch (status) {
    case 401:
      return `"${place}" answered 401. Add credentials to "headers", or renew the secret there; the next run reads it again.`;
    case 403:
      return `"${place}" answered 403${headers['server'] ? ` (server "${headers['server'].slice(0, 40)}")` : ''}. Ask its owner for access; Wellspring does not work around a refusal.`;
    case 429:
      return `"${new URL(id).host}" answered 429${waitMs === undefined ? '' : ` and asks to wait ${Math.ceil(waitMs / 1000)} seconds`}. The next attempt honours that.`;
    default:
      return waitMs === undefined
        ? `"${place}" answered ${status}. ${status >= 500 ? 'The next run asks again.' : 'Exclude it, or ask its owner.'}`
        : `"${place}" answered ${status} and asks to wait ${Math.ceil(waitMs / 1000)} seconds. The next attempt honours that.`;
  }
}

function done(...messages: readonly ReadMessage<never>[]): Visited {
  return { kind: 'done', messages };
}

/** For sentences: a query may hold a token. */
function placeOf(url: string): string {
  return url.split('?')[0] ?? url;
}
