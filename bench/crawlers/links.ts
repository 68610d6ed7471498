import { loadCheerio } from './peers.ts';

/** The addresses of a page's links, absolute and without fragments, each once: by cheerio on htmlparser2, as Crawlee parses, too. */
export async function loadLinkFinder(): Promise<(html: string, url: string) => readonly string[]> {
  const { load } = await loadCheerio();
  return (html, url) => {
    const found = new Set<string>();
    for (const { attribs } of load(html, { xml: { xmlMode: false } })('a[href]').toArray()) {
      const target = URL.parse(attribs?.['href'] ?? '', url);
      if (target !== null) found.add(target.href.split('#')[0] ?? target.href);
    }
    return [...found];
  };
}
