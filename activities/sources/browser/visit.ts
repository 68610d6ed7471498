import { leaseBrowser } from '../../../adapters/browser/browser.ts';
import type { AwaitedElement, RenderedPage } from '../../../adapters/browser/render.ts';
import { MAX_HTML_BYTES } from '../../../adapters/extraction/page.ts';
import { expandExtraction } from '../../../adapters/extraction/spec.ts';
import { createGuard } from '../../../adapters/net/guard.ts';
import { createPace } from '../../../adapters/net/pace.ts';
import type { SourceEnv } from '../contract.ts';
import { openSession, type Session } from '../http/session.ts';
import { asHttpConfig, type BrowserConfig } from './config.ts';

/** A visitor with the manners of `http` sources, who renders. Close it when the read ends, however it ends. */
export interface Visitor extends Pick<Session, 'scope' | 'allows' | 'waitMs'> {
  /** Waits for the host's turn, then renders. @throws what `BrowserLease.render` and `Session.robots` throw */
  render(url: string): Promise<RenderedPage>;
  close(): Promise<void>;
}

export async function createVisitor(config: BrowserConfig, env: SourceEnv): Promise<Visitor> {
  const { userAgent, allowedHosts } = env.settings;
  const executablePath = await env.settings.chromium();
  const session = openSession(asHttpConfig(config), env);
  const lease = leaseBrowser({ executablePath, allowedHosts });
  const guard = createGuard({ allowedHosts });
  const waitFor = awaited(config);
  return {
    scope: session.scope,
    allows: (url) => session.allows(url),
    waitMs: (url) => pace.waitMs(new URL(url).host),
    async render(url) {
      const at = new URL(url);
      const asked = (await session.robots(url)).crawlDelayMs(userAgent) ?? 0;
      const intervalMs = Math.max(asked, delayMs(config.delayMs, guard.isAllowed(at)));
      await pace.take(at.host, intervalMs, env.signal);
      return lease.render({
        url,
        userAgent,
        signal: env.signal,
        timeoutMs: config.timeoutMs,
        maxBytes: MAX_HTML_BYTES,
        ...(waitFor === undefined ? {} : { waitFor }),
      });
    },
    async close() {
      await Promise.all([lease.release(), session.close()]);
    },
  };
}

/** Shared by all browser sources of this process: a host does not care which of them asks. */
const pace = createPace();

/** Sources §6, B8: 1 page a second, never above 5; hosts that the operator named are his own. */
function delayMs(configured: number | undefined, allowed: boolean): number {
  if (allowed) return configured ?? 50;
  return Math.max(configured ?? 1000, 200);
}

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
