import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseSitemap } from '../../../adapters/net/sitemap.ts';

const pages = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <url><loc>https://a.example/?x=1&amp;y=2</loc><lastmod>2026-11-01</lastmod></url>
  <url><loc> https://a.example/b </loc></url>
  <url><loc>no address</loc></url>
</urlset>`;

const expected = {
  kind: 'pages',
  pages: [
    { url: 'https://a.example/?x=1&y=2', lastModified: '2026-11-01' },
    { url: 'https://a.example/b' },
  ],
};

test.each([
  ['XML', Buffer.from(pages)],
  ['XML with a byte order mark', Buffer.from(`\uFEFF${pages}`)],
  ['gzip', gzipSync(pages)],
  [
    'XML with prefixes',
    Buffer.from(
      pages.replaceAll(/<(\/?)(url|loc|lastmod)/g, '<$1s:$2').replace('xmlns', 'xmlns:s'),
    ),
  ],
])('%s lists pages', (_name, body) => {
  expect(parseSitemap(body, 's')).toStrictEqual(expected);
});

test('one page is a list of one', () => {
  const one = '<urlset><url><loc>https://a.example/</loc></url></urlset>';

  expect(parseSitemap(Buffer.from(one), 's')).toStrictEqual({
    kind: 'pages',
    pages: [{ url: 'https://a.example/' }],
  });
});

test.each(['<urlset/>', '<urlset></urlset>'])('"%s" lists no page', (text) => {
  expect(parseSitemap(Buffer.from(text), 's')).toStrictEqual({ kind: 'pages', pages: [] });
});

test('an index lists sitemaps', () => {
  const index =
    '<sitemapindex><sitemap><loc>https://a.example/1.xml.gz</loc></sitemap></sitemapindex>';

  expect(parseSitemap(Buffer.from(index), 's')).toStrictEqual({
    kind: 'index',
    sitemaps: ['https://a.example/1.xml.gz'],
  });
});

test('plain text lists a page a line', () => {
  const text = 'https://a.example/1\r\nhttps://a.example/2\n';

  expect(parseSitemap(Buffer.from(text), 's')).toMatchObject({
    pages: [{}, { url: 'https://a.example/2' }],
  });
});

test.each([
  ['a web page', '<!doctype html><html><body>Not found</body></html>'],
  ['other XML', '<rss><channel/></rss>'],
  ['half a file', pages.slice(0, 200)],
  ['prose', 'nothing to see here'],
  ['nothing', ''],
  ['entities', `<!DOCTYPE x [<!ENTITY a "b">]>${pages}`],
])('%s is no sitemap', (_name, text) => {
  expect(() => parseSitemap(Buffer.from(text), 'https://a.example/s.xml')).toThrow(
    '"https://a.example/s.xml" is no sitemap',
  );
});

test('a bomb and a damaged archive are refused', () => {
  expect(() => parseSitemap(gzipSync(Buffer.alloc(60_000_000, 'x')), 's')).toThrow(
    'larger than 50 MB',
  );
  expect(() => parseSitemap(gzipSync(pages).subarray(0, 50), 's')).toThrow('damaged gzip');
});

test('more than 50,000 addresses are refused', () => {
  const text = 'https://a.example/1\n'.repeat(50_001);

  expect(() => parseSitemap(Buffer.from(text), 's')).toThrow('50001 addresses');
});
