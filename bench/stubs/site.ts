import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { argv } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateSite } from './site-pages.ts';

// A web site that notes who asked for what, a process of its own: `node bench/stubs/site.ts <port> <pages>`. `/-/…` is for the bench.

/** What the site was asked for since its last reset. */
export interface SiteTally {
  /** Different pages that were asked for, and a digest of their addresses: equal sets have equal digests. */
  readonly pages: number;
  readonly digest: string;
  /** Requests for a page that was asked for before. */
  readonly repeated: number;
  /** Requests for what robots.txt forbids. */
  readonly forbidden: number;
  readonly robots: number;
  /** Requests for what is not there. */
  readonly missing: number;
}

const { pages, robots, forbidden } = generateSite(Number(argv[3]));
let latencyMs = 0;
let asked = new Map<string, number>();

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const path = request.url ?? '/';
  if (path.startsWith('/-/')) return control(new URL(path, 'http://stub'), response);
  asked.set(path, (asked.get(path) ?? 0) + 1);
  if (latencyMs === 0) return answer(path, response);
  return void sleep(latencyMs).then(() => answer(path, response));
});
server.listen(Number(argv[2]), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});

function answer(path: string, response: ServerResponse): void {
  const page = pages.get(path);
  if (page) response.writeHead(200, { 'content-type': HTML, 'content-length': page.length });
  else if (path === ROBOTS) response.writeHead(200, { 'content-type': 'text/plain' });
  else if (BESIDES.has(path)) response.writeHead(200, { 'content-type': 'text/css' });
  else response.writeHead(404, { 'content-type': HTML });
  response.end(page ?? (path === ROBOTS ? robots : ''));
}

const HTML = 'text/html; charset=utf-8';
const ROBOTS = '/robots.txt';
/** What browsers ask for by themselves: neither pages nor missing. */
const BESIDES: ReadonlySet<string> = new Set(['/style.css', '/favicon.ico']);

function control(url: URL, response: ServerResponse): void {
  if (url.pathname === '/-/reset') {
    asked = new Map();
    latencyMs = Number(url.searchParams.get('latencyMs') ?? latencyMs);
  }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(tally()));
}

function tally(): SiteTally {
  const paths = [...asked.keys()];
  const ofPages = paths.filter((path) => pages.has(path)).toSorted();
  return {
    pages: ofPages.length,
    digest: createHash('sha256').update(ofPages.join('\n')).digest('hex'),
    repeated: ofPages.reduce((sum, path) => sum + (asked.get(path) ?? 0) - 1, 0),
    forbidden: paths.filter((path) => path.startsWith(forbidden)).length,
    robots: asked.get(ROBOTS) ?? 0,
    missing: paths.filter((path) => path !== ROBOTS && !BESIDES.has(path) && !pages.has(path))
      .length,
  };
}
