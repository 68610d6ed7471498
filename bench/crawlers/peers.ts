import { notInstalled } from '../stage/peer-versions.ts';

// The peers are no dependencies of the product, so their types are not there when they are not installed: what the benches use of them.

export interface Selection {
  toArray(): readonly { readonly attribs?: Readonly<Record<string, string>> }[];
}

export interface Cheerio {
  readonly load: (html: string, options: { readonly xml: { readonly xmlMode: false } }) => Query;
}

type Query = (selector: string) => Selection;

/** Settings of Crawlee, as its documentation names them. */
type Options = Readonly<Record<string, unknown>>;

export interface CrawleeContext {
  readonly request: { readonly loadedUrl?: string };
  readonly body: string | Buffer;
  readonly page: { content(): Promise<string> };
  readonly enqueueLinks: (options: { readonly strategy: 'same-origin' }) => Promise<unknown>;
}

interface CrawleeClasses {
  readonly Configuration: new (options: Options) => object;
  readonly log: { setLevel(level: number): void };
}

interface CrawleeCrawler {
  run(urls: readonly string[]): Promise<unknown>;
  teardown(): Promise<void>;
}

type CrawlerClass = new (options: Options, configuration: object) => CrawleeCrawler;

export function loadCheerio(): Promise<Cheerio> {
  return loadPeer<Cheerio>('cheerio');
}

export function loadCheerioCrawler(): Promise<CrawleeClasses & { CheerioCrawler: CrawlerClass }> {
  return loadPeer('@crawlee/cheerio');
}

export function loadPlaywrightCrawler(): Promise<
  CrawleeClasses & { PlaywrightCrawler: CrawlerClass }
> {
  return loadPeer('@crawlee/playwright');
}

/** @throws Error - it is not installed; says what to type. */
async function loadPeer<Package>(name: string): Promise<Package> {
  try {
    return (await import(name)) as Package;
  } catch (cause) {
    throw notInstalled(name, cause);
  }
}
