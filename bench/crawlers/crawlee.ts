import { readInThread } from '../../adapters/extraction/extract-pool.ts';
import { launchOptions } from './chromium.ts';
import { USER_AGENT, type Crawler, type CrawlOrder, type CrawlResult } from './crawler.ts';
import { loadCheerioCrawler, loadPlaywrightCrawler, type CrawleeContext } from './peers.ts';

/** What is done with a page besides following its links: its article, as the product finds it, or nothing. */
export type Extract = 'articles' | 'nothing';

/** Crawlee at its best: nothing kept on disk, no sessions, no retries, as many at once as it is told from the beginning. */
export function cheerioCrawler(extract: Extract): Crawler {
  return async ({ origin, atOnce }) => {
    const { CheerioCrawler, Configuration, log } = await loadCheerioCrawler();
    log.setLevel(0);
    let [pages, characters] = [0, 0];
    const crawler = new CheerioCrawler(
      {
        ...LEAN,
        minConcurrency: atOnce,
        maxConcurrency: atOnce,
        async requestHandler({ request, body, enqueueLinks }: CrawleeContext) {
          pages += 1;
          await enqueueLinks({ strategy: 'same-origin' });
          if (extract === 'nothing') return;
          const page = { text: String(body), url: request.loadedUrl ?? '' };
          const { article } = await readInThread('page', page);
          characters += article.markdown.length;
        },
      },
      new Configuration(IN_MEMORY),
    );
    await crawler.run([`${origin}/`]);
    await crawler.teardown();
    return { pages, characters };
  };
}

/** Crawlee's browser crawler as it comes, with as many tabs as the other sides and the same Chromium. */
export async function playwrightCrawler({ origin, atOnce }: CrawlOrder): Promise<CrawlResult> {
  const { PlaywrightCrawler, Configuration, log } = await loadPlaywrightCrawler();
  log.setLevel(0);
  let pages = 0;
  const crawler = new PlaywrightCrawler(
    {
      launchContext: { launchOptions: await launchOptions() },
      minConcurrency: atOnce,
      maxConcurrency: atOnce,
      respectRobotsTxtFile: ROBOTS,
      async requestHandler({ page, enqueueLinks }: CrawleeContext) {
        if ((await page.content()) !== '') pages += 1;
        await enqueueLinks({ strategy: 'same-origin' });
      },
    },
    new Configuration(IN_MEMORY),
  );
  await crawler.run([`${origin}/`]);
  await crawler.teardown();
  return { pages, characters: 0 };
}

/** It asks as a browser would in any case; robots.txt is read for the same name as on the other sides. */
const ROBOTS = { userAgent: USER_AGENT };

const LEAN = {
  respectRobotsTxtFile: ROBOTS,
  useSessionPool: false,
  maxRequestRetries: 0,
};

const IN_MEMORY = { persistStorage: false, purgeOnStart: false };
