import { createServer, type IncomingMessage } from 'node:http';
import { argv } from 'node:process';
import { bareBrowser } from './bare-browser.ts';
import { bareCrawler, getByFetch, getByUndici } from './bare.ts';
import { cheerioCrawler, playwrightCrawler } from './crawlee.ts';
import type { Crawler, CrawlOrder } from './crawler.ts';
import { wellspringArticles, wellspringBrowser, wellspringLinks } from './wellspring.ts';

// One side of a crawling bench, a process of its own: `node bench/crawlers/main.ts <port> <side>`. It gets an order by POST and
// answers with the result.

const SIDES = {
  'bare fetch': () => bareCrawler(getByFetch),
  'bare undici': () => bareCrawler(getByUndici()),
  crawlee: () => cheerioCrawler('nothing'),
  'crawlee articles': () => cheerioCrawler('articles'),
  wellspring: () => wellspringLinks,
  'wellspring articles': () => wellspringArticles,
  'reused pages': () => bareBrowser,
  PlaywrightCrawler: () => playwrightCrawler,
  'wellspring browser': () => wellspringBrowser,
} satisfies Readonly<Record<string, () => Crawler>>;

/** The sides of the benches by name. */
export type Side = keyof typeof SIDES;

const crawl: Crawler = SIDES[argv[3] as Side]();

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.end('ready');
    return;
  }
  orderOf(request)
    .then(crawl)
    .then(
      (result) => response.end(JSON.stringify(result)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
});
server.requestTimeout = 0;
server.listen(Number(argv[2]), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});

/** From the bench alone, so it has its type. */
async function orderOf(request: IncomingMessage): Promise<CrawlOrder> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as CrawlOrder;
}
