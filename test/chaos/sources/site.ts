import { startSite, type Page, type Site } from '../../fakes/site.ts';
import { textOf, type ChaosSource } from './source.ts';

export interface SiteSource extends ChaosSource {
  readonly host: string;
  readonly requests: Site['requests'];
  /** Every page is this one from now on; without one, the site is itself again. */
  pretend(page?: Page): void;
  /** Makes the page a PDF of this size, in a next version. */
  serveFile(number: number, megabytes: number): void;
  /** More pages, which page 1 links to; they are no part of the truth. */
  addPages(pages: Readonly<Record<string, Page>>): void;
}

/** A web site: page 1 links to all others. */
export async function openSite(count: number): Promise<SiteSource> {
  const truth = new Map<number, number>();
  const site = await startSite();
  let pretended: Page | undefined;
  let extra: readonly string[] = [];
  const write = (number: number): void => {
    const others = [...truth.keys()].filter((other) => other !== number);
    const links = number === 1 ? [...others.map((other) => pathOf(other)), ...extra] : [pathOf(1)];
    site.put(pathOf(number), pretended ?? pageOf(number, truth.get(number) ?? 1, links));
  };
  const put: ChaosSource['put'] = async (...numbers) => {
    for (const number of numbers) truth.set(number, (truth.get(number) ?? 0) + 1);
    for (const number of new Set([...numbers, 1])) write(number);
    return Promise.resolve();
  };
  await put(...Array.from({ length: count }, (_, at) => at + 1));
  return {
    id: 'site',
    truth,
    host: site.host,
    requests: site.requests,
    definition: {
      type: 'http',
      config: {
        urls: [`${site.origin}${pathOf(1)}`],
        follow: { include: ['/docs/**'] },
        delayMs: 50,
      },
    },
    put,
    pretend(page) {
      pretended = page;
      for (const number of truth.keys()) write(number);
    },
    serveFile(number, megabytes) {
      const version = (truth.get(number) ?? 0) + 1;
      truth.set(number, version);
      const body = Buffer.alloc(megabytes * 1024 * 1024, ' ');
      body.write(`%PDF-1.4\n${textOf('site', number, version)}\n`);
      site.put(pathOf(number), { headers: { 'content-type': 'application/pdf' }, body });
    },
    addPages(pages) {
      for (const [path, page] of Object.entries(pages)) site.put(path, page);
      extra = [...extra, ...Object.keys(pages)];
      write(1);
    },
    remove(...numbers) {
      for (const number of numbers) {
        truth.delete(number);
        site.remove(pathOf(number));
      }
      write(1);
      return Promise.resolve();
    },
    close: () => site.close(),
  };
}

function pathOf(number: number): string {
  return `/docs/${number}`;
}

function pageOf(number: number, version: number, links: readonly string[]): string {
  const paragraphs = textOf('site', number, version)
    .split('\n\n')
    .map((text) => `<p>${text}</p>`)
    .join('');
  const navigation = links.map((path) => `<a href="${path}">${path}</a>`).join(' ');
  return `<!doctype html><html lang="en"><head><title>Page ${number}</title></head><body>
<nav>${navigation}</nav><main><article><h1>Page ${number}</h1>${paragraphs}</article></main></body></html>`;
}
