import { launchChromium, type Chromium, type ChromiumOptions } from './launch.ts';
import { renderPage, type RenderedPage, type RenderRequest } from './render.ts';
import { createSession, type Session } from './session.ts';

/** One user's share of the process's Chromium. */
export interface BrowserLease {
  /**
   * Loads one page and gives its document after scripts ran. Launches Chromium when none runs, and once more when it crashed.
   * @throws PolicyDenied - the address, or one that it redirects to, may not be reached.
   * @throws SourceUnavailable - no connection, or no document before the deadline; retried.
   * @throws InvalidDocument - a download, no HTML, too large, or a page that crashes the browser twice.
   * Rethrows the reason of `signal` when that is aborted; the page is closed by then.
   */
  render(request: RenderRequest): Promise<RenderedPage>;
  /** Closes what this lease opened; with the last lease Chromium ends. Idempotent. */
  release(): Promise<void>;
}

/** Leases the one Chromium that this process runs for these options; it starts with the first page. */
export function leaseBrowser(options: ChromiumOptions): BrowserLease {
  const key = JSON.stringify([options.executablePath, options.allowedHosts]);
  const slot = slots.get(key) ?? { options, users: 0 };
  slots.set(key, slot);
  slot.users += 1;
  let session: Session | undefined;
  let released = false;
  return {
    async render(request) {
      session = await currentSession(slot, session);
      try {
        return await renderPage(session, request);
      } catch (error) {
        if (!session.isBroken() || request.signal.aborted) throw error;
        session = await currentSession(slot, session);
        return renderPage(session, request);
      }
    },
    async release() {
      if (released) return;
      released = true;
      await session?.close();
      slot.users -= 1;
      if (slot.users > 0) return;
      slots.delete(key);
      await end(slot);
    },
  };
}

interface Slot {
  readonly options: ChromiumOptions;
  users: number;
  current?: Promise<Running>;
}

interface Running {
  readonly chromium: Chromium;
  /** Pages that this Chromium has rendered: it leaks, so it is replaced after some. */
  pages: number;
  /** Leases that have contexts in it. */
  sessions: number;
  retired: boolean;
}

/** The process's browsers: a lifecycle, so the only state of this module. */
const slots = new Map<string, Slot>();
/** Sources §6, B16: recycled after n pages. */
const PAGES_PER_BROWSER = 200;

/** The session to render in: the old one while its Chromium lives and is fresh, else a new one. */
async function currentSession(slot: Slot, session: Session | undefined): Promise<Session> {
  const running = await currentChromium(slot);
  running.pages += 1;
  if (session?.chromium === running.chromium) return session;
  running.sessions += 1;
  await session?.close();
  return createSession(running.chromium, () => leave(running));
}

async function currentChromium(slot: Slot): Promise<Running> {
  const asked = slot.current;
  const running = await asked?.catch(() => undefined);
  if (running !== undefined && isUsable(running)) return running;
  // Another render has replaced it meanwhile; nothing is awaited from here to the assignment, so nobody launches twice.
  if (slot.current !== asked) return currentChromium(slot);
  if (running !== undefined) running.retired = true;
  slot.current = launchChromium(slot.options).then((chromium) => ({
    chromium,
    pages: 0,
    sessions: 0,
    retired: false,
  }));
  return slot.current;
}

function isUsable({ chromium, pages, retired }: Running): boolean {
  return !retired && chromium.browser.isConnected() && pages < PAGES_PER_BROWSER;
}

/** A replaced Chromium ends with the last session that still renders in it. */
async function leave(running: Running): Promise<void> {
  running.sessions -= 1;
  if (running.retired && running.sessions === 0) await running.chromium.close();
}

async function end(slot: Slot): Promise<void> {
  const running = await slot.current?.catch(() => undefined);
  await running?.chromium.close();
}
