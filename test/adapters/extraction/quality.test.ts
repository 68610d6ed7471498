import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { extractArticle } from '../../../adapters/extraction/article.ts';
import { decodePage } from '../../../adapters/extraction/page.ts';
import { parsePage, type PageElement } from '../../../adapters/extraction/dom.ts';

const folder = join(process.env['TEST_MATERIALS'] ?? '', 'pages');
const present =
  process.env['TEST_MATERIALS'] !== undefined && existsSync(join(folder, 'pages.json'));
if (!present)
  console.warn(
    'SKIPPED: the quality of extraction. Set TEST_MATERIALS to the folder of test materials.',
  );

interface Listed {
  readonly page: string;
  readonly readerable: boolean | null;
  readonly baseline_f1: number;
}

interface Score extends Listed {
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly titleRight: boolean;
  readonly headings: Kept;
  readonly code: Kept;
  readonly rows: Kept;
}

/** How many of the expected pieces are there, in their order. */
interface Kept {
  readonly there: number;
  readonly expected: number;
}

describe.skipIf(!present)('B4: articles of 40 real pages', () => {
  const scores = present
    ? (JSON.parse(readFileSync(join(folder, 'pages.json'), 'utf8')) as readonly Listed[]).map(score)
    : [];
  // One page is marked as not really readable: it is reported apart.
  const readable = scores.filter((one) => one.readerable !== false);

  test('their text is what a reader wants', () => {
    const mean = (of: (one: Score) => number): number =>
      readable.reduce((sum, one) => sum + of(one), 0) / readable.length;
    const poor = readable.filter((one) => one.f1 < 0.8);
    const worst = readable.toSorted((a, b) => a.f1 - b.f1).slice(0, 5);
    console.log(
      `${readable.length} pages: F1 mean ${mean((one) => one.f1).toFixed(4)} (all text of the body: ${mean((one) => one.baseline_f1).toFixed(3)}),`,
      `precision ${mean((one) => one.precision).toFixed(4)}, recall ${mean((one) => one.recall).toFixed(4)};`,
      `below 0.8: ${poor.length}; worst: ${worst.map(named).join(', ')};`,
      `not readable: ${scores
        .filter((one) => one.readerable === false)
        .map(named)
        .join(', ')}`,
    );

    expect(scores).toHaveLength(40);
    expect(mean((one) => one.f1)).toBeGreaterThan(0.995);
    expect(poor).toStrictEqual([]);
    // A page that is nearly all article may lose a word or two against all of its text.
    expect(readable.filter((one) => one.f1 < one.baseline_f1 - 0.02).map(named)).toStrictEqual([]);
  });

  test('their titles are right', () => {
    expect(readable.filter((one) => !one.titleRight).map(({ page }) => page)).toStrictEqual([]);
  });

  test('their headings, code and rows of tables stay what they are, in order', () => {
    const sum = (of: (one: Score) => Kept): Kept => ({
      there: readable.reduce((count, one) => count + of(one).there, 0),
      expected: readable.reduce((count, one) => count + of(one).expected, 0),
    });
    const [headings, code, rows] = [
      sum(({ headings }) => headings),
      sum(({ code }) => code),
      sum(({ rows }) => rows),
    ];
    const share = ({ there, expected }: Kept): string => `${there} of ${expected}`;
    console.log(
      `kept: headings ${share(headings)}, code blocks ${share(code)}, rows of tables ${share(rows)}`,
    );

    // Two comments below an article, a section of a page of promotions, and a table that only lays its page out.
    expect(headings.there / headings.expected).toBeGreaterThan(0.98);
    expect(code.there).toBe(code.expected);
    expect(rows.there / rows.expected).toBeGreaterThan(0.98);
    expect(Math.min(headings.expected, code.expected, rows.expected)).toBeGreaterThan(25);
  });
});

function named({ page, f1 }: Score): string {
  return `${page} ${f1.toFixed(3)}`;
}

