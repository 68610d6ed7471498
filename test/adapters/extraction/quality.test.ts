import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { extractArticle } from '../../../adapters/extraction/article.ts';
import { decodePage } from '../../../adapters/extraction/page.ts';
import { parsePage } from '../../../adapters/extraction/dom.ts';

const folder = join(process.env['TEST_MATERIALS'] ?? '', 'pages');
const present =
  process.env['TEST_MATERIALS'] !== undefined && existsSync(join(folder, 'pages.json'));
if (!present)
  console.warn(
    'SKIPPED: the quality of extraction. Set TEST_MATERIALS to the folder of test materials.',
  );

interface Score {
  readonly page: string;
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly titleRight: boolean;
}

describe.skipIf(!present)('B4: articles of 40 real pages', () => {
  const pages = present
    ? (JSON.parse(readFileSync(join(folder, 'pages.json'), 'utf8')) as readonly {
        page: string;
        readerable: boolean | null;
      }[])
    : [];

  test('their text is what a reader wants', () => {
    const scores = pages.filter((one) => one.readerable !== false).map((one) => score(one.page));
    const mean = (of: (one: Score) => number): number =>
      scores.reduce((sum, one) => sum + of(one), 0) / scores.length;
    const worst = scores.toSorted((a, b) => a.f1 - b.f1).slice(0, 5);
    console.log(
      `F1 mean ${mean((one) => one.f1).toFixed(4)}, precision ${mean((one) => one.precision).toFixed(4)}, recall ${mean((one) => one.recall).toFixed(4)};`,
      `below 0.8: ${scores.filter((one) => one.f1 < 0.8).length}; titles right: ${scores.filter((one) => one.titleRight).length} of ${scores.length};`,
      `worst: ${worst.map((one) => `${one.page} ${one.f1.toFixed(3)}`).join(', ')}`,
    );

    expect(mean((one) => one.f1)).toBeGreaterThan(0.98);
  });
});

const PAGE_URL = 'http://fakehost/test/page.html';

function score(page: string): Score {
  const source = readFileSync(join(folder, page, 'source.html'));
  const article = extractArticle(
    decodePage(source, 'text/html; charset=utf-8', PAGE_URL),
    PAGE_URL,
  );
  const meta = JSON.parse(readFileSync(join(folder, page, 'expected-metadata.json'), 'utf8')) as {
    title: string;
  };
  const expected = tokens(textOf(readFileSync(join(folder, page, 'expected.html'), 'utf8')));
  const found = tokens(withoutTargets(article.markdown));
  const common = [...found].filter((token) => expected.has(token)).length;
  const precision = found.size === 0 ? 0 : common / found.size;
  const recall = common / expected.size;
  return {
    page,
    precision,
    recall,
    f1: common === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    titleRight: article.title === meta.title.replace(/\s+/g, ' ').trim(),
  };
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
