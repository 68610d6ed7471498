import { expect, test } from 'vitest';
import { parseRobots } from '../../../../adapters/net/robots.ts';
import { ruleOnPage } from '../../../../activities/sources/web/rule-on-page.ts';
import { HttpConfig } from '../../../../activities/sources/http/config.ts';

const SITE = { urls: ['https://example.com/docs/'] };
const FOLLOW = { include: ['/docs/**'], exclude: ['/docs/old/**', '**/*.zip'] };

test.each([
  ['a seed', { ...SITE }, 'https://example.com/docs/#top', true, 'it is a seed of "urls"'],
  [
    'a glob that excludes',
    { ...SITE, follow: FOLLOW },
    'https://example.com/docs/old/a',
    false,
    '"follow.exclude" has "/docs/old/**"',
  ],
  [
    'no glob that includes',
    { ...SITE, follow: FOLLOW },
    'https://example.com/blog',
    false,
    'none of "/docs/**" in "follow.include" matches it',
  ],
  [
    'a glob that includes',
    { ...SITE, follow: FOLLOW },
    'https://example.com/docs/a',
    true,
    'it is on a host of "urls", where links are followed and "follow.include" has "/docs/**"',
  ],
  [
    'another host',
    { ...SITE, follow: {} },
    'https://other.example/docs/a',
    false,
    'its host "other.example" is none of the hosts of "urls", and "follow.sameHost" keeps the crawl there',
  ],
  [
    'nothing that follows',
    { ...SITE },
    'https://example.com/docs/a',
    false,
    'it is no seed of "urls", and without "follow" or "sitemap" nothing else is collected',
  ],
  [
    'sitemaps alone',
    { ...SITE, sitemap: 'only' },
    'https://example.com/docs/a',
    true,
    'the sitemaps may name it ("sitemap" is "only")',
  ],
  ['no address', { ...SITE }, 'mailto:a@b.c', false, '"mailto:a@b.c" is no http or https address'],
])('sources B7: %s rules on a page, and is named', (_, config, about, taken, because) => {
  expect(ruleOnPage(HttpConfig.parse(config), about)).toMatchObject({ taken, because });
});

test('sources B8: the line of robots.txt that decides is named', () => {
  const robots = parseRobots('User-agent: *\nDisallow: /a\nAllow: /a/b$\n');

  expect(robots.lineFor('us/1.0', 'https://example.com/a/c')).toBe('Disallow: /a');
  expect(robots.lineFor('us/1.0', 'https://example.com/a/b')).toBe('Allow: /a/b$');
  expect(robots.lineFor('us/1.0', 'https://example.com/c')).toBeUndefined();
});
