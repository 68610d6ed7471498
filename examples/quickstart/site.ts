import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { marked } from 'marked';

/**
 * The web site of the quickstart: the project's own documentation as HTML, and a glossary that a script draws in the browser.
 * Usage: `node examples/quickstart/site.ts <port>`; it answers on 127.0.0.1 until it is ended.
 */
const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const PAGES = fileURLToPath(new URL('./pages/', import.meta.url));
const [port = '0'] = process.argv.slice(2);

const server = createServer((request, response) => {
  const page = findPage(new URL(request.url ?? '/', 'http://site').pathname);
  if (page) send(request, response, page);
  else response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.\n');
});
server.listen(Number(port), '127.0.0.1', () => console.log(`site on http://127.0.0.1:${port}`));
process.once('SIGTERM', () => {
  server.closeAllConnections();
  server.close();
});

interface Page {
  readonly type: string;
  readonly body: string;
  readonly modified: Date;
}

function findPage(path: string): Page | undefined {
  if (path === '/robots.txt')
    return { type: 'text/plain', body: 'User-agent: *\nAllow: /\n', modified: new Date(0) };
  if (path === '/' || path === '/docs' || path === '/docs/') return contents();
  if (path === '/glossary') return file(join(PAGES, 'glossary.html'), 'text/html; charset=utf-8');
  if (path === '/glossary.json') return file(join(PAGES, 'glossary.json'), 'application/json');
  const name = basename(path);
  return path === `/docs/${name}` && documents().includes(`${name}.md`) ? article(name) : undefined;
}

function documents(): string[] {
  return readdirSync(DOCS)
    .filter((name) => name.endsWith('.md'))
    .toSorted();
}

function contents(): Page {
  const items = documents().map(
    (name) => `<li><a href="/docs/${name.replace(/\.md$/, '')}">${titleOf(name)}</a></li>`,
  );
  const body = `<h1>The Wellspring handbook</h1><p>One page for each question that somebody has asked.</p><ul>${items.join('')}</ul>`;
  return {
    type: 'text/html; charset=utf-8',
    body: layout('The Wellspring handbook', body),
    modified: statSync(DOCS).mtime,
  };
}

function article(name: string): Page {
  const path = join(DOCS, `${name}.md`);
  const html = withServedLinks(marked.parse(readFileSync(path, 'utf8'), { async: false }));
  return {
    type: 'text/html; charset=utf-8',
    body: layout(titleOf(`${name}.md`), html),
    modified: statSync(path).mtime,
  };
}

/** Pages link to each other by file name, for readers of the repository; here they lie elsewhere, and the rest of it is not served. */
function withServedLinks(html: string): string {
  return html
    .replaceAll(/href="([\w-]+)\.md(#[^"]*)?"/g, 'href="/docs/$1$2"')
    .replaceAll(/<a href="\.\.\/[^"]*">(.*?)<\/a>/g, '$1');
}

function titleOf(name: string): string {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(DOCS, name), 'utf8')) ?? [];
  return title ?? name;
}

function layout(title: string, main: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title} · Wellspring</title></head>
<body><header><nav><a href="/docs/">Contents</a> <a href="/glossary">Glossary</a></nav></header>
<main><article>${main}</article></main><footer>Served by the quickstart of Wellspring.</footer></body></html>`;
}

function file(path: string, type: string): Page {
  return { type, body: readFileSync(path, 'utf8'), modified: statSync(path).mtime };
}

/** With validators, so that an unchanged page costs a 304. */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  { type, body, modified }: Page,
): void {
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
  const headers = {
    'content-type': type,
    etag,
    'last-modified': modified.toUTCString(),
    'cache-control': 'no-cache',
  };
  if (request.headers['if-none-match'] === etag) response.writeHead(304, headers).end();
  else response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : body);
}
