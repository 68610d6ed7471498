import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseRobots } from '../../../adapters/net/robots.ts';

interface Case {
  readonly id: number;
  readonly robots: string;
  readonly agent: string;
  readonly url: string;
  readonly allowed: boolean;
  readonly rfc9309_allowed?: boolean;
}

const file = join(process.env['TEST_MATERIALS'] ?? '', 'robots', 'cases.json');
const present = process.env['TEST_MATERIALS'] !== undefined && existsSync(file);
if (!present)
  console.warn('SKIPPED: the robots cases. Set TEST_MATERIALS to the folder of test materials.');

describe.skipIf(!present)('R11: the cases of Google, answered by RFC 9309', () => {
  const cases = present ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Case[]) : [];

  test('all of them are right', () => {
    const wrong = cases.filter(
      (one) =>
        parseRobots(one.robots).allows(one.agent, one.url) !== (one.rfc9309_allowed ?? one.allowed),
    );

    expect(cases.length).toBeGreaterThan(100);
    expect(wrong).toStrictEqual([]);
  });
});

const deny = 'user-agent: *\ndisallow: /private';

test.each([
  ['LF', deny],
  ['CR LF', deny.replace('\n', '\r\n')],
  ['CR', deny.replace('\n', '\r')],
  ['a byte order mark', `\uFEFF${deny}`],
  ['a comment behind each value', 'user-agent: * # all\ndisallow: /private # no'],
  [
    'another line between agent and rule',
    'user-agent: *\nsitemap: http://a/s.xml\ndisallow: /private',
  ],
])('a file with %s is read', (_name, text) => {
  expect(parseRobots(text).allows('any', 'http://a/private/x')).toBe(false);
  expect(parseRobots(text).allows('any', 'http://a/public')).toBe(true);
});

test('a partial byte order mark is skipped', () => {
  const bytes = Buffer.concat([Buffer.from([0xef, 0xbb]), Buffer.from(deny)]);

  expect(parseRobots(bytes).allows('any', 'http://a/private')).toBe(false);
});

test('only the first 500 KiB count', () => {
  const padding = `#${'x'.repeat(1022)}\n`.repeat(500);

  expect(parseRobots(`${padding}${deny}`).allows('any', 'http://a/private')).toBe(true);
});

test('a whole User-Agent is known by its product token', () => {
  const robots = parseRobots(
    'user-agent: Wellspring\ndisallow: /\ncrawl-delay: 2.5\n\nuser-agent: *\ncrawl-delay: 9',
  );

  expect(robots.allows('wellspring/1.0 (+https://example.com)', 'http://a/')).toBe(false);
  expect(robots.crawlDelayMs('wellspring/1.0')).toBe(2500);
  expect(robots.crawlDelayMs('other')).toBe(9000);
});

test('an unreadable crawl delay is none', () => {
  expect(parseRobots('user-agent: *\ncrawl-delay: soon').crawlDelayMs('x')).toBeUndefined();
  expect(parseRobots('user-agent: *\ncrawl-delay: -1').crawlDelayMs('x')).toBeUndefined();
});

test('sitemaps are found anywhere in the file', () => {
  const robots = parseRobots(
    'Sitemap: http://a/1.xml\nuser-agent: x\ndisallow: /\nSITEMAP:http://a/2.xml',
  );

  expect(robots.sitemaps).toStrictEqual(['http://a/1.xml', 'http://a/2.xml']);
});

test('a pattern with many stars takes no exponential time', () => {
  const robots = parseRobots(`user-agent: *\ndisallow: /${'*a'.repeat(2000)}$`);

  const startedAt = performance.now();
  robots.allows('x', `http://a/${'a'.repeat(5000)}b`);

  expect(performance.now() - startedAt).toBeLessThan(500);
});
