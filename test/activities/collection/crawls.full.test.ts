import { expect, test } from 'vitest';
import { expectKilledCrawlGoesOn, withCrawls } from './crawling.ts';

const crawls = withCrawls();

test('R2: a crawl of 2,000 pages that is killed in the middle goes on, and fetches one batch twice at most', async () => {
  await expect(expectKilledCrawlGoesOn(crawls, 20)).resolves.toBeUndefined();
}, 240_000);
