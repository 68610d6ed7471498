import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Side } from '../crawlers/main.ts';
import { interleavedRounds } from '../measure/rounds.ts';
import { median, medianRatio } from '../measure/statistics.ts';
import {
  atLeast,
  figure,
  ratioFigure,
  type Bench,
  type BenchOptions,
  type Figure,
  type Report,
} from '../report.ts';
import { startCrawlers, type Crawled, type Crawlers } from '../stage/crawlers.ts';
import { peerVersions } from '../stage/peer-versions.ts';
import { startSiteStub } from '../stage/site-stub.ts';

/** A crawl of a site over HTTP, beside Crawlee, and beside the least that does it. */
export const crawlHttp: Bench = {
  name: 'crawl-http',
  summary: 'A site of 2,000 pages over HTTP, beside Crawlee and a bare loop.',
  run,
};

const PAGES = 2000;
const QUICK_PAGES = 100;
const PAIRS = 10;
const QUICK_PAIRS = 2;
const AT_ONCE = 10;
const OF_PEER = 1.2;
const OF_LIMIT = 0.9;

const CRAWLS = ['wellspring', 'crawlee', 'bare fetch', 'bare undici'] as const;
const READINGS = ['wellspring articles', 'crawlee articles'] as const;
/** A page with its article costs ten times one without, and most of that is the same work on both sides. */
const READ_PAGES = 200;
const READ_PAIRS = 3;

async function run(options: BenchOptions): Promise<Report> {
  const { quick, say } = options;
  const pages = options.rows ?? (quick ? QUICK_PAGES : PAGES);
  const pairs = options.pairs ?? (quick ? QUICK_PAIRS : PAIRS);
  const versions = await peerVersions(['@crawlee/cheerio', 'cheerio']);
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-bench-'));
  await using undo = new AsyncDisposableStack();
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const start = async (sides: readonly Side[], count: number): Promise<Crawlers> => {
    const site = await startSiteStub(folder, count);
    undo.defer(() => site.stop());
    return undo.use(await startCrawlers(sides, { folder, site, pages: count, atOnce: AT_ONCE }));
  };
  const links = await start(CRAWLS, pages);
  const crawls = await interleavedRounds(pairs, CRAWLS, async (side) => {
    say(`crawling ${pages} pages: ${side}`);
    return links.crawl(side);
  });
  const withArticles = Math.min(pages, READ_PAGES);
  const articles = await start(READINGS, withArticles);
  const readings = await interleavedRounds(quick ? QUICK_PAIRS : READ_PAIRS, READINGS, (side) => {
    say(`crawling ${withArticles} pages and reading their articles: ${side}`);
    return articles.crawl(side);
  });
  return report({ pages, pairs, versions, crawls, readings });
}

interface Found {
  readonly pages: number;
  readonly pairs: number;
  readonly versions: Report['servers'];
  readonly crawls: readonly Readonly<Record<(typeof CRAWLS)[number], Crawled>>[];
  readonly readings: readonly Readonly<Record<(typeof READINGS)[number], Crawled>>[];
}

function report({ pages, pairs, versions, crawls, readings }: Found): Report {
  refuseOtherText(readings);
  const ofPeer = ratio(crawls, 'wellspring', 'crawlee');
  const ofLimit = ratio(crawls, 'wellspring', 'bare fetch');
  return {
    servers: versions,
    settings: { pages, pairs, 'at once': AT_ONCE },
    goals: [
      atLeast('pages per CPU-second, of Crawlee', ofPeer.value, OF_PEER),
      atLeast('pages per CPU-second, of fetch and cheerio', ofLimit.value, OF_LIMIT),
    ],
    figures: [
      ...CRAWLS.flatMap((side) => figuresOf(LINKS, side, crawls)),
      ratioFigure(LINKS, 'of Crawlee', ofPeer),
      ratioFigure(LINKS, 'of fetch and cheerio', ofLimit),
      ratioFigure(LINKS, 'of undici and cheerio', ratio(crawls, 'wellspring', 'bare undici')),
      ...READINGS.flatMap((side) => figuresOf(ARTICLES, side, readings)),
      ratioFigure(ARTICLES, 'of Crawlee', ratio(readings, READINGS[0], READINGS[1])),
    ],
    notes: [
      'Links alone: every side fetches, finds links by cheerio on htmlparser2, obeys robots.txt and keeps its frontier in memory; nothing is extracted. Ours is the session and the crawl of an http source with that finder in place of the reading of pages, and with 9 pages ahead instead of 4.',
      'With articles: the http source as it is, and Crawlee with the same reading in the same threads; the texts are compared.',
      "The pace of a guest (50 ms between two requests to a host of one's own) is taken out by a pace that never waits, so CPU time is compared and wall time is not.",
      'A side is void unless it asked for every page once, and for nothing that robots.txt forbids. The bare loops know the one forbidden prefix and nothing else of robots.txt.',
      'Crawlee: persistStorage off, no session pool, no retries, minimum and maximum concurrency as on the other sides.',
    ],
  };
}

const LINKS = 'fetch, links and frontier';
const ARTICLES = `with the articles of up to ${READ_PAGES} pages`;

type Rounds<Name extends Side> = readonly Readonly<Record<Name, Crawled>>[];

function ratio<Name extends Side>(rounds: Rounds<Name>, ours: Name, theirs: Name) {
  return medianRatio(rounds.map((round) => round[theirs].cpuSeconds / round[ours].cpuSeconds));
}

function figuresOf<Name extends Side>(
  group: string,
  side: Name,
  rounds: Rounds<Name>,
): readonly Figure[] {
  const perSecond = (cost: 'cpuSeconds' | 'wallSeconds'): number =>
    median(rounds.map((round) => round[side].pages / round[side][cost]));
  return [
    figure(group, side, perSecond('cpuSeconds'), 'pages/CPU-s'),
    figure(group, `${side}, wall clock`, perSecond('wallSeconds'), 'pages/s'),
  ];
}

/** @throws Error - the same reading gave other texts: the sides did not do the same work. */
function refuseOtherText(rounds: Found['readings']): void {
  const lengths = new Set(
    rounds.flatMap((round) => READINGS.map((side) => round[side].characters)),
  );
  if (lengths.size <= 1) return;
  throw new Error(
    `The sides read texts of ${[...lengths].join(' and ')} characters in all. The bench is void.`,
  );
}
