import { leaseBrowser } from '../../../adapters/browser/browser.ts';
import type { AwaitedElement } from '../../../adapters/browser/render.ts';
import { MAX_HTML_BYTES } from '../../../adapters/extraction/page.ts';
import { expandExtraction } from '../../../adapters/extraction/spec.ts';
import { openManners } from '../../../adapters/net/manners.ts';
import { createNet } from '../../../adapters/net/net.ts';
import type { SourceEnv } from '../contract.ts';
import { readHtmlPage } from '../web/html-page.ts';
import { createScope } from '../web/scope.ts';
import type { Session } from '../web/session.ts';
import type { BrowserConfig } from './config.ts';

/** A session that renders. @throws InvalidConfig - there is no Chromium. */
export async function openSession(config: BrowserConfig, env: SourceEnv): Promise<Session> {
  const { userAgent, allowedHosts } = env.settings;
  const { signal } = env;
  const executablePath = await env.settings.chromium();
  const lease = leaseBrowser({ executablePath, allowedHosts });
  // For robots.txt, which needs no browser.
  const net = createNet({ allowedHosts, userAgent });
  const { delayMs, timeoutMs } = config;
  const guest = { net, userAgent, signal, ...(delayMs ? { delayMs } : {}) };
  const manners = openManners(guest, env.hosts);
  const waitFor = awaited(config);
  const session: Session = {
    config,
    env,
    scope: createScope(config),
    manners,
    maxDepth: config.follow?.maxDepth ?? 0,
    // A rendered page costs seconds.
    pagesPerCheckpoint: 1,
    pagesAhead: 0,
    hasCredentials: () => false,
    async ask(url) {
      await manners.takeTurn(url);
      const awaiting = waitFor === undefined ? {} : { waitFor };
      const limits = { timeoutMs, maxBytes: MAX_HTML_BYTES };
      const page = await lease.render({ url, userAgent, signal, ...limits, ...awaiting });
      await manners.heed(page);
      return {
        ...page,
        received: () => ({
          finalUrl: page.url,
          status: page.status,
          headers: page.headers,
          body: Buffer.from(page.html),
          rendered: true,
        }),
        read: (place) =>
          readHtmlPage(
            { ...page, whenEmpty: WHEN_EMPTY, whenScripted: WHEN_EMPTY },
            place,
            session,
          ),
      };
    },
    async close() {
      await Promise.all([lease.release(), net.close()]);
    },
  };
  return session;
}

const WHEN_EMPTY = 'Name the element that its scripts fill in "waitFor", or fields in "extract".';

/** What a person named is waited for; else the list, or the first field that must be there, says that the scripts are done. */
function awaited({ waitFor, extract }: BrowserConfig): AwaitedElement | undefined {
  if (waitFor !== undefined) return { selector: waitFor, until: 'deadline' };
  if (extract === undefined) return undefined;
  const { records, fields } = expandExtraction('', extract);
  const required = Object.values(fields).filter((field) => field.required);
  const locators = records ?? required.flatMap((field) => field.locators.slice(0, 1));
  const first = locators.find((locator) => 'css' in locator);
  return first === undefined ? undefined : { selector: first.css, until: 'quiet' };
}
