import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A web site on a loopback port, with whatever manners a test needs. */
export interface Site {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly origin: string;
  readonly host: string;
  /** `METHOD path?query` of every request, in order. */
  readonly requests: readonly string[];
  /** The headers of the last request for this path with query. */
  headersOf(path: string): IncomingMessage['headers'] | undefined;
  /** Adds or replaces a page while the site runs. */
  put(path: string, page: Page): void;
  remove(path: string): void;
  close(): Promise<void>;
}

export type Page =
  /** An HTML page. */
  | string
  | PageAnswer
  | ((
      request: IncomingMessage,
      response: ServerResponse,
      site: { readonly origin: string },
    ) => void);

export interface PageAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Serves `pages` by path (with query first, then without, then `*`); everything else is 404. `@ORIGIN@` in a text is the origin. */
export async function startSite(pages: Readonly<Record<string, Page>> = {}): Promise<Site> {
  const known = new Map(Object.entries(pages));
  const requests: string[] = [];
  const headers = new Map<string, IncomingMessage['headers']>();
  let origin = '';
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(`${request.method ?? 'GET'} ${path}`);
    headers.set(path, request.headers);
    const page = known.get(path) ?? known.get(path.split('?')[0] ?? path) ?? known.get('*');
    if (typeof page === 'function') page(request, response, { origin });
    else answer(response, page ?? { status: 404, body: 'nothing here' }, origin);
  });
  const port = await listenOnFreshPort(server);
  origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    host: `127.0.0.1:${port}`,
    requests,
    headersOf: (path) => headers.get(path),
    put: (path, page) => void known.set(path, page),
    remove: (path) => void known.delete(path),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Never a port twice: what is remembered of hosts (robots.txt, pace) must not pass from one test to the next. */
async function listenOnFreshPort(server: Server): Promise<number> {
  for (;;) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    if (!usedPorts.has(port)) {
      usedPorts.add(port);
      return port;
    }
    await new Promise((resolve) => server.close(resolve));
  }
}

const usedPorts = new Set<number>();

function answer(response: ServerResponse, page: string | PageAnswer, origin: string): void {
  const {
    status = 200,
    headers = {},
    body = '',
  } = typeof page === 'string' ? { body: page } : page;
  const filled = Object.entries(headers).map(([name, value]) => [
    name,
    value.replaceAll('@ORIGIN@', origin),
  ]);
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    ...Object.fromEntries(filled),
  });
  response.end(typeof body === 'string' ? body.replaceAll('@ORIGIN@', origin) : body);
}

/** An article long enough to be taken for one, whose text tells it from all others. */
export function articlePage(title: string, links: readonly string[] = [], head = ''): string {
  const sentence = `The chapter about ${title} explains, with care, how ${title} is set up, used and removed again.`;
  return `<!doctype html><html lang="en"><head><title>${title}</title>${head}</head><body>
<nav>${links.map((link) => `<a href="${link}">${link}</a>`).join(' ')}</nav>
<main><article><h1>${title}</h1>${`<p>${sentence} ${sentence}</p>`.repeat(4)}</article></main>
<footer>All rights reserved.</footer></body></html>`;
}

export function redirectTo(location: string, status = 302): PageAnswer {
  return { status, headers: { location } };
}

/** Answers 304 to the validator that it hands out. */
export function withEtag(html: string, etag: string): Page {
  return (request, response) => {
    const same = request.headers['if-none-match'] === etag;
    response.writeHead(same ? 304 : 200, { etag, 'content-type': 'text/html' });
    response.end(same ? undefined : html);
  };
}

/** `megabytes` of zeros in a few kilobytes. */
export function gzipBomb(megabytes: number): PageAnswer {
  const body = gzipSync(Buffer.alloc(megabytes * 1024 * 1024));
  return { headers: { 'content-encoding': 'gzip' }, body };
}

/** Sends until the other side hangs up. */
export function endlessBody(): Page {
  return (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    response.writeHead(200, { 'content-type': 'text/html' });
    const send = (): void => {
      if (response.destroyed) return;
      if (response.write(chunk)) setImmediate(send);
      else response.once('drain', send);
    };
    send();
  };
}

/** One byte each 50 ms, without an end. */
export function slowBody(): Page {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(timer));
  };
}

/** A page a day, each with a link to the next and to five views of itself. */
export function calendar(): Page {
  return (request, response) => {
    const day = Number(/\d+/.exec(request.url?.split('?')[0] ?? '')?.[0] ?? 0);
    const views = Array.from({ length: 5 }, (_, view) => `/calendar/${day}?view=${day}-${view}`);
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(articlePage(`Day ${day}`, [`/calendar/${day + 1}`, ...views]));
  };
}
