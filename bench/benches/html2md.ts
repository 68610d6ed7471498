import { extractArticle } from '../../adapters/extraction/article.ts';
import { parsePage } from '../../adapters/extraction/dom.ts';
import { elementText } from '../../adapters/extraction/element-text.ts';
import { htmlToMarkdown } from '../../adapters/extraction/markdown.ts';
import { interleaved, type Pair } from '../measure/pairs.ts';
import { median, medianRatio } from '../measure/statistics.ts';
import { textRecall } from '../measure/text-recall.ts';
import {
  atLeast,
  figure,
  ratioFigure,
  type Bench,
  type BenchOptions,
  type Report,
} from '../report.ts';
import { htmlPages, NASTY, type HtmlPages } from '../stage/html-pages.ts';
import { loadPeers, type Convert } from '../stage/html-peers.ts';

/** Whole pages as Markdown, beside turndown, and beside a parser that throws its events away. */
export const html2md: Bench = {
  name: 'html2md',
  summary: 'HTML pages as Markdown, beside turndown and a parser that only parses.',
  run,
};

const PAGES = 200;
const QUICK_PAGES = 20;
const PAIRS = 10;
const QUICK_PAIRS = 2;
const OF_PEER = 3;
const OF_LIMIT = 0.35;

async function run({ quick, pairs, say }: BenchOptions): Promise<Report> {
  const times = pairs ?? (quick ? QUICK_PAIRS : PAIRS);
  const { turndown, htmlparser2 } = await loadPeers();
  const corpus = htmlPages(quick ? QUICK_PAGES : PAGES, process.env['TEST_MATERIALS']);
  say(`comparing the words of ${corpus.pages.length} ${corpus.origin}`);
  const words = compareWords(corpus.pages, turndown);
  say(`${times} pairs of each`);
  const ours = timed(corpus.pages, htmlToMarkdown);
  const peer = await interleaved(times, ours, timed(corpus.pages, turndown));
  const limit = await interleaved(times, ours, timed(corpus.pages, htmlparser2));
  const article = await timed(corpus.pages, (html) => extractArticle(html, 'https://a.example/'))();
  return report({ corpus, words, peer, limit, article, nasty: compareNasty(turndown) });
}

interface Found {
  readonly corpus: HtmlPages;
  readonly words: Words;
  /** CPU seconds. */
  readonly peer: readonly Pair<number>[];
  readonly limit: readonly Pair<number>[];
  readonly article: number;
  readonly nasty: { readonly ours: number; readonly peer: number };
}

interface Words {
  readonly ours: number;
  readonly peer: number;
}

/** @throws Error - a page lost words that turndown keeps: times would compare different work. */
function compareWords(pages: readonly string[], turndown: Convert): Words {
  const recalls = pages.map((html, at) => {
    const text = wordsOf(html);
    const one = {
      ours: textRecall(text, htmlToMarkdown(html)),
      peer: textRecall(text, turndown(html)),
    };
    if (one.ours >= one.peer - MAY_DIFFER) return one;
    throw new Error(
      `Page ${at} keeps ${one.ours.toFixed(3)} of its words, ${one.peer.toFixed(3)} in turndown. The bench is void.`,
    );
  });
  const mean = (side: keyof Words): number =>
    recalls.reduce((sum, one) => sum + one[side], 0) / recalls.length;
  return { ours: mean('ours'), peer: mean('peer') };
}

/** A word of an address or a title that is a word of the page, too, counts for turndown. */
const MAY_DIFFER = 0.005;

function wordsOf(html: string): string {
  // Names of drawings are no text of the page.
  const page = parsePage(html.replaceAll(/<svg\b.*?<\/svg>/gsu, ' '));
  const [body] = Array.from(page.querySelectorAll('body'));
  return body === undefined ? '' : elementText(body);
}

/** How many nasty inputs come back with every word. */
function compareNasty(turndown: Convert): Words {
  const whole = (convert: Convert): number =>
    [...NASTY.values()].filter((html) => keepsWords(convert, html)).length;
  return { ours: whole(htmlToMarkdown), peer: whole(turndown) };
}

function keepsWords(convert: Convert, html: string): boolean {
  try {
    const bare = html.replaceAll(/<(script|style)>.*?<\/\1>|<!--.*|<[^>]*>?|&[^;\s]*;?/gsu, ' ');
    return textRecall(bare, convert(html)) === 1;
  } catch {
    return false;
  }
}

function timed(
  pages: readonly string[],
  convert: (html: string) => unknown,
): () => Promise<number> {
  return async () => {
    const before = process.cpuUsage();
    for (const html of pages) convert(html);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}

function report({ corpus, words, peer, limit, article, nasty }: Found): Report {
  const megabytes = corpus.pages.reduce((sum, html) => sum + Buffer.byteLength(html), 0) / 1e6;
  const rate = (seconds: readonly number[]): number => megabytes / median(seconds);
  const ofPeer = medianRatio(peer.map(({ a, b }) => b / a));
  const ofLimit = medianRatio(limit.map(({ a, b }) => b / a));
  return {
    servers: {},
    settings: {
      pages: corpus.pages.length,
      from: corpus.origin,
      megabytes: Number(megabytes.toFixed(2)),
    },
    goals: [
      atLeast('MB per CPU-second, of turndown', ofPeer.value, OF_PEER),
      atLeast('MB per CPU-second, of htmlparser2', ofLimit.value, OF_LIMIT),
      atLeast('nasty inputs with every word', nasty.ours, NASTY.size),
    ],
    figures: [
      figure('whole page', 'Wellspring', rate(peer.map(({ a }) => a)), 'MB per CPU-second'),
      figure('whole page', 'turndown with GFM', rate(peer.map(({ b }) => b)), 'MB per CPU-second'),
      figure(
        'whole page',
        'htmlparser2, parse only',
        rate(limit.map(({ b }) => b)),
        'MB per CPU-second',
      ),
      ratioFigure('whole page', 'of turndown', ofPeer),
      ratioFigure('whole page', 'of htmlparser2', ofLimit),
      figure('words kept', 'Wellspring', words.ours, 'of 1'),
      figure('words kept', 'turndown with GFM', words.peer, 'of 1'),
      figure('nasty inputs with every word', 'Wellspring', nasty.ours, `of ${NASTY.size}`),
      figure('nasty inputs with every word', 'turndown with GFM', nasty.peer, `of ${NASTY.size}`),
      figure(
        'the article alone, by linkedom and Readability',
        'Wellspring',
        rate([article]),
        'MB per CPU-second',
      ),
    ],
    notes: [
      'Both sides convert strings of whole pages in this thread; a run is void if a page loses words that turndown keeps.',
      'Collecting reads the article: the tree and Readability take most of its time.',
    ],
  };
}
