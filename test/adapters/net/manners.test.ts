import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openManners, type HostMemory } from '../../../adapters/net/manners.ts';
import { createNet, type Net } from '../../../adapters/net/net.ts';
import { isLimitOfHost, type Turn } from '../../../adapters/net/pace.ts';
import { parseRobots } from '../../../adapters/net/robots.ts';
import { memoryHosts } from '../../../activities/sources/conformance/memory-hosts.ts';
import { startSite, type Site } from '../../fakes/site.ts';

let site: Site;
let net: Net;
let memory: HostMemory;
const signal = new AbortController().signal;

beforeAll(() => {
  net = createNet({ allowedHosts: ['127.0.0.1'], userAgent: 'tests/1' });
});
beforeEach(async () => {
  await site?.close();
  site = await startSite();
  memory = memoryHosts();
});
afterAll(async () => {
  await net.close();
  await site.close();
});

function open(more: { delayMs?: number } = {}) {
  return openManners({ net, userAgent: 'tests/1', signal, ...more }, memory);
}

function robots(body: string) {
  return { headers: { 'content-type': 'text/plain' }, body };
}

test('guests that come together ask for the rules of a host once', async () => {
  site.put('/robots.txt', robots('user-agent: *\ndisallow: /no'));
  const guests = [open(), open(), open()];

  const allowed = await Promise.all(guests.map((guest) => guest.allows(`${site.origin}/no`)));
  await open().robots(site.origin);

  expect(allowed).toStrictEqual([false, false, false]);
  expect(site.requests).toStrictEqual(['GET /robots.txt']);
});

test('guests share the turns of a host: the second one waits for what the first one asked', async () => {
  const [first, second] = [open({ delayMs: 400 }), open()];
  await first.takeTurn(`${site.origin}/a`);

  const startedAt = performance.now();
  await second.takeTurn(`${site.origin}/b`);

  expect(performance.now() - startedAt).toBeGreaterThan(300);
});

test('a crawl delay is obeyed where it is longer than the configured one', async () => {
  site.put('/robots.txt', robots('user-agent: *\ncrawl-delay: 90'));
  const guest = open({ delayMs: 50 });
  await guest.takeTurn(site.origin);

  const refused: unknown = await guest.takeTurn(site.origin).catch((error: unknown) => error);

  expect(refused).toMatchObject({
    type: 'RateLimited',
    message: expect.stringContaining('in 90 seconds'),
  });
  expect(isLimitOfHost(refused)).toBe(true);
});

test('B8: a public host is never asked more than five times a second, and turn by turn', async () => {
  const taken: Turn[] = [];
  const guarded = createNet({ allowedHosts: [], userAgent: 'tests/1' });
  const silent: HostMemory = {
    pace: {
      take: (_host, turn) => Promise.resolve(void taken.push(turn)),
      hold: () => Promise.resolve(),
    },
    robots: { of: () => Promise.resolve(parseRobots('')) },
  };
  const guest = openManners({ net: guarded, userAgent: 'tests/1', signal, delayMs: 50 }, silent);
  const own = openManners({ net, userAgent: 'tests/1', signal }, silent);

  await guest.takeTurn('https://example.com/');
  await own.takeTurn(site.origin);

  expect(taken).toStrictEqual([
    { intervalMs: 200, block: 1 },
    { intervalMs: 50, block: 20 },
  ]);
  await guarded.close();
});

test.each([
  ['429 with seconds', 429, '300', 300],
  ['503 with a date', 503, new Date(Date.now() + 300_000).toUTCString(), 299],
])('%s holds the host for everybody', async (_what, status, header, leastSeconds) => {
  await open().heed({ url: `${site.origin}/a`, status, headers: { 'retry-after': header } });

  const refused: unknown = await open()
    .takeTurn(`${site.origin}/b`)
    .catch((error: unknown) => error);

  expect(refused).toMatchObject({ type: 'RateLimited', nextRetryDelay: expect.any(Number) });
  expect((refused as { nextRetryDelay: number }).nextRetryDelay).toBeGreaterThan(
    (leastSeconds - 2) * 1000,
  );
});

test('answers that ask for nothing hold nobody', async () => {
  const guest = open();
  const url = `${site.origin}/a`;
  await guest.heed({ url, status: 429, headers: {} });
  await guest.heed({ url, status: 200, headers: { 'retry-after': '300' } });

  await guest.takeTurn(url);

  expect(site.requests).toStrictEqual(['GET /robots.txt']);
});

test('a guest that is cancelled takes nobody with him', async () => {
  let release = (): void => {};
  site.put('/robots.txt', (_request, response) => {
    release = () => response.end('user-agent: *\ndisallow: /no');
    if (site.requests.length > 1) release();
  });
  const stop = new AbortController();
  const cancelled = openManners({ net, userAgent: 'tests/1', signal: stop.signal }, memory);
  const first = cancelled.allows(`${site.origin}/no`);
  const second = open().allows(`${site.origin}/no`);
  await expect.poll(() => site.requests).toHaveLength(1);

  stop.abort();

  await expect(first).rejects.toThrow(/abort/i);
  expect(await second).toBe(false);
});
