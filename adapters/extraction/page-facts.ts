import type { PageDocument, PageElement } from './dom.ts';

/** What a page says about itself, besides its text. */
export interface PageFacts {
  readonly title?: string;
  /** The first `h1`. */
  readonly heading?: string;
  /** Absolute http(s) addresses that the page links to, without fragments, each once, in order. */
  readonly links: readonly string[];
  /** Absolute address of `rel=canonical`. */
  readonly canonical?: string;
  /** The page asks not to be stored. */
  readonly noindex: boolean;
  /** The page asks not to follow its links. */
  readonly nofollow: boolean;
  readonly lang?: string;
  /** ISO 8601 in UTC, from the page's own words. */
  readonly modified?: string;
  /** There is a field for a password. */
  readonly passwordField: boolean;
  /** Has it scripts of its own, and does it say that it needs them? */
  readonly scripts: 'none' | 'some' | 'needed';
}

/** Reads the facts and makes the addresses of links and images in `document` absolute. */
export function pageFacts(document: PageDocument, url: string): PageFacts {
  const base = baseOf(document, url);
  const links = absoluteLinks(document, base);
  const robots = metaContents(document, 'robots').join(',').toLowerCase();
  return {
    ...textFact('title', firstText(document, 'title')),
    ...textFact('heading', firstText(document, 'h1')),
    ...textFact('lang', first(document, 'html')?.getAttribute('lang')),
    ...textFact('canonical', canonicalOf(document, base)),
    ...textFact('modified', modifiedAt(document)),
    links,
    noindex: /\b(?:noindex|none)\b/.test(robots),
    nofollow: /\b(?:nofollow|none)\b/.test(robots),
    passwordField: document.querySelectorAll('input[type="password"]').length > 0,
    scripts: scriptsOf(document),
  };
}

function scriptsOf(document: PageDocument): PageFacts['scripts'] {
  const types = Array.from(document.querySelectorAll('script')).map(
    (script) => script.getAttribute('type') ?? '',
  );
  // Data for search engines and the like is no program.
  if (types.every((type) => /json|template|text\/(?!javascript)/i.test(type))) return 'none';
  const notices = Array.from(document.querySelectorAll('noscript'));
  return notices.some((one) => /javascript/i.test(one.textContent ?? '')) ? 'needed' : 'some';
}

function textFact<Name extends string>(
  name: Name,
  value: string | null | undefined,
): Partial<Record<Name, string>> {
  const text = value?.replace(/\s+/g, ' ').trim();
  return text ? ({ [name]: text } as Record<Name, string>) : {};
}

function baseOf(document: PageDocument, url: string): string {
  const base = first(document, 'base[href]') as MutableElement | undefined;
  const href = base?.getAttribute('href');
  // All addresses become absolute here; a base that stays would be applied to them again.
  base?.remove();
  return absolute(href, url) ?? url;
}

interface MutableElement extends PageElement {
  setAttribute(name: string, value: string): void;
  remove(): void;
}

function absoluteLinks(document: PageDocument, base: string): readonly string[] {
  const found = new Set<string>();
  for (const element of Array.from(document.querySelectorAll('a[href], area[href]'))) {
    const target = absolute(element.getAttribute('href'), base);
    if (target === undefined) continue;
    (element as MutableElement).setAttribute('href', target);
    found.add(target.split('#')[0] ?? target);
  }
  for (const element of Array.from(document.querySelectorAll('img[src]'))) {
    const source = absolute(element.getAttribute('src'), base);
    if (source !== undefined) (element as MutableElement).setAttribute('src', source);
  }
  return [...found];
}

function canonicalOf(document: PageDocument, base: string): string | undefined {
  const link = Array.from(document.querySelectorAll('link[href]')).find((element) =>
    /(?:^|\s)canonical(?:\s|$)/i.test(element.getAttribute('rel') ?? ''),
  );
  return absolute(link?.getAttribute('href'), base);
}

function absolute(href: string | null | undefined, base: string): string | undefined {
  if (href === null || href === undefined) return undefined;
  const url = URL.parse(href.trim(), base);
  return url && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

/** Only what is said about the page's content: `Last-Modified` and the like are renewed by servers. */
function modifiedAt(document: PageDocument): string | undefined {
  const said = [
    ...metaContents(document, 'article:modified_time'),
    ...metaContents(document, 'dcterms.modified'),
    ...metaContents(document, 'last-modified'),
    ...Array.from(document.querySelectorAll('[itemprop="dateModified"]')).map(
      (element) => element.getAttribute('content') ?? element.getAttribute('datetime') ?? '',
    ),
  ];
  return said.map(isoTime).find((time) => time !== undefined);
}

function isoTime(text: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text.trim())) return undefined;
  // A time without a zone would be read in the zone of this machine.
  const zoned = /T.*(?:Z|[+-]\d{2}:?\d{2})$|^\d{4}-\d{2}-\d{2}$/i.test(text.trim())
    ? text.trim()
    : `${text.trim()}Z`;
  const at = new Date(zoned);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

function metaContents(document: PageDocument, name: string): readonly string[] {
  return Array.from(document.querySelectorAll('meta[content]'))
    .filter((meta) =>
      [meta.getAttribute('name'), meta.getAttribute('property')].some(
        (one) => one?.toLowerCase() === name,
      ),
    )
    .map((meta) => meta.getAttribute('content') ?? '');
}

function first(document: PageDocument, selector: string): PageElement | undefined {
  return document.querySelectorAll(selector)[0];
}

function firstText(document: PageDocument, selector: string): string | null | undefined {
  return first(document, selector)?.textContent;
}
