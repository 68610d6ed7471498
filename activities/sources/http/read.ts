import type { AgainMessage, ReadMessage, SourceEnv } from '../contract.ts';
import { addSeeds, crawl, crawlAgain } from '../web/crawl.ts';
import type { CrawlCursor } from '../web/crawl-cursor.ts';
import type { Frontier } from '../web/frontier.ts';
import type { HttpConfig } from './config.ts';
import { openSession, type HttpSession } from './session.ts';
import { readSitemaps } from './sitemaps.ts';

/** Crawls from the seeds and the sitemaps. Errors as `crawl` says. */
export async function* readHttp(
  config: HttpConfig,
  from: CrawlCursor | null,
  env: SourceEnv,
): AsyncGenerator<ReadMessage<CrawlCursor>> {
  env.signal.throwIfAborted();
  const session = openSession(config, env);
  try {
    yield* crawl(session, from, (frontier) => fill(session, frontier));
  } finally {
    await session.close();
  }
}

/** Fetches these pages alone. */
export async function* readPagesAgain(
  config: HttpConfig,
  ids: readonly string[],
  env: SourceEnv,
): AsyncGenerator<AgainMessage> {
  const session = openSession(config, env);
  try {
    yield* crawlAgain(session, ids);
  } finally {
    await session.close();
  }
}

async function fill(session: HttpSession, frontier: Frontier): Promise<void> {
  const { config, scope } = session;
  if (config.sitemap !== 'only') addSeeds(session, frontier);
  if (config.sitemap === 'skip') return;
  const { pages, lastmods, problems } = await readSitemaps(session);
  for (const problem of problems) {
    frontier.hide(problem.detail);
    frontier.noteFailure(problem.failure, problem.detail);
  }
  for (const id of pages) {
    if (scope.excludedBy(id) === undefined) frontier.add(id, 0, lastmods.get(id));
  }
}
