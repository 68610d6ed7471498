import type { Page, Request, Response } from 'playwright-core';
import { failure } from '../../workflows/failures.ts';
import { renderFailure } from './errors.ts';
import type { Session } from './session.ts';

export interface RenderRequest {
  readonly url: string;
  readonly userAgent: string;
  readonly signal: AbortSignal;
  /** For loading, waiting and reading together. */
  readonly timeoutMs: number;
  /** Largest document after scripts ran, in bytes of UTF-8. */
  readonly maxBytes: number;
  /** Wait until this element has text. Without it: until the network was quiet for half a second. */
  readonly waitFor?: AwaitedElement;
}

export interface AwaitedElement {
  /** A CSS selector. */
  readonly selector: string;
  /** `deadline`: nearly all of the time. `quiet`: 3 seconds longer than the network is busy, at most 18, for a selector that is a guess. */
  readonly until: 'deadline' | 'quiet';
}

export interface RenderedPage {
  /** Of the document itself. */
  readonly status: number;
  /** The address that was loaded last, after redirects of servers and scripts. History that scripts push does not count. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The document as scripts left it. */
  readonly html: string;
  readonly sizeBytes: number;
}

/** Renders one page in its origin's context and closes it, whatever happens. Errors as `BrowserLease.render` says. */
export async function renderPage(session: Session, request: RenderRequest): Promise<RenderedPage> {
  request.signal.throwIfAborted();
  session.chromium.guard.checkUrl(new URL(request.url));
  const page = await newPage(session, request);
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const stop = AbortSignal.any([request.signal, deadline]);
  const course = followCourse(page, request.url);
  try {
    refuseExtras(page);
    const rendered = await orAborted(load(page, request, course), stop);
    if (rendered.status === REFUSED_BY_PROXY) throwRefusal(session, rendered.url);
    return rendered;
  } catch (error) {
    request.signal.throwIfAborted();
    throwRefusal(session, course.url);
    throw renderFailure(deadline.aborted ? deadline.reason : error, request);
  } finally {
    await closeSoon(page);
  }
}

async function newPage(session: Session, request: RenderRequest): Promise<Page> {
  try {
    const context = await session.context(new URL(request.url).origin, request.userAgent);
    return await context.newPage();
  } catch (error) {
    throw renderFailure(error, request);
  }
}

/** Over http the proxy refuses with a status, over https Chromium only says that the tunnel failed. */
function throwRefusal({ chromium }: Session, url: string): void {
  const refusal = chromium.proxy.refusal(new URL(url).host);
  if (refusal !== undefined) throw refusal;
}

/** Where the page's own loading has come to: after a failure the last hop says which host was refused. */
interface Course {
  url: string;
  response?: Response;
}

function followCourse(page: Page, url: string): Course {
  const course: Course = { url };
  const isDocument = (request: Request): boolean =>
    request.isNavigationRequest() && request.frame() === page.mainFrame();
  page.on('request', (request) => {
    if (isDocument(request)) course.url = request.url();
  });
  page.on('response', (response) => {
    if (isDocument(response.request())) course.response = response;
  });
  return course;
}

/** What asks a person must not wait for one; what opens windows gets none. */
function refuseExtras(page: Page): void {
  page.on('dialog', (dialog) => void dialog.dismiss().catch(() => {}));
  page.on('popup', (popup) => void popup.close().catch(() => {}));
  page.on('download', (download) => void download.cancel().catch(() => {}));
}

async function load(page: Page, request: RenderRequest, course: Course): Promise<RenderedPage> {
  const { url, timeoutMs, maxBytes } = request;
  const endsAt = performance.now() + timeoutMs;
  const crashed = rejectOnCrash(page);
  const response = await Promise.race([open(page, request, course), crashed]);
  const answer = { status: response.status(), headers: response.headers() };
  if (isEmptyRefusal(response, page)) return { ...answer, url: course.url, html: '', sizeBytes: 0 };
  refuseOtherThanHtml(url, response, answer.headers);
  // Nobody waits for the fields of a page that says it is none.
  if (!response.ok()) return finish(page, answer, course, crashed);
  const waitMs = (endsAt - performance.now()) * WAITING_SHARE;
  await Promise.race([settle(page, request.waitFor, waitMs), crashed]);
  const rendered = await finish(page, answer, course, crashed);
  if (rendered.sizeBytes > maxBytes) throw tooLarge(url, maxBytes);
  return rendered;
}

