import { openManners } from '../../../adapters/net/manners.ts';
import { createNet, type Net, type NetResponse } from '../../../adapters/net/net.ts';
import { MAX_HTML_BYTES } from '../../../adapters/extraction/page.ts';
import type { KnownDocument, SourceEnv } from '../contract.ts';
import { pageId } from '../web/page-id.ts';
import { createScope } from '../web/scope.ts';
import type { Session } from '../web/session.ts';
import type { HttpConfig } from './config.ts';
import { readAnswer } from './page.ts';

/** A session that fetches. */
export interface HttpSession extends Session {
  readonly config: HttpConfig;
  /** Waits for the host's turn, then fetches. Sends validators of `known`, and the headers of the config to hosts of seeds. */
  fetch(url: string, how?: HowToFetch): Promise<NetResponse>;
}

interface HowToFetch {
  readonly known?: KnownDocument | undefined;
  /** Whether to go where a redirect leads; default, everywhere. */
  readonly mayFollow?: (target: URL) => Promise<boolean>;
}

export function openSession(config: HttpConfig, env: SourceEnv): HttpSession {
  const { allowedHosts, userAgent } = env.settings;
  // What was begun ahead of its turn ends with the session, too.
  const stop = new AbortController();
  const signal = AbortSignal.any([env.signal, stop.signal]);
  const net = createNet({
    allowedHosts,
    userAgent,
    maxBodyBytes: MAX_FILE_BYTES,
    timeoutMs: PAGE_TIMEOUT_MS,
  });
  const scope = createScope(config);
  const { delayMs } = config;
  const guest = { net, userAgent, signal, ...(delayMs ? { delayMs } : {}) };
  const manners = openManners(guest, env.hosts);
  const session: HttpSession = {
    config,
    env,
    scope,
    manners,
    maxDepth: config.sitemap === 'only' ? 0 : (config.follow?.maxDepth ?? 0),
    pagesPerCheckpoint: 20,
    pagesAhead: isOwnSite(config, net) ? PAGES_AHEAD : 0,
    hasCredentials: (url) => config.headers !== undefined && scope.isSeedHost(url),
    async fetch(url, { known, mayFollow } = {}) {
      await manners.takeTurn(url);
      const response = await net.fetch(url, {
        signal,
        headers: {
          ...ACCEPT,
          ...(scope.isSeedHost(url) ? config.headers : {}),
          ...validators(known),
        },
        maxBytesFor: (contentType) => (isFile(contentType) ? MAX_FILE_BYTES : MAX_HTML_BYTES),
        ...(mayFollow ? { mayFollow } : {}),
      });
      await manners.heed(response);
      return response;
    },
    async ask(url, known) {
      const mayFollow = (target: URL): Promise<boolean> => isWelcome(session, url, target);
      const response = await session.fetch(url, { known, mayFollow });
      const { status, headers } = response;
      return {
        status,
        headers,
        url: response.url,
        received: () => ({
          finalUrl: response.url,
          status,
          headers,
          body: response.body,
          rendered: false,
        }),
        read: (place) => readAnswer(response, place, session),
      };
    },
    async close() {
      stop.abort();
      await net.close();
    },
  };
  return session;
}

/** B7, B8: a page must not send us to other hosts out of scope, nor to one within it without its rules and its turn. */
async function isWelcome(
  { config, scope, manners }: Pick<Session, 'config' | 'scope' | 'manners'>,
  from: string,
  target: URL,
): Promise<boolean> {
  const id = pageId(target.href, config);
  // What is no page of the web is refused by the guard, with its own sentence.
  if (id === undefined || target.host === new URL(from).host) return true;
  if (scope.excludedBy(id) !== undefined || !(await manners.allows(id))) return false;
  await manners.takeTurn(id);
  return true;
}

/** Sites that the operator allows by name bear it; others are asked for one page after the other, so that a slow site gets no more to do. */
function isOwnSite({ urls, delayMs = 0 }: HttpConfig, { guard }: Net): boolean {
  return delayMs <= QUICK_MS && urls.every((url) => guard.isAllowed(new URL(url)));
}

const PAGES_AHEAD = 4;
/** Where turns are further apart, a page comes before the next one's turn anyway. */
const QUICK_MS = 250;

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
