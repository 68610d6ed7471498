import { describeCrawlStore } from '../../../contracts/crawl-store.ts';
import { memoryCrawls } from '../../../../activities/sources/conformance/memory-crawls.ts';

describeCrawlStore('the memory of tests', () =>
  Promise.resolve({ store: memoryCrawls(), commit: () => Promise.resolve() }),
);
