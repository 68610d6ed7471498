import { readFile } from 'node:fs/promises';
import { articlePage, endlessBody, gzipBomb, redirectTo, type Page } from '../../fakes/site.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, noneSucceeds } from '../steps/runs.ts';

const TRAPPED = 'requests for trap pages';

const TRAPS: Readonly<Record<string, Page>> = {
  '/docs/trap/circle': redirectTo('/docs/trap/circle'),
  '/docs/trap/far-1': redirectTo('/docs/trap/far-2'),
  '/docs/trap/far-2': redirectTo('/docs/trap/far-1'),
  '/docs/trap/endless': endlessBody(),
  '/docs/trap/bomb': gzipBomb(60),
  '/docs/trap/download': {
    headers: { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment' },
    body: Buffer.alloc(1000),
  },
  '/docs/trap/calendar/0': calendarPage(),
};

/** Each day links to the next and to views of itself, without an end. */
function calendarPage(): Page {
  return (request, response) => {
    const day = Number(/calendar\/(\d+)/u.exec(request.url ?? '')?.[1] ?? 0);
    const links = [`/docs/trap/calendar/${day + 1}`, `/docs/trap/calendar/${day}?view=week`];
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(articlePage(`Day ${day}`, links));
  };
}

const setTraps: Step = {
  says: `the site has traps: ${Object.keys(TRAPS).join(', ')}`,
  act: ({ site }) => Promise.resolve(site.addPages(TRAPS)),
};

const boundedCrawl: Step = {
  says: 'the crawl is bound to 40 pages and 3 links of depth',
  act: ({ redefine }) =>
    redefine((one) => ({
      ...one,
      config: { ...one.config, follow: { include: ['/docs/**'], maxPages: 40, maxDepth: 3 } },
    })),
};

/** Of a worker; its own memory, and what one bomb may unpack to. */
const MOST_MEGABYTES = 900;

const boundedMemory: Step = {
  says: `see that every worker has less than ${MOST_MEGABYTES} MB`,
  async act({ crew }) {
    for (const { pid } of crew.members()) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      const megabytes = Number(/VmHWM:\s+(\d+) kB/u.exec(status)?.[1] ?? 0) / 1024;
      if (megabytes > MOST_MEGABYTES) throw new Error(`Worker ${pid} took ${megabytes} MB.`);
    }
  },
};

export const f18: Fault = {
  id: 'F18',
  title: 'pages are traps: circles, bombs, endless bodies and calendars',
  workload: { site: 8 },
  script: () => [boundedCrawl, setTraps, collect(), noneSucceeds, boundedMemory],
  observe: ({ site }) => ({
    [TRAPPED]: site.requests.filter((request) => request.includes('/trap/')).length,
    'requests for the calendar': site.requests.filter((one) => one.includes('/calendar/')).length,
  }),
  heals: 'by itself',
  expects: ({ site }) => {
    // robots.txt, redirects and repetitions included.
    const most = 120;
    return site.requests.length <= most
      ? []
      : [`${site.requests.length} requests were sent for 40 pages.`];
  },
};
