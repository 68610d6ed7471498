import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listPage, productPage, products, type Layout, type Product } from './shop.ts';

/** What the shop does to those who ask. `blocked`, `empty` and `away` are no layouts: nothing could be read of them. */
export type Manner = Layout | 'blocked' | 'empty' | 'away' | 'login';

/** A shop on a loopback port whose layout changes while it runs. */
export interface ShopSite {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly origin: string;
  readonly products: readonly Product[];
  manner: Manner;
  /** What else becomes of the page of a product. */
  edit: (html: string) => string;
  close(): Promise<void>;
}

export async function startShop(
  options: {
    readonly count?: number;
    readonly port?: number;
    /** What it sells, instead of `count` of its own; may change while it runs. */
    readonly products?: readonly Product[];
  } = {},
): Promise<ShopSite> {
  const { count = 24, port = 0 } = options;
  const all = options.products ?? products(count);
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://shop').pathname;
    if (path === '/robots.txt') answer(response, 404, 'There are no rules here.', 'text/plain');
    else if (path === '/sitemap.xml') answer(response, 200, sitemap(site), 'application/xml');
    else serve(response, path, site);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const site: ShopSite = {
    origin: `http://127.0.0.1:${taken}`,
    products: all,
    manner: 'first',
    edit: (html) => html,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return site;
}

function serve(
  response: ServerResponse,
  path: string,
  { manner, edit, products: all }: ShopSite,
): void {
  const product = all.find(({ sku }) => path === `/products/${sku}`);
  if (path !== '/' && product === undefined) return answer(response, 404, 'Not found.');
  if (manner === 'blocked') return answer(response, 403, 'Forbidden.');
  if (manner === 'away') return answer(response, 503, 'Back soon.');
  if (path === '/') return answer(response, 200, listPage(all));
  if (product === undefined || manner === 'empty') return answer(response, 200, EMPTY);
  if (manner === 'login') return answer(response, 200, LOGIN);
  return answer(response, 200, edit(productPage(product, manner, neighbours(product, all))));
}

function sitemap({ origin, products: all }: ShopSite): string {
  const urls = all.map(({ sku }) => `<url><loc>${origin}/products/${sku}</loc></url>`);
  return `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.join('')}</urlset>`;
}

/** The two that follow. */
function neighbours({ sku }: Product, all: readonly Product[]): readonly Product[] {
  const at = all.findIndex((one) => one.sku === sku);
  return [1, 2].flatMap((step) => all[(at + step) % all.length] ?? []);
}

function answer(response: ServerResponse, status: number, body: string, type = 'text/html'): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(body);
}

const EMPTY =
  '<!doctype html><html lang="en"><head><title>Wick</title></head><body><main></main><footer>Wick &amp; Daughters, since 1911</footer></body></html>';
const LOGIN =
  '<!doctype html><html lang="en"><head><title>Sign in</title></head><body><h1>Sign in</h1><form action="/login" method="post"><input name="user"><input type="password" name="password"><button>Sign in</button></form></body></html>';
