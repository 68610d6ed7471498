import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { startSite, type Site } from './site.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.md': 'text/markdown; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
};

/** Serves the Markdown and HTML files below a folder as they are at each request, with a sitemap of them and honest validators. */
export function serveFolder(folder: () => string): Promise<Site> {
  return startSite({
    '/robots.txt': { status: 404 },
    '/sitemap.xml': (_request, response, { origin }) => {
      const names = readdirSync(folder(), { recursive: true, encoding: 'utf8' });
      const pages = names.filter((name) => extname(name) in TYPES);
      response.setHeader('content-type', 'application/xml');
      response.end(
        `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${pages
          .map((path) => `<url><loc>${origin}/${path}</loc></url>`)
          .join('')}</urlset>`,
      );
    },
    '*': (request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname);
      const type = TYPES[extname(path)];
      const text = textOf(join(folder(), path));
      if (text === undefined || type === undefined) {
        response.writeHead(404).end();
        return;
      }
      const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;
      if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
      else response.writeHead(200, { 'content-type': type, etag }).end(text);
    },
  });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
