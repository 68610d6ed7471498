import { describeCrawlStore } from '../contracts/crawl-store.ts';
import { memoryCrawls } from './crawl-store.ts';

describeCrawlStore('the memory of tests', () =>
  Promise.resolve({ store: memoryCrawls(), commit: () => Promise.resolve() }),
);
