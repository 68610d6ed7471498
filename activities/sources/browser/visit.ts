import { leaseBrowser, type BrowserLease } from '../../../adapters/browser/browser.ts';
import type { AwaitedElement, RenderedPage } from '../../../adapters/browser/render.ts';
import { expandExtraction } from '../../../adapters/extraction/spec.ts';
import { MAX_HTML_BYTES } from '../../../adapters/extraction/page.ts';
import { createNet, type Net } from '../../../adapters/net/net.ts';
import { createPace } from '../../../adapters/net/pace.ts';
import { createRobotsFiles } from '../../../adapters/net/robots-file.ts';
import { failure } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import type { BrowserConfig } from './config.ts';

/** A polite visitor: asks robots.txt, keeps its pace, renders. Close it when the read ends, however it ends. */
export interface Visitor {
  /**
   * @throws Blocked - robots.txt forbids the address.
   * Else throws as `BrowserLease.render` and `RobotsFiles.of` do.
   */
  visit(url: string): Promise<RenderedPage>;
  close(): Promise<void>;
}

export async function createVisitor(config: BrowserConfig, env: SourceEnv): Promise<Visitor> {
  const { userAgent, allowedHosts } = env.settings;
  const executablePath = await env.settings.chromium();
  const net = createNet({ allowedHosts, userAgent });
  const lease = leaseBrowser({ executablePath, allowedHosts });
  return {
    visit: (url) => visit(url, { config, env, net, lease }),
    async close() {
      await Promise.all([lease.release(), net.close()]);
    },
  };
}

interface Tools {
  readonly config: BrowserConfig;
  readonly env: SourceEnv;
  readonly net: Net;
  readonly lease: BrowserLease;
}

/** Shared by all sources of this process: a host does not care which of them asks. */
const pace = createPace();
const robotsFiles = createRobotsFiles();

async function visit(url: string, { config, env, net, lease }: Tools): Promise<RenderedPage> {
  const { signal } = env;
  const { userAgent } = env.settings;
  const { origin, host } = new URL(url);
  const robots = await robotsFiles.of(net, origin, signal);
  if (!robots.allows(userAgent, url)) {
    throw failure(
      'Blocked',
      `"${url}" is forbidden by robots.txt of "${host}". Ask its owner for access, or take the address out of the source.`,
    );
  }
  const intervalMs = 1000 / config.requestsPerSecond;
  await pace.take(host, Math.max(intervalMs, robots.crawlDelayMs(userAgent) ?? 0), signal);
  const waitFor = awaited(config);
  return lease.render({
    url,
    userAgent,
    signal,
    timeoutMs: config.timeoutMs,
    maxBytes: MAX_HTML_BYTES,
    ...(waitFor === undefined ? {} : { waitFor }),
  });
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
