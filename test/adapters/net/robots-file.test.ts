import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createNet, type Net } from '../../../adapters/net/net.ts';
import { createRobotsFiles } from '../../../adapters/net/robots-file.ts';
import { memoryHostLimits } from '../../../activities/sources/conformance/memory-hosts.ts';
import { redirectTo, startSite, type Page, type Site } from '../../fakes/site.ts';

let site: Site;
let net: Net;
const never = new AbortController().signal;
const deny = { headers: { 'content-type': 'text/plain' }, body: 'user-agent: *\ndisallow: /no' };

beforeAll(async () => {
  site = await startSite();
  net = createNet({ allowedHosts: ['127.0.0.1'], userAgent: 'tests/1', timeoutMs: 500 });
});
afterEach(() => site.remove('/robots.txt'));
afterAll(async () => {
  await net.close();
  await site.close();
});

async function allows(
  page: Page | undefined,
  files = createRobotsFiles(memoryHostLimits()),
): Promise<boolean> {
  if (page) site.put('/robots.txt', page);
  const robots = await files.of(net, site.origin, never);
  return robots.allows('tests', `${site.origin}/no`);
}

test('R11: 200 is obeyed', async () => {
  expect(await allows(deny)).toBe(false);
});

test('R11: a chain of redirects leads to the rules', async () => {
  site.put('/r1', redirectTo('/r2', 301));
  site.put('/r2', deny);

  expect(await allows(redirectTo('/r1', 301))).toBe(false);
});

test.each([400, 401, 403, 404, 410, 451])('R11: %i allows everything', async (status) => {
  expect(await allows({ status })).toBe(true);
});

test.each([500, 502, 503])('R11: %i forbids everything', async (status) => {
  await expect(allows({ status })).rejects.toMatchObject({
    type: 'SourceUnavailable',
    message: expect.stringContaining(`answered ${status}`),
  });
});

test('R11: 429 forbids everything and says when to come back', async () => {
  await expect(allows({ status: 429, headers: { 'retry-after': '7' } })).rejects.toMatchObject({
    type: 'RateLimited',
    nextRetryDelay: 7000,
  });
});

test('R11: no answer in time forbids everything', async () => {
  await expect(allows(() => undefined)).rejects.toMatchObject({ type: 'SourceUnavailable' });
});

test('R11: an outage is bridged by a copy of the last 24 hours, and no longer', async () => {
  let now = new Date('2026-11-20T00:00:00Z');
  const files = createRobotsFiles(
    memoryHostLimits(() => now.getTime()),
    () => now,
  );
  await allows(deny, files);

  now = new Date('2026-11-20T23:00:00Z');
  expect(await allows({ status: 500 }, files)).toBe(false);

  now = new Date('2026-11-21T00:00:01Z');
  await expect(allows({ status: 500 }, files)).rejects.toMatchObject({ type: 'SourceUnavailable' });
});

test('R11: what comes after the first 500 KiB is not read, what comes before is', async () => {
  const padding = `#${'x'.repeat(1023)}\n`.repeat(500);
  const late = { ...deny, body: `${padding}${deny.body}` };
  const early = { ...deny, body: `${deny.body}\n${padding}${padding}` };

  expect(await allows(late)).toBe(true);
  expect(await allows(early)).toBe(false);
});

test('R11: a mark of the encoding in front is no part of the rules', async () => {
  expect(await allows({ ...deny, body: `\uFEFF${deny.body}` })).toBe(false);
});

test('R11: redirects without an end forbid everything', async () => {
  await expect(allows(redirectTo('/robots.txt'))).rejects.toMatchObject({
    type: 'SourceUnavailable',
    message: expect.stringContaining('redirected'),
  });
});

test('R11: 429 with Retry-After holds the host, and nobody asks it for its rules meanwhile', async () => {
  const limits = memoryHostLimits();
  const before = site.requests.length;
  const answer = { status: 429, headers: { 'retry-after': '300' } };
  await expect(allows(answer, createRobotsFiles(limits))).rejects.toMatchObject({
    type: 'RateLimited',
  });

  await expect(allows(deny, createRobotsFiles(limits))).rejects.toMatchObject({
    type: 'RateLimited',
    message: expect.stringContaining('may be asked again'),
  });

  expect(site.requests).toHaveLength(before + 1);
});

test('R11: a host that asked to wait is known by its copy, if there is one', async () => {
  const limits = memoryHostLimits();
  await limits.keep(site.origin, { status: 200, body: Buffer.from(deny.body) });
  await limits.hold(site.host, 300_000);

  expect(await allows(undefined, createRobotsFiles(limits))).toBe(false);
});

test('a site that cannot be reached says why', async () => {
  const gone = await startSite();
  await gone.close();

  await expect(
    createRobotsFiles(memoryHostLimits()).of(net, gone.origin, never),
  ).rejects.toMatchObject({
    type: 'SourceUnavailable',
    message: expect.stringMatching(/refused the connection.*robots\.txt" was read/u),
  });
});

test('an internal host is refused by name, not taken for an outage', async () => {
  const guarded = createNet({ allowedHosts: [], userAgent: 'tests/1' });

  await expect(
    createRobotsFiles(memoryHostLimits()).of(guarded, 'http://10.0.0.1', never),
  ).rejects.toMatchObject({
    type: 'PolicyDenied',
  });
  await guarded.close();
});
