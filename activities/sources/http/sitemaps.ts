import { ApplicationFailure } from '@temporalio/common';
import { meaningOf } from '../../../adapters/net/http-status.ts';
import { retryAfterMs } from '../../../adapters/net/retry-after.ts';
import { parseSitemap, type Sitemap } from '../../../adapters/net/sitemap.ts';
import { failure, isFailureName, type FailureName } from '../../../workflows/failures.ts';
import { pageId, placeOf } from '../web/page-id.ts';
import { SITEMAP_MODES } from './config.ts';
import type { HttpSession } from './session.ts';

export interface SitemapReading {
  /** Ids in the order of the files, each once, out of scope included. */
  readonly pages: readonly string[];
  /** By id, what the files say of the last change, as written. */
  readonly lastmods: ReadonlyMap<string, string>;
  readonly files: readonly { readonly url: string; readonly count: number }[];
  /** Files that could not be read: pages may be missing. */
  readonly problems: readonly SitemapProblem[];
}

interface SitemapProblem {
  readonly failure: FailureName;
  readonly detail: string;
}

/**
 * Reads the sitemaps of the config: the named one, else those that robots.txt of the seeds' hosts names, else `/sitemap.xml` there.
 * Follows indexes. @throws RateLimited - the site asks to wait. @throws what reading robots.txt of a seed's host throws.
 */
export async function readSitemaps(session: HttpSession): Promise<SitemapReading> {
  const pages = new Set<string>();
  const lastmods = new Map<string, string>();
  const files: { url: string; count: number }[] = [];
  const problems: SitemapProblem[] = [];
  const queue = await rootsOf(session);
  const seen = new Set(queue.map((root) => root.url));
  for (let root = queue.shift(); root !== undefined; root = queue.shift()) {
    const found = await readOne(session, root);
    if (found === undefined) continue;
    if ('failure' in found) {
      problems.push(found);
    } else if (found.kind === 'pages') {
      files.push({ url: root.url, count: found.pages.length });
      for (const { url, lastModified } of found.pages) {
        const id = pageId(url, session.config);
        if (id === undefined) continue;
        pages.add(id);
        if (lastModified !== undefined && LASTMOD.test(lastModified))
          lastmods.set(id, lastModified);
      }
    } else {
      const fresh = [...new Set(found.sitemaps)].filter((url) => !seen.has(url));
      const room = root.depth < MAX_DEPTH ? Math.max(0, MAX_FILES - seen.size) : 0;
      for (const url of fresh.slice(0, room)) {
        seen.add(url);
        queue.push({ url, depth: root.depth + 1, guessed: false });
      }
      if (fresh.length > room) problems.push(tooManyFiles(root.url));
    }
  }
  return { pages: [...pages], lastmods, files, problems };
}

interface Root {
  readonly url: string;
  readonly depth: number;
  /** Nobody said that it exists. */
  readonly guessed: boolean;
}

async function rootsOf(session: HttpSession): Promise<Root[]> {
  const { sitemap, urls } = session.config;
  if (!SITEMAP_MODES.has(sitemap)) {
    return [{ url: new URL(sitemap).href, depth: 0, guessed: false }];
  }
  const roots: Root[] = [];
  for (const origin of new Set(urls.map((url) => new URL(url).origin))) {
    const { sitemaps } = await session.manners.robots(origin);
    const named = sitemaps.flatMap((url) => URL.parse(url, origin)?.href ?? []);
    for (const url of new Set(named)) roots.push({ url, depth: 0, guessed: false });
    if (named.length === 0) roots.push({ url: `${origin}/sitemap.xml`, depth: 0, guessed: true });
  }
  return roots;
}

async function readOne(
  session: HttpSession,
  root: Root,
): Promise<Sitemap | SitemapProblem | undefined> {
  try {
    return await fetchOne(session, root);
  } catch (error) {
    session.env.signal.throwIfAborted();
    const isOurs = error instanceof ApplicationFailure && isFailureName(error.type);
    if (!isOurs || error.type === 'RateLimited' || error.type === 'Defect') throw error;
    return { failure: error.type as FailureName, detail: error.message };
  }
}

async function fetchOne(
  session: HttpSession,
  { url, guessed }: Root,
): Promise<Sitemap | undefined> {
  const response = await session.fetch(url);
  const waitMs = retryAfterMs(response.headers['retry-after'], new Date());
  const facts = {
    credentials: session.hasCredentials(url),
    retryAfter: waitMs !== undefined,
  };
  const meaning = meaningOf(response.status, facts);
  if (meaning.kind === 'ok') return parseSitemap(response.body, placeOf(url));
  if (meaning.kind === 'gone' && guessed && session.config.sitemap === 'include') return undefined;
  throw failure(
    meaning.kind === 'failed' ? meaning.failure : 'NotFound',
    `The sitemap "${placeOf(url)}" answered ${response.status}. ${remedyFor(response.status)}`,
    waitMs === undefined ? {} : { retryAfterMs: waitMs },
  );
}

/** An outage passes by itself; a definition is to be changed only for an answer that stays. */
function remedyFor(status: number): string {
  return status === 408 || status === 429 || status >= 500
    ? 'It is asked again by itself.'
    : 'Name another address in "sitemap", or use "skip".';
}

function tooManyFiles(url: string): SitemapProblem {
  return {
    failure: 'InvalidDocument',
    detail: `The sitemap "${placeOf(url)}" leads to more than ${MAX_FILES} files or ${MAX_DEPTH} levels of them. Name a smaller one in "sitemap".`,
  };
}

const MAX_DEPTH = 3;
const MAX_FILES = 500;
/** A date with its offset, in whatever form; whoever writes more means something else, of which a part says nothing. */
const LASTMOD = /^[ -~]{1,64}$/;
