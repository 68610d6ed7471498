import type { CrawlOrder, CrawlResult } from '../crawlers/crawler.ts';
import type { Side } from '../crawlers/main.ts';
import { Agent, fetch } from 'undici';
import { cpuSeconds } from '../measure/process-usage.ts';
import { startProgram, type Program } from './programs.ts';
import type { SiteStub } from './site-stub.ts';

/** What one crawl of the site cost the process of its side, all threads. */
export interface Crawled extends CrawlResult {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** A process for each side, so that none runs on what another one left behind. */
export interface Crawlers extends AsyncDisposable {
  /** @throws Error - it did not read every page once, or read what it may not: then its time is worth nothing. */
  crawl(side: Side): Promise<Crawled>;
}

export interface CrawlersOptions {
  readonly folder: string;
  readonly site: SiteStub;
  readonly pages: number;
  readonly atOnce: number;
}

export async function startCrawlers(
  sides: readonly Side[],
  { folder, site, pages, atOnce }: CrawlersOptions,
): Promise<Crawlers> {
  await using undo = new AsyncDisposableStack();
  const programs = new Map<Side, Program>();
  for (const side of sides) {
    const program = await startCrawler(side, folder);
    undo.defer(() => program.stop());
    programs.set(side, program);
  }
  const owned = undo.move();
  return {
    async crawl(side) {
      const program = programs.get(side);
      if (program === undefined) throw new Error(`No process was started for "${side}".`);
      await site.reset(0);
      const [cpuBefore, startedMs] = [cpuSeconds(program.pid), performance.now()];
      const result = await order(program, { origin: site.url, atOnce, maxPages: pages * 3 }, side);
      const crawled = {
        ...result,
        cpuSeconds: cpuSeconds(program.pid) - cpuBefore,
        wallSeconds: (performance.now() - startedMs) / 1000,
      };
      await refuseDifference(site, side, crawled, pages);
      return crawled;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function startCrawler(side: Side, folder: string): Promise<Program> {
  return startProgram({
    name: side.replaceAll(' ', '-'),
    file: new URL('../crawlers/main.ts', import.meta.url),
    folder,
    args: [side],
    readyPath: '/',
  });
}

async function order(program: Program, given: CrawlOrder, side: Side): Promise<CrawlResult> {
  const answer = await fetch(program.url, {
    method: 'POST',
    body: JSON.stringify(given),
    // A crawl of minutes answers at its end.
    dispatcher: PATIENT,
  });
  if (!answer.ok) throw new Error(`The side "${side}" broke: ${await answer.text()}`);
  return (await answer.json()) as CrawlResult;
}

/** All pages of the site are one set: whoever has read so many different ones, and nothing else, has read the same as the others. */
async function refuseDifference(
  site: SiteStub,
  side: Side,
  { pages: read }: CrawlResult,
  pages: number,
): Promise<void> {
  const { pages: asked, repeated, forbidden, missing } = await site.tally();
  if (read === pages && asked === pages && repeated + forbidden + missing === 0) return;
  throw new Error(
    `Of ${pages} pages the side "${side}" asked for ${asked} and read ${read}; ${repeated} requests came again, ${forbidden} were for what robots.txt forbids, ${missing} for what is not there. The bench is void.`,
  );
}

const PATIENT = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
