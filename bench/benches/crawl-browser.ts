import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleavedRounds } from '../measure/rounds.ts';
import { median, medianRatio } from '../measure/statistics.ts';
import {
  atLeast,
  figure,
  ratioFigure,
  type Bench,
  type BenchOptions,
  type Report,
} from '../report.ts';
import { startCrawlers, type Crawled } from '../stage/crawlers.ts';
import { peerVersions } from '../stage/peer-versions.ts';
import { startSiteStub } from '../stage/site-stub.ts';

/** A crawl of a site with a browser, beside Crawlee, and beside pages that are used again and again. */
export const crawlBrowser: Bench = {
  name: 'crawl-browser',
  summary: 'A site of 200 pages rendered in two tabs, beside Crawlee and bare reused pages.',
  run,
};

const PAGES = 200;
const QUICK_PAGES = 20;
const PAIRS = 10;
const QUICK_PAIRS = 2;
const TABS = 2;
const OF_PEER = 2;
const OF_LIMIT = 0.9;

const SIDES = ['wellspring browser', 'PlaywrightCrawler', 'reused pages'] as const;
type Side = (typeof SIDES)[number];
type Rounds = readonly Readonly<Record<Side, Crawled>>[];

async function run(options: BenchOptions): Promise<Report> {
  const { quick, say } = options;
  const pages = options.rows ?? (quick ? QUICK_PAGES : PAGES);
  const pairs = options.pairs ?? (quick ? QUICK_PAIRS : PAIRS);
  const versions = await peerVersions(['@crawlee/playwright', 'playwright']);
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-bench-'));
  await using undo = new AsyncDisposableStack();
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const site = await startSiteStub(folder, pages);
  undo.defer(() => site.stop());
  const crawlers = undo.use(await startCrawlers(SIDES, { folder, site, pages, atOnce: TABS }));
  const rounds = await interleavedRounds(pairs, SIDES, (side) => {
    say(`rendering ${pages} pages: ${side}`);
    return crawlers.crawl(side);
  });
  return report({ pages, pairs, versions, rounds });
}

interface Found {
  readonly pages: number;
  readonly pairs: number;
  readonly versions: Report['servers'];
  readonly rounds: Rounds;
}

function report({ pages, pairs, versions, rounds }: Found): Report {
  const ofPeer = ratio(rounds, 'PlaywrightCrawler');
  const ofLimit = ratio(rounds, 'reused pages');
  return {
    servers: versions,
    settings: { pages, pairs, tabs: TABS },
    goals: [
      atLeast('pages per second, of PlaywrightCrawler', ofPeer.value, OF_PEER),
      atLeast('pages per second, of bare reused pages', ofLimit.value, OF_LIMIT),
    ],
    figures: [
      ...SIDES.map((side) => figure('rendering', side, perSecond(rounds, side), 'pages/s')),
      ratioFigure('rendering', 'of PlaywrightCrawler', ofPeer),
      ratioFigure('rendering', 'of bare reused pages', ofLimit),
    ],
    notes: [
      'Ours is the session and the crawl of a browser source with links found by cheerio in place of the reading of pages. It waits for the element "article" of each page; without "waitFor" a page waits until the network was quiet for half a second.',
      'All sides use the Chromium that a worker would use, start it in each run, and obey robots.txt, the limit by its one prefix. PlaywrightCrawler has its own settings but for the tabs and the files, which it keeps in memory.',
      'A side is void unless it asked for every page once, and for nothing that robots.txt forbids.',
    ],
  };
}

function ratio(rounds: Rounds, other: Side) {
  return medianRatio(
    rounds.map((round) => round[other].wallSeconds / round['wellspring browser'].wallSeconds),
  );
}

function perSecond(rounds: Rounds, side: Side): number {
  return median(rounds.map((round) => round[side].pages / round[side].wallSeconds));
}
