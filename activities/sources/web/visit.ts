import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../../workflows/failures.ts';
import type { ReadMessage } from '../contract.ts';
import type { Visit } from './frontier.ts';
import { pageId, placeOf } from './page-id.ts';
import { followLinks, takePage } from './page-taking.ts';
import type { Asked } from './prepare-visit.ts';
import type { Answer, PageReading, Session } from './session.ts';
import { openSighting } from './sighting.ts';
import type { Crawl, Step } from './step.ts';
import { statusOf, visitFailure } from './visit-failure.ts';

export type Visited =
  | {
      readonly kind: 'done';
      readonly messages: readonly ReadMessage<never>[];
      readonly transient?: boolean;
    }
  /** The site asks to wait; the page is first in the frontier again. */
  | { readonly kind: 'wait'; readonly failure: ApplicationFailure };

/** Visits one page: what it says becomes messages, where it leads goes into the frontier. Throws only what is no failure of a page. */
export async function visitPage(crawl: Crawl, visit: Visit): Promise<Visited> {
  const { known, page, asked } = await crawl.ahead.take(visit);
  const sighting = openSighting(crawl.session, visit);
  const facts = { ...(known ? { known } : {}), ...(page ? { page } : {}) };
  const step: Step = { ...crawl, visit, sighting, ...facts };
  return attempt(step, visit.id, () => takeAnswer(step, asked));
}

/** `landed` is where the page is, after redirects. */
async function attempt(step: Step, landed: string, act: () => Promise<Visited>): Promise<Visited> {
  try {
    return await act();
  } catch (error) {
    step.session.env.signal.throwIfAborted();
    return onFailure(step, landed, error);
  }
}

async function takeAnswer(step: Step, asked: Asked): Promise<Visited> {
  const { session, frontier, visit } = step;
  const closed = session.scope.isSeed(visit.id) ? undefined : frontier.whyClosed(visit.id);
  if (closed !== undefined) return trapped(step, closed);
  if (asked.kind === 'failed') throw asked.error;
  if (asked.kind === 'disallowed') return leftOut(step, 'robots', 'robots.txt disallows it');
  if (asked.kind === 'unchanged') return unchanged(step, visit.id);
  const { answer, conditional } = asked;
  step.sighting.answered(answer);
  const id = pageId(answer.url, session.config) ?? visit.id;
  noteAnswer(step, id, answer);
  // A page that names this address as its own must not go without a document for it.
  if (id !== visit.id) frontier.noteAbsent(visit.id);
  const elsewhere = id === visit.id ? undefined : await whyNotThere(session, id);
  if (elsewhere !== undefined) return leftOut(step, 'redirect', elsewhere);
  // Somebody else's page, which had its own turn.
  if (id !== visit.id && frontier.wasVisited(id)) return done();
  if (answer.status === 304 && conditional && id !== visit.id) return takeAnew(step);
  return attempt(step, id, () => onAnswer(step, id, { answer, conditional }));
}

/** The validators were those of the page that has led elsewhere since: the answer says nothing of the one it leads to. */
async function takeAnew(step: Step): Promise<Visited> {
  const { session, visit } = step;
  const answer = await session.ask(visit.id);
  return takeAnswer(step, { kind: 'answer', answer, conditional: false });
}

/** B15: one more page of a shape whose pages all say the same. */
function trapped({ frontier, log, visit }: Step, why: string): Visited {
  frontier.noteAbsent(visit.id);
  frontier.leaveOut(visit.id, 'equal text');
  frontier.hide(why);
  log.note({ url: visit.id, kind: 'not read', reason: 'equal text', detail: why });
  return done();
}

function noteAnswer({ log, visit }: Step, id: string, { status, url }: Answer): void {
  const asked = { url: visit.id, kind: 'not read', fetchedAt: now(), status } as const;
  if (id === visit.id) return log.note(asked);
  const detail = `It redirects to "${placeOf(id)}".`;
  log.note({ ...asked, finalUrl: url, reason: 'redirect', detail });
}

function now(): string {
  return new Date().toISOString();
}

/** Why the page that another one redirects to is none of ours. */
async function whyNotThere({ scope, manners }: Session, id: string): Promise<string | undefined> {
  const excludedBy = scope.excludedBy(id);
  if (excludedBy === 'host') return `it redirects to host "${new URL(id).host}"`;
  if (excludedBy !== undefined) return 'it redirects to a page out of scope';
  const allowed = await manners.allows(id);
  return allowed ? undefined : 'it redirects to a page that robots.txt disallows';
}

async function onAnswer(
  step: Step,
  id: string,
  { answer, conditional }: Omit<Extract<Asked, { kind: 'answer' }>, 'kind'>,
): Promise<Visited> {
  const { session, log, visit, sighting } = step;
  if (id !== visit.id)
    log.note({ url: id, kind: 'not read', fetchedAt: now(), status: answer.status });
  const status = statusOf(answer, visit.id, session.hasCredentials(id));
  if (status.kind === 'gone') return onGone(step, status.why);
  if (status.kind === 'not-modified' && !conditional) throw notAsked(visit);
  if (status.kind === 'not-modified') return unchanged(step, id);
  const listId = visit.list?.id ?? visit.id;
  const page = await answer.read({ id, asked: visit.id, listId, found: sighting.found });
  const messages = takePage(step, id, page, answer);
  if (isWitnessed(page, messages)) sighting.good(id);
  return done(...messages);
}