async function finish(
  page: Page,
  answer: Pick<RenderedPage, 'status' | 'headers'>,
  course: Course,
  crashed: Promise<never>,
): Promise<RenderedPage> {
  const html = await Promise.race([page.content(), crashed]);
  return { ...answer, url: course.url, html, sizeBytes: Buffer.byteLength(html) };
}

/** Chromium takes a 4xx or 5xx without a body for a failure; for us it is an answer like any other. */
async function open(page: Page, request: RenderRequest, course: Course): Promise<Response> {
  try {
    const options = { waitUntil: 'domcontentloaded', timeout: request.timeoutMs } as const;
    const response = await page.goto(request.url, options);
    if (response !== null) return response;
  } catch (error) {
    if (!/ERR_HTTP_RESPONSE_CODE_FAILURE/u.test(String(error))) throw error;
  }
  if (course.response === undefined) throw new Error('The address gave no document.');
  return course.response;
}

function isEmptyRefusal(response: Response, page: Page): boolean {
  return !response.ok() && /^(?:about:blank|chrome-error:)/u.test(page.url());
}

function rejectOnCrash(page: Page): Promise<never> {
  const crashed = new Promise<never>((_resolve, reject) => {
    page.once('crash', () => reject(new Error('Page crashed.')));
  });
  // Whoever races it sees the error; nobody may be racing when it comes.
  crashed.catch(() => {});
  return crashed;
}

function refuseOtherThanHtml(
  url: string,
  response: Response,
  headers: Readonly<Record<string, string>>,
): void {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  // A refusal of our proxy is plain text and is named by its reason.
  if (!response.ok() || type === '' || /^(?:text\/html|application\/xhtml\+xml)$/u.test(type))
    return;
  throw failure(
    'InvalidDocument',
    `"${url}" is "${type.slice(0, 100)}", not HTML. Read it with a source of type "http".`,
  );
}

/** A page that never settles is read as it is: extraction says what is missing. */
async function settle(
  page: Page,
  waitFor: AwaitedElement | undefined,
  timeoutMs: number,
): Promise<void> {
  const timeout = Math.max(1, timeoutMs);
  try {
    if (waitFor === undefined) await quiet(page, Math.min(timeout, MAX_QUIET_WAIT_MS));
    else await Promise.race(waits(page, waitFor, timeout));
  } catch (error) {
    if (!page.isClosed() && isTimeout(error)) return;
    throw error;
  }
}

function waits(
  page: Page,
  { selector, until }: AwaitedElement,
  timeout: number,
): Promise<unknown>[] {
  const there = page.waitForFunction(hasText(selector), undefined, { timeout, polling: 100 });
  if (until === 'deadline') return [there];
  // The loser of the race may fail later, when the page is closed.
  there.catch(() => {});
  const busy = quiet(page, Math.min(timeout, MAX_BUSY_WAIT_MS));
  return [there, busy.then(() => delay(Math.min(timeout, GRACE_MS)))];
}

async function quiet(page: Page, timeout: number): Promise<void> {
  await page.waitForLoadState('networkidle', { timeout });
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** Evaluated in the page. A selector that only our parser knows waits for nothing. */
function hasText(selector: string): string {
  return `(() => {
    try {
      const found = document.querySelector(${JSON.stringify(selector)});
      return found !== null && (found.textContent.trim() !== '' || found.attributes.length > 0 && found.childNodes.length === 0);
    } catch { return true; }
  })()`;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function tooLarge(url: string, maxBytes: number): Error {
  return failure(
    'InvalidDocument',
    `"${url}" has more than ${maxBytes} bytes after its scripts ran. Exclude it from the source.`,
  );
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // The page is closed after an abort, which fails the work: nobody is left to see that error.
  work.catch(() => {});
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}

/** A page in an endless loop may not answer to its end; its context is closed later in any case. */
async function closeSoon(page: Page): Promise<void> {
  const closing = page.close({ runBeforeUnload: false }).catch(() => {});
  await Promise.race([closing, delay(CLOSE_WITHIN_MS)]);
}

const REFUSED_BY_PROXY = 403;
/** The rest of the time is for reading the document. */
const WAITING_SHARE = 0.8;
const MAX_QUIET_WAIT_MS = 5_000;
/** Some pages are never quiet, and their field may still come. */
const MAX_BUSY_WAIT_MS = 15_000;
const GRACE_MS = 3_000;
const CLOSE_WITHIN_MS = 2_000;
