import { Readability } from '@mozilla/readability';
import { parsePage, type PageDocument, type PageElement } from './dom.ts';
import { elementToMarkdown } from './markdown.ts';
import { pageFacts, type PageFacts } from './page-facts.ts';
import { isNestedTooDeeply, looksNestedTooDeeply } from './nesting.ts';
import { plainTextOf } from './plain-text.ts';

/** What a reader wants of a page, and what the page says about itself. */
export interface Article extends PageFacts {
  /** The readable part, without navigation. May be empty. */
  readonly markdown: string;
  readonly byline?: string;
}

/**
 * Finds the readable part of a page. `url` is where it came from, after redirects. Pure and synchronous: the same page gives the same
 * article, and nothing that the page refers to is loaded. What is nested too deeply comes as plain text, without links. The tree that
 * `parse` gives is taken apart.
 */
export function extractArticle(
  html: string,
  url: string,
  parse: (html: string) => PageDocument = parsePage,
): Article {
  if (looksNestedTooDeeply(html)) return plainArticle(html);
  try {
    const document = parse(html);
    const body = document.querySelectorAll('body')[0];
    const tooDeep = body !== undefined && isNestedTooDeeply(body);
    return tooDeep ? plainArticle(html) : fromTree(document, url);
  } catch (error) {
    if (error instanceof RangeError) return plainArticle(html);
    throw error;
  }
}

function plainArticle(html: string): Article {
  const silent = {
    noindex: false,
    nofollow: false,
    passwordField: false,
    scripts: 'none',
  } as const;
  return { markdown: plainTextOf(html), links: [], ...silent };
}

function fromTree(document: PageDocument, url: string): Article {
  const facts = pageFacts(document, url);
  // A copy: Readability takes the tree apart.
  const fallback = mainPart(document);
  const read = readable(document);
  const enough =
    read.content !== undefined && lengthOf(read.content) >= lengthOf(fallback) * MIN_SHARE;
  const chosen = enough ? read.content : fallback;
  const title = read.title ?? facts.title;
  return {
    ...facts,
    ...(title === undefined ? {} : { title }),
    ...(read.byline === undefined ? {} : { byline: read.byline }),
    markdown: chosen === undefined ? '' : elementToMarkdown(chosen),
  };
}

/** Pages of reference documentation are made of lists and definitions, which Readability may take for navigation. */
const MIN_SHARE = 0.4;

interface Readable {
  readonly content?: PageElement;
  readonly title?: string;
  readonly byline?: string;
}

function readable(document: PageDocument): Readable {
  for (const noise of Array.from(document.querySelectorAll(NAVIGATION))) {
    (noise as CopyableElement).remove();
  }
  const options = { serializer: (node: unknown) => node as PageElement };
  const article = new Readability<PageElement>(document, options).parse();
  const title = article?.title?.replace(/\s+/g, ' ').trim();
  const byline = article?.byline?.replace(/\s+/g, ' ').trim();
  return {
    ...(article?.content ? { content: article.content } : {}),
    ...(title ? { title } : {}),
    ...(byline && byline.length <= 200 ? { byline } : {}),
  };
}

/** The part that the page itself calls its main one, else its body, without what is no text in either. */
function mainPart(document: PageDocument): PageElement | undefined {
  const marked = MAIN_SELECTORS.flatMap((selector) =>
    Array.from(document.querySelectorAll(selector)),
  );
  const chosen =
    marked.find((element) => lengthOf(element) > 0) ?? document.querySelectorAll('body')[0];
  if (chosen === undefined) return undefined;
  const copy = (chosen as CopyableElement).cloneNode(true);
  for (const noise of Array.from(copy.querySelectorAll(NOISE))) (noise as CopyableElement).remove();
  return copy;
}

interface CopyableElement extends PageElement {
  cloneNode(deep: boolean): CopyableElement;
  remove(): void;
}

/** Readability keeps it on short pages, where it finds nothing better than the whole body. */
const NAVIGATION = 'nav, [role="navigation"], body > footer, body > header nav';
const MAIN_SELECTORS = ['main', '[role="main"]', 'article'];
const NOISE =
  'nav, aside, footer, header nav, form, script, style, noscript, template, iframe, svg, [role="navigation"], [role="search"], [hidden], [aria-hidden="true"]';

function lengthOf(element: PageElement | undefined): number {
  return (element?.textContent ?? '').replace(/\s+/g, '').length;
}