/** What is left out says nothing of the extraction, and a view says it twice. */
function isWitnessed({ messages, skipped }: PageReading, taken: readonly unknown[]): boolean {
  return skipped === undefined && (taken.length > 0 || messages.length === 0);
}

/** C9: what nobody has read is not unchanged. */
function notAsked({ id }: Visit): Error {
  return failure(
    'InvalidDocument',
    `"${placeOf(id)}" answered 304 although it was asked for its whole content. Ask its owner to mend the server, or exclude it.`,
  );
}

/** Its links are those that it had when it was read. */
function unchanged(step: Step, id: string): Visited {
  step.sighting.unmodified();
  step.frontier.claim(id);
  step.frontier.noteOk();
  step.log.note({ url: id, kind: 'not read' });
  followLinks(step, step.page?.links ?? []);
  return done({ kind: 'seen', id });
}

/** Not asked for, or not ours. A seed or a stored document must not vanish silently for it. */
function leftOut(step: Step, reason: 'robots' | 'redirect', because: string): Visited {
  const { session, frontier, log, visit } = step;
  frontier.noteAbsent(visit.id);
  log.note({ url: visit.id, kind: 'not read', reason, detail: because });
  if (!isOurs(step)) {
    session.env.log.debug('left a page out', { id: visit.id, because });
    return done();
  }
  const remedy =
    reason === 'robots'
      ? 'Ask the owner of the site for access'
      : 'If the site moved, name the new address in "urls"';
  throw failure('Blocked', `"${placeOf(visit.id)}" was not read: ${because}. ${remedy}.`);
}

function isOurs({ session, visit, known }: Step): boolean {
  return known !== undefined || session.scope.isSeed(visit.id);
}

function onGone({ session, frontier, log, visit, sighting }: Step, why: string): Visited {
  sighting.failed(visit.id, { name: 'NotFound', detail: why });
  const place = placeOf(visit.id);
  frontier.noteAbsent(visit.id);
  log.note({ url: visit.id, kind: 'not read', reason: 'gone', detail: why });
  const isSeed = session.scope.isSeed(visit.id);
  if (isSeed) frontier.noteFailure('NotFound', `"${place}" is not there. ${why} Mend "urls".`);
  if (isSeed && session.maxDepth > 0) {
    frontier.hide(`The seed "${place}" is gone, and with it all links from it.`);
  }
  if (session.config.extract?.records !== undefined) {
    frontier.hide(`The list "${place}" is gone, so its records are unknown.`);
  }
  return done({ kind: 'gone', id: visit.id, why, tentative: true });
}

async function onFailure(step: Step, landed: string, error: unknown): Promise<Visited> {
  const { session, frontier, visit } = step;
  const found = visitFailure(error, visit, isOurs(step));
  const once = { ...visit, tries: visit.tries + 1 };
  if (found.kind === 'crawl') throw found.error;
  if (found.kind === 'wait') {
    frontier.again(found.isTry ? once : visit, 'front');
    return { kind: 'wait', failure: found.error };
  }
  if (found.kind === 'again') {
    frontier.again(once, 'end');
    return { kind: 'done', messages: [], transient: true };
  }
  if (found.kind === 'page') return failedPage(step, landed, found);
  frontier.noteAbsent(visit.id);
  step.log.note({ url: visit.id, kind: 'not read', reason: 'policy', detail: found.detail });
  session.env.log.debug('left a page out', { id: visit.id, because: found.detail });
  return done();
}

async function failedPage(
  step: Step,
  landed: string,
  { failure: name, detail }: Extract<ReturnType<typeof visitFailure>, { kind: 'page' }>,
): Promise<Visited> {
  const { session, frontier, visit } = step;
  step.sighting.failed(landed, { name, detail });
  const ids = await failedIds(step, landed);
  for (const id of [visit.id, landed]) {
    frontier.claim(id);
    frontier.noteAbsent(id);
  }
  step.log.note({ url: landed, kind: 'not read', reason: name, detail });
  frontier.noteFailure(name, detail);
  const transient = name === 'SourceUnavailable';
  // A page that never was a document led to none; but what is only away for now may be new.
  const couldLead = visit.depth < session.maxDepth && (transient || isOurs(step));
  if (couldLead || session.config.extract?.records !== undefined) {
    frontier.hide(`"${placeOf(visit.id)}" could not be read (${name}).`);
  }
  const messages = ids.map((id) => ({ kind: 'failed', id, failure: name, detail }) as const);
  return { kind: 'done', messages, transient };
}

/** A stored page that now leads to a login page fails, and so does one that is stored under the address that another leads to. */
async function failedIds({ session, visit }: Step, landed: string): Promise<readonly string[]> {
  if (landed === visit.id) return [landed];
  const isStored = (await session.env.known([landed])).has(landed);
  return isStored ? [visit.id, landed] : [visit.id];
}

function done(...messages: readonly ReadMessage<never>[]): Visited {
  return { kind: 'done', messages };
}
