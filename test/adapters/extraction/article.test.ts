import { expect, test } from 'vitest';
import { extractArticle } from '../../../adapters/extraction/article.ts';
import { decodePage } from '../../../adapters/extraction/page.ts';
import { plainTextOf } from '../../../adapters/extraction/plain-text.ts';
import { articlePage } from '../../fakes/site.ts';

const url = 'https://docs.example/guide/page.html';

test('the readable part, without navigation and footer', () => {
  const article = extractArticle(articlePage('Pumps', ['/a']), url);

  expect(article).toMatchObject({ title: 'Pumps', heading: 'Pumps', lang: 'en', noindex: false });
  expect(article.markdown).toContain('The chapter about Pumps explains');
  expect(article.markdown).not.toMatch(/All rights reserved|\/a\b/);
});

test('links are absolute, without fragments, each once, and of http alone', () => {
  const html = articlePage('Links', [
    'b.html',
    'b.html#x',
    '/c?d=1',
    '//other.example/',
    'mailto:a@b.c',
    'javascript:x',
    'http://[',
  ]);

  expect(extractArticle(html, url).links).toStrictEqual([
    'https://docs.example/guide/b.html',
    'https://docs.example/c?d=1',
    'https://other.example/',
  ]);
});

test('a base element moves relative addresses', () => {
  const html = articlePage('Base', ['x']).replace('<head>', '<head><base href="/v2/">');

  expect(extractArticle(html, url).links).toStrictEqual(['https://docs.example/v2/x']);
});

test.each([
  ['<meta name="robots" content="NOINDEX, follow">', { noindex: true, nofollow: false }],
  ['<meta name="ROBOTS" content="none">', { noindex: true, nofollow: true }],
  ['<link rel="canonical" href="/guide/other">', { canonical: 'https://docs.example/guide/other' }],
  [
    '<meta property="article:modified_time" content="2026-11-01T10:00:00+02:00">',
    { modified: '2026-11-01T08:00:00.000Z' },
  ],
  ['<meta name="last-modified" content="2026-11-01">', { modified: '2026-11-01T00:00:00.000Z' }],
])('%s is understood', (head, facts) => {
  expect(extractArticle(articlePage('Facts', [], head), url)).toMatchObject(facts);
});

test('an unreadable time of change is none', () => {
  const head = '<meta name="last-modified" content="last week">';

  expect(extractArticle(articlePage('Facts', [], head), url)).not.toHaveProperty('modified');
});

test('a page of short definitions is not taken for navigation', () => {
  const terms = Array.from(
    { length: 60 },
    (_, index) => `<li><a href="#${index}">term ${index}</a></li>`,
  ).join('');
  const html = `<html><head><title>Index</title></head><body><nav>Home</nav><main><h1>Index</h1><ul>${terms}</ul></main></body></html>`;

  const { markdown } = extractArticle(html, url);

  expect(markdown).toContain('term 0');
  expect(markdown).toContain('term 59');
  expect(markdown).not.toContain('Home');
});

test.each(['', '   ', '<html></html>', '<html><body></body></html>', '<!doctype html>'])(
  '"%s" has no text',
  (html) => {
    expect(extractArticle(html, url).markdown).toBe('');
  },
);

test.each([1_500, 8_000, 120_000])('a page of %i levels keeps its text', (levels) => {
  const html = `<html><body>${'<div>'.repeat(levels)}deep text</body></html>`;

  expect(extractArticle(html, url).markdown).toBe('deep text');
});

test('the same page gives the same article twice', () => {
  const html = articlePage('Same', ['/x']);

  expect(extractArticle(html, url)).toStrictEqual(extractArticle(html, url));
});

test('HTML above 5 MB is refused', () => {
  expect(() => decodePage(Buffer.alloc(5 * 1024 * 1024 + 1, 'x'), 'text/html', url)).toThrow(
    '5242881 bytes of HTML',
  );
});

test('plain text leaves out scripts, comments and tags in one pass', () => {
  expect(
    plainTextOf('<p>a<script>b</script><!-- c > -->d</p>\n\n\n<STYLE>e</STYLE >f &lt;g&gt; <h'),
  ).toBe('a d\nf <g>');
});

test('plain text of a hostile page takes linear time', () => {
  const startedAt = performance.now();
  plainTextOf('<script'.repeat(300_000));

  expect(performance.now() - startedAt).toBeLessThan(1000);
});
