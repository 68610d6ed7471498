import { launchChromium, type Chromium, type ChromiumOptions } from './launch.ts';
import { renderFailure } from './errors.ts';
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

export interface BrowserOptions extends ChromiumOptions {
  /** Chromium leaks: after so many pages it is replaced. Default: 200. */
  readonly pagesPerBrowser?: number;
}

/** Leases the one Chromium that this process runs for these options; it starts with the first page. */
export function leaseBrowser(options: BrowserOptions): BrowserLease {
  const key = JSON.stringify(options);
  const slot = slots.get(key) ?? { options, users: 0 };
  slots.set(key, slot);
  slot.users += 1;
  const stays = new Set<Stay>();
  let current: Promise<Stay> | undefined;
  /** One after the other: two pages that begin at once must not both move to a new Chromium. */
  const enter = (): Promise<Stay> => {
    const before = current?.catch(() => undefined);
    current = Promise.resolve(before).then((stay) => currentStay(slot, stays, stay));
    return current;
  };
  const renderOnce = async (request: RenderRequest): Promise<RenderedPage | 'broken'> => {
    const stay = await enter();
    try {
      return await renderPage(stay.session, request);
    } catch (error) {
      if (!stay.session.isBroken() || request.signal.aborted) throw error;
      return 'broken';
    } finally {
      await leaveStay(stays, stay);
    }
  };
  let released = false;
  return {
    async render(request) {
      const first = await renderOnce(request);
      if (first !== 'broken') return first;
      const second = await renderOnce(request);
      if (second !== 'broken') return second;
      throw renderFailure(new Error('Browser crashed.'), request);
    },
    async release() {
      if (released) return;
      released = true;
      await Promise.all([...stays].map(({ session }) => session.close()));
      slot.users -= 1;
      if (slot.users > 0) return;
      slots.delete(key);
      await end(slot);
    },
  };
}

/** A lease's time in one Chromium. */
interface Stay {
  readonly session: Session;
  /** That render now. */
  pages: number;
  /** The lease renders elsewhere by now; the last page closes the session. */
  over: boolean;
}

interface Slot {
  readonly options: BrowserOptions;
  users: number;
  current?: Promise<Running>;
}

interface Running {
  readonly chromium: Chromium;
  /** That this Chromium has rendered. */
  pages: number;
  /** Leases that have contexts in it. */
  sessions: number;
  retired: boolean;
}

/** The process's browsers: a lifecycle, so the only state of this module. */
const slots = new Map<string, Slot>();
/** Sources §6, B16. */
const PAGES_PER_BROWSER = 200;

/** Where to render: where the lease is while that Chromium lives and is fresh, else a new one. The page counts from here on. */
async function currentStay(slot: Slot, stays: Set<Stay>, before: Stay | undefined): Promise<Stay> {
  const running = await currentChromium(slot);
  running.pages += 1;
  if (before?.session.chromium === running.chromium) {
    before.pages += 1;
    return before;
  }
  running.sessions += 1;
  const session = createSession(running.chromium, () => leave(running));
  const stay: Stay = { session, pages: 1, over: false };
  stays.add(stay);
  if (before !== undefined) {
    before.over = true;
    await closeIfEmpty(stays, before);
  }
  return stay;
}

async function leaveStay(stays: Set<Stay>, stay: Stay): Promise<void> {
  stay.pages -= 1;
  await closeIfEmpty(stays, stay);
}

async function closeIfEmpty(stays: Set<Stay>, stay: Stay): Promise<void> {
  if (!stay.over || stay.pages > 0) return;
  stays.delete(stay);
  await stay.session.close();
}

async function currentChromium(slot: Slot): Promise<Running> {
  const asked = slot.current;
  const running = await asked?.catch(() => undefined);
  if (running !== undefined && isUsable(running, slot.options)) return running;
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

function isUsable(
  { chromium, pages, retired }: Running,
  { pagesPerBrowser = PAGES_PER_BROWSER }: BrowserOptions,
): boolean {
  const isSpent = pages >= pagesPerBrowser || chromium.memory.isFull();
  return !retired && !isSpent && chromium.browser.isConnected();
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