const PAGE_URL = 'http://fakehost/test/page.html';

function score(listed: Listed): Score {
  const read = (name: string): Buffer => readFileSync(join(folder, listed.page, name));
  const article = extractArticle(
    decodePage(read('source.html'), 'text/html; charset=utf-8', PAGE_URL),
    PAGE_URL,
  );
  const meta = JSON.parse(read('expected-metadata.json').toString()) as { title: string };
  const html = read('expected.html').toString();
  const markdown = withoutTargets(article.markdown);
  const expected = tokens(textOf(html));
  const found = tokens(markdown);
  const common = [...found].filter((token) => expected.has(token)).length;
  const precision = found.size === 0 ? 0 : common / found.size;
  const recall = common / expected.size;
  return {
    ...listed,
    ...structure(html, markdown),
    precision,
    recall,
    f1: common === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    titleRight: article.title === meta.title.replace(/\s+/g, ' ').trim(),
  };
}

function structure(html: string, markdown: string): Pick<Score, 'headings' | 'code' | 'rows'> {
  const page = parsePage(html);
  const wanted = (selector: string): readonly PageElement[] =>
    Array.from(page.querySelectorAll(selector));
  const text = markdown.replaceAll(/^(?:> ?)+/gm, '');
  const lines = text.split('\n');
  const fences = [...text.matchAll(/^(`{3,})[^\n]*\n([\s\S]*?)\n\1$/gm)].map(([, , code]) => code);
  const rows = wanted('tr').filter(
    (row) => row.children.length > 1 && row.querySelectorAll('table').length === 0,
  );
  return {
    headings: kept(
      wanted('h1,h2,h3,h4,h5,h6'),
      lines.filter((line) => /^#{1,6} /.test(line)),
    ),
    code: kept(wanted('pre'), fences),
    rows: kept(
      rows,
      lines.filter((line) => line.startsWith('|')),
    ),
  };
}

function kept(elements: readonly PageElement[], found: readonly (string | undefined)[]): Kept {
  const bare = (text: string | null | undefined): string =>
    (text ?? '').normalize('NFKC').replaceAll(/[^\p{L}\p{M}\p{N}]|<br>/gu, '');
  const expected = elements.map((one) => bare(one.textContent)).filter((text) => text !== '');
  const pieces = found.map((one) => bare(one?.replaceAll('<br>', ' ')));
  let at = 0;
  let there = 0;
  for (const text of expected) {
    const next = pieces.indexOf(text, at);
    if (next < 0) continue;
    there += 1;
    at = next + 1;
  }
  return { there, expected: expected.length };
}

const BLOCKS =
  'address,article,aside,blockquote,br,caption,dd,div,dl,dt,fieldset,figcaption,figure,footer,form,h1,h2,h3,h4,h5,h6,header,hr,li,main,nav,ol,p,pre,section,table,tbody,td,tfoot,th,thead,tr,ul';

/** Block elements separate words, inline ones do not. */
function textOf(html: string): string {
  const blocks = new Set(BLOCKS.split(','));
  const spaced = html.replace(/<\/?([a-z0-9]+)\b[^>]*>/gi, (tag, name: string) =>
    blocks.has(name.toLowerCase()) ? ` ${tag} ` : tag,
  );
  const document = parsePage(spaced);
  for (const hidden of Array.from(document.querySelectorAll('script,style,noscript,template'))) {
    (hidden as unknown as { remove(): void }).remove();
  }
  return document.querySelectorAll('body')[0]?.textContent ?? '';
}

function withoutTargets(markdown: string): string {
  return markdown
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, ' ')
    .replaceAll(/\]\([^)\s]*\)/g, '] ')
    .replaceAll('<br>', ' ');
}

function tokens(text: string): ReadonlySet<string> {
  return new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(
        /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[\p{L}\p{M}\p{N}]+/gu,
      ) ?? [],
  );
}
