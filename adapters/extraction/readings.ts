import type {
  ExtractedRecord,
  Extraction,
  ExtractionSpec,
} from '../../workflows/collection/extraction-spec.ts';
import { extractArticle, type Article } from './article.ts';
import { parsePage, type PageDocument } from './dom.ts';
import { htmlToMarkdown } from './markdown.ts';
import { looksNestedTooDeeply } from './nesting.ts';
import { runExtractionSpec } from './run-spec.ts';
import { standingValues, type StandingBody } from './standing.ts';

/** A body and where it came from, after redirects. Plain data: it travels into a thread. */
export interface Body {
  readonly text: string;
  readonly url: string;
}

export interface SpecBody extends Body {
  readonly spec: ExtractionSpec;
}

/** What a page of HTML holds. */
export interface PageContents {
  readonly article: Article;
  /** What the spec found, if there is one; as `data` gives it. */
  readonly extraction?: Extraction;
}

/** The ways to read a body, by name. All are pure and synchronous; a hostile body may keep them busy for ever. */
export const readings = {
  /** The article, what the page says of itself, and what the spec finds, out of one tree. */
  page({ spec, ...body }: Body & { readonly spec?: ExtractionSpec }): PageContents {
    const parse = parsedOnce();
    // The article takes the tree apart, so it comes last.
    const extraction = spec && specResult({ ...body, spec }, parse);
    const article = extractArticle(body.text, body.url, parse);
    return { article, ...(extraction === undefined ? {} : { extraction }) };
  },
  /** What the spec finds alone. Its field `content`, if of type `html`, comes as Markdown. */
  data: (body: SpecBody): Extraction => specResult(body, parsePage),
  /** The same for many specs, out of one tree. What must not even be parsed gives a violation. */
  specs({
    specs,
    ...body
  }: Body & { readonly specs: readonly ExtractionSpec[] }): readonly Extraction[] {
    const isJson = /^\s*[[{]/u.test(body.text.slice(0, 1000));
    if (!isJson && looksNestedTooDeeply(body.text)) return specs.map(() => TOO_DEEP);
    const parse = parsedOnce();
    return specs.map((spec) => specResult({ ...body, spec }, parse));
  },
  /** Which known values a body still shows, wherever. Of what must not be parsed: none. */
  standing(body: StandingBody): readonly string[] {
    const isJson = /^\s*[[{]/u.test(body.text.slice(0, 1000));
    return !isJson && looksNestedTooDeeply(body.text) ? [] : standingValues(body, parsePage);
  },
  /** The whole body as Markdown. */
  markdown: ({ text }: Body): string => htmlToMarkdown(text),
};

const TOO_DEEP: Extraction = {
  records: [],
  served: {},
  misses: [],
  violations: [{ kind: 'limit', detail: 'The page is nested too deeply to be parsed.' }],
};

export type Readings = typeof readings;

function parsedOnce(): (html: string) => PageDocument {
  let document: PageDocument | undefined;
  return (html) => {
    document ??= parsePage(html);
    return document;
  };
}

/** The thread's own deadline is longer: what was read until this one is not lost. */
const SPEC_DEADLINE_MS = 10_000;

function specResult(
  { text, url, spec }: SpecBody,
  parse: (html: string) => PageDocument,
): Extraction {
  const found = runExtractionSpec(spec, text, { url, deadlineMs: SPEC_DEADLINE_MS, parse });
  if (spec.fields['content']?.type !== 'html') return found;
  return { ...found, records: found.records.map(contentAsMarkdown) };
}

function contentAsMarkdown(record: ExtractedRecord): ExtractedRecord {
  const { content, ...others } = record;
  if (content === undefined) return record;
  const parts = [content].flat().map((html) => htmlToMarkdown(String(html)));
  return { ...others, content: parts.join('\n\n').trim() };
}
