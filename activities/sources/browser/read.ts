import type { ReadMessage, SourceEnv } from '../contract.ts';
import { crawl } from '../web/crawl.ts';
import type { CrawlCursor } from '../web/crawl-cursor.ts';
import type { BrowserConfig } from './config.ts';
import { openSession } from './session.ts';

/** Crawls from the seeds, rendering each page. Errors as `crawl` says. @throws InvalidConfig - there is no Chromium. */
export async function* readBrowser(
  config: BrowserConfig,
  from: CrawlCursor | null,
  env: SourceEnv,
): AsyncGenerator<ReadMessage<CrawlCursor>> {
  env.signal.throwIfAborted();
  const session = await openSession(config, env);
  try {
    yield* crawl(session, from);
  } finally {
    await session.close();
  }
}
