import { createNet, type NetResponse } from '../../../adapters/net/net.ts';
import { createPace } from '../../../adapters/net/pace.ts';
import { createRobotsFiles } from '../../../adapters/net/robots-file.ts';
import type { Robots } from '../../../adapters/net/robots.ts';
import { MAX_HTML_BYTES } from '../../../adapters/extraction/page.ts';
import type { KnownDocument, SourceEnv } from '../contract.ts';
import type { HttpConfig } from './config.ts';
import { createScope, type Scope } from './scope.ts';

/** One reading of a web source: its connections, manners and rules. Close it. */
export interface Session {
  readonly scope: Scope;
  readonly env: SourceEnv;
  readonly config: HttpConfig;
  /** The rules of the page's host. Each host is asked once a session. @throws what `RobotsFiles.of` throws */
  robots(url: string): Promise<Robots>;
  allows(url: string): Promise<boolean>;
  /** Milliseconds until the page's host may be asked. */
  waitMs(url: string): number;
  /** Waits for the host's turn, then fetches. Sends validators of `known`, and the headers of the config to hosts of seeds. */
  fetch(url: string, known?: KnownDocument): Promise<NetResponse>;
  close(): Promise<void>;
}

export function openSession(config: HttpConfig, env: SourceEnv): Session {
  const { allowedHosts, userAgent } = env.settings;
  const net = createNet({
    allowedHosts,
    userAgent,
    maxBodyBytes: MAX_FILE_BYTES,
    timeoutMs: PAGE_TIMEOUT_MS,
  });
  const scope = createScope(config);
  const rules = new Map<string, Promise<Robots>>();
  const robots = (url: string): Promise<Robots> => {
    const { origin } = new URL(url);
    const found = rules.get(origin) ?? robotsFiles.of(net, origin, env.signal);
    rules.set(origin, found);
    return found;
  };
  return {
    scope,
    env,
    config,
    robots,
    allows: async (url) => (await robots(url)).allows(userAgent, url),
    waitMs: (url) => pace.waitMs(new URL(url).host),
    async fetch(url, known) {
      const at = new URL(url);
      const asked = (await robots(url)).crawlDelayMs(userAgent) ?? 0;
      const intervalMs = Math.max(asked, delayMs(config.delayMs, net.guard.isAllowed(at)));
      await pace.take(at.host, intervalMs, env.signal);
      return net.fetch(url, {
        signal: env.signal,
        headers: {
          ...ACCEPT,
          ...(scope.isSeedHost(url) ? config.headers : {}),
          ...validators(known),
        },
        maxBytesFor: (contentType) => (isFile(contentType) ? MAX_FILE_BYTES : MAX_HTML_BYTES),
      });
    },
    close: () => net.close(),
  };
}

/** Shared by all sources of this process: a host does not care which of them asks. */
const pace = createPace();
const robotsFiles = createRobotsFiles();

/** B8: 1 request a second, never above 5; hosts that the operator named are his own. */
function delayMs(configured: number | undefined, allowed: boolean): number {
  if (allowed) return configured ?? 50;
  return Math.max(configured ?? 1000, 200);
}

const ACCEPT = {
  accept: 'text/html,application/xhtml+xml,text/markdown;q=0.9,application/pdf;q=0.8,*/*;q=0.5',
};

function validators(known: KnownDocument | undefined): Record<string, string> {
  return {
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  };
}

function isFile(contentType: string): boolean {
  return !/^(?:text\/html|application\/xhtml)/i.test(contentType);
}

/** The largest file that Bedrock takes: Bedrock user guide, prerequisites of a data source. */
const MAX_FILE_BYTES = 50 * 1024 * 1024;
const PAGE_TIMEOUT_MS = 60_000;
