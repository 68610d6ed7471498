import { chromium, type Page } from 'playwright-core';
import { bareCrawler } from './bare.ts';
import { launchOptions } from './chromium.ts';
import { USER_AGENT, type CrawlOrder, type CrawlResult } from './crawler.ts';

/** The least that rendering costs: one Chromium, one context, so many pages, each used again and again. */
export async function bareBrowser(order: CrawlOrder): Promise<CrawlResult> {
  const browser = await chromium.launch(await launchOptions());
  try {
    const context = await browser.newContext({ userAgent: USER_AGENT });
    const free: Page[] = [];
    const crawl = bareCrawler(async (url) => {
      const page = free.pop() ?? (await context.newPage());
      await page.goto(url, { waitUntil: 'domcontentloaded' });
      const html = await page.content();
      free.push(page);
      return html;
    });
    return await crawl(order);
  } finally {
    await browser.close();
  }
}
