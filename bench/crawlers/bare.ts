import { Agent, request } from 'undici';
import { USER_AGENT, type Crawler, type CrawlOrder, type CrawlResult } from './crawler.ts';
import { loadLinkFinder } from './links.ts';

/** The least that a crawl costs: a queue, a set, so many requests at once, and what robots.txt forbids by its one prefix. */
export function bareCrawler(get: Get): Crawler {
  return async ({ origin, atOnce }: CrawlOrder): Promise<CrawlResult> => {
    const linksOf = await loadLinkFinder();
    const queue = [`${origin}/`];
    const seen = new Set(queue);
    let [at, underway] = [0, 0];
    const visit = async (url: string): Promise<void> => {
      const html = await get(url);
      for (const link of linksOf(html, url)) {
        if (seen.has(link) || !link.startsWith(`${origin}/`)) continue;
        if (link.startsWith(`${origin}/private/`)) continue;
        seen.add(link);
        queue.push(link);
      }
    };
    await new Promise<void>((resolve, reject) => {
      const begin = (): void => {
        if (at === queue.length && underway === 0) resolve();
        for (let url = queue[at]; url !== undefined && underway < atOnce; url = queue[at]) {
          [at, underway] = [at + 1, underway + 1];
          visit(url).then(() => {
            underway -= 1;
            begin();
          }, reject);
        }
      };
      begin();
    });
    return { pages: at, characters: 0 };
  };
}

type Get = (url: string) => Promise<string>;

/** The client that the product uses, too. */
export function getByUndici(): Get {
  const dispatcher = new Agent({ connections: 100 });
  return async (url) => {
    const { body } = await request(url, { dispatcher, headers: { 'user-agent': USER_AGENT } });
    return body.text();
  };
}

/** What Node has built in. */
export async function getByFetch(url: string): Promise<string> {
  return (await fetch(url, { headers: { 'user-agent': USER_AGENT } })).text();
}
