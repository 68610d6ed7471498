import { http } from '../../activities/sources/http.ts';
import { HttpConfig } from '../../activities/sources/http/config.ts';
import { BrowserConfig } from '../../activities/sources/browser/config.ts';
import { openSession as openBrowser } from '../../activities/sources/browser/session.ts';
import { openSession as openHttp } from '../../activities/sources/http/session.ts';
import { crawl } from '../../activities/sources/web/crawl.ts';
import type { Answer, PageReading, Session } from '../../activities/sources/web/session.ts';
import type { RenderedPage } from '../../adapters/browser/render.ts';
import { decodePage } from '../../adapters/extraction/page.ts';
import { benchChromium } from './chromium.ts';
import type { Crawler, CrawlOrder, CrawlResult } from './crawler.ts';
import { loadLinkFinder } from './links.ts';
import { benchEnv } from './source-env.ts';

/**
 * The crawl of the product, whole but for the reading of pages: the session, frontier, scope, robots.txt, guard, client and checkpoints of
 * an `http` source, with the links found as the other sides find them, and as many requests at once.
 */
export async function wellspringLinks(order: CrawlOrder): Promise<CrawlResult> {
  const session = openHttp(HttpConfig.parse(configOf(order)), benchEnv(order.origin));
  return crawlLinks(session, order, async (url) => {
    const { body, ...response } = await session.fetch(url);
    const html = (): string => decodePage(body, response.headers['content-type'], response.url);
    return { ...response, html };
  });
}

/** The same of a `browser` source, whose pages are ready when they show their article. */
export async function wellspringBrowser(order: CrawlOrder): Promise<CrawlResult> {
  const config = BrowserConfig.parse({ ...configOf(order), waitFor: 'article' });
  const session = await openBrowser(config, benchEnv(order.origin, benchChromium));
  return crawlLinks(session, order, async (url) => {
    const answer = await session.ask(url);
    // What a browser answers is the page as it was rendered.
    return { ...answer, html: () => (answer as unknown as RenderedPage).html };
  });
}

type Ask = (url: string) => Promise<Omit<Answer, 'read'> & { readonly html: () => string }>;

async function crawlLinks(own: Session, { atOnce }: CrawlOrder, ask: Ask): Promise<CrawlResult> {
  const linksOf = await loadLinkFinder();
  let pages = 0;
  const session: Session = {
    ...own,
    pagesAhead: atOnce - 1,
    async ask(url) {
      const { html, ...answer } = await ask(url);
      const read = (): PageReading => {
        pages += 1;
        return { messages: [], links: linksOf(html(), answer.url) };
      };
      return { ...answer, read: () => Promise.resolve(read()) };
    },
  };
  try {
    for await (const message of crawl(session, null))
      if (message.kind === 'failed') throw new Error(message.detail);
  } finally {
    await session.close();
  }
  return { pages, characters: 0 };
}

/** The `http` source as it is. */
export const wellspringArticles: Crawler = async (order) => {
  let [pages, characters] = [0, 0];
  for await (const message of http.open(configOf(order)).read(null, benchEnv(order.origin))) {
    if (message.kind !== 'document') continue;
    pages += 1;
    if (message.document.body.kind === 'markdown') characters += message.document.body.text.length;
  }
  return { pages, characters };
};

function configOf({ origin, maxPages }: CrawlOrder) {
  return { urls: [`${origin}/`], follow: { maxDepth: 20, maxPages } };
}
