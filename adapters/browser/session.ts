import type { BrowserContext } from 'playwright-core';
import type { Chromium } from './launch.ts';

/** The contexts of one user in one Chromium: one an origin, so that no site meets another one's cookies or storage. */
export interface Session {
  readonly chromium: Chromium;
  context(origin: string, userAgent: string): Promise<BrowserContext>;
  /** Has Chromium ended or crashed under it? */
  isBroken(): boolean;
  close(): Promise<void>;
}

/** `onClose` is awaited after all contexts are closed. */
export function createSession(chromium: Chromium, onClose: () => Promise<void>): Session {
  const contexts = new Map<string, Promise<BrowserContext>>();
  let closed: Promise<void> | undefined;
  return {
    chromium,
    isBroken: () => !chromium.browser.isConnected(),
    async context(origin, userAgent) {
      const there = contexts.get(origin);
      if (there !== undefined) return there;
      const made = openContext(chromium, userAgent);
      contexts.set(origin, made);
      await closeOldest(contexts);
      return made;
    },
    close() {
      closed ??= closeAll(contexts).then(onClose);
      return closed;
    },
  };
}

async function openContext({ browser }: Chromium, userAgent: string): Promise<BrowserContext> {
  const context = await browser.newContext({
    userAgent,
    acceptDownloads: false,
    // A service worker answers requests out of sight of the routes.
    serviceWorkers: 'block',
    permissions: [],
    viewport: { width: 1280, height: 1024 },
  });
  await context.route('**/*', (route) => {
    const unwanted = UNWANTED.has(route.request().resourceType());
    const done = unwanted || !isWeb(route.request().url()) ? route.abort() : route.continue();
    // The page may be gone before its request is answered.
    return done.catch(() => {});
  });
  return context;
}

/** None of them is text. */
const UNWANTED: ReadonlySet<string> = new Set(['image', 'media', 'font', 'texttrack']);

/** What leaves the browser is http(s) or a web socket, through the proxy; `data:` and `blob:` never leave it. */
function isWeb(url: string): boolean {
  return /^(?:https?|wss?|data|blob):/iu.test(url);
}

async function closeOldest(contexts: Map<string, Promise<BrowserContext>>): Promise<void> {
  const [oldest] = contexts;
  if (contexts.size <= MAX_CONTEXTS || oldest === undefined) return;
  contexts.delete(oldest[0]);
  await closeContext(oldest[1]);
}

async function closeAll(contexts: Map<string, Promise<BrowserContext>>): Promise<void> {
  const all = [...contexts.values()];
  contexts.clear();
  await Promise.all(all.map(closeContext));
}

async function closeContext(context: Promise<BrowserContext>): Promise<void> {
  try {
    await (await context).close();
  } catch {
    // Its browser has crashed or ended: nothing is left to close.
  }
}

const MAX_CONTEXTS = 5;
