import type { LookupAddress } from 'node:dns';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createNet, type Net, type NetOptions } from '../../../adapters/net/net.ts';
import {
  endlessBody,
  gzipBomb,
  redirectTo,
  slowBody,
  startSite,
  type Site,
} from '../../fakes/site.ts';

let site: Site;
let other: Site;
const nets: Net[] = [];

beforeAll(async () => {
  other = await startSite({ '/': 'other' });
  site = await startSite({
    '/': 'hello',
    '/gzip': { headers: { 'content-encoding': 'gzip' }, body: gzipSync('packed') },
    '/twice': { headers: { 'content-encoding': 'gzip, gzip' }, body: gzipSync(gzipSync('packed')) },
    '/broken-gzip': { headers: { 'content-encoding': 'gzip' }, body: 'no gzip' },
    '/cut-gzip': {
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync('packed'.repeat(99)).subarray(0, 20),
    },
    '/odd': { headers: { 'content-encoding': 'lzma' }, body: 'x' },
    '/bomb': gzipBomb(64),
    '/endless': endlessBody(),
    '/slow': slowBody(),
    '/a': redirectTo('/b'),
    '/b': redirectTo('@ORIGIN@/?from=b', 301),
    '/loop': redirectTo('/loop'),
    '/away': redirectTo(`${other.origin}/`),
    '/metadata': redirectTo('http://169.254.169.254/latest/meta-data/'),
    '/file': redirectTo('file:///etc/passwd'),
    '/nowhere': redirectTo('http://['),
    '/post': redirectTo('/', 303),
    '/reset': (request) => request.socket.destroy(),
    '/headers': { headers: { 'x-large': 'x'.repeat(40_000) } },
  });
});
afterEach(async () => {
  for (const net of nets.splice(0)) await net.close();
});
afterAll(async () => {
  await site.close();
  await other.close();
});

function open(options: Partial<NetOptions> = {}): Net {
  const net = createNet({ allowedHosts: ['127.0.0.1'], userAgent: 'tests/1', ...options });
  nets.push(net);
  return net;
}

const never = new AbortController().signal;

function get(
  path: string,
  options: Partial<NetOptions> = {},
  headers: Record<string, string> = {},
) {
  return open(options).fetch(`${site.origin}${path}`, { signal: never, headers });
}

describe('an answer', () => {
  test('comes with status, final address, headers and body', async () => {
    const answer = await get('/');

    expect(answer).toMatchObject({ status: 200, url: `${site.origin}/`, redirects: [] });
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body.toString()).toBe('hello');
    expect(site.headersOf('/')?.['user-agent']).toBe('tests/1');
  });

  test.each(['/gzip', '/twice'])('of %s is unpacked', async (path) => {
    expect((await get(path)).body.toString()).toBe('packed');
  });

  test('comes through a chain of redirects', async () => {
    const answer = await get('/a');

    expect(answer.url).toBe(`${site.origin}/?from=b`);
    expect(answer.redirects).toStrictEqual([`${site.origin}/a`, `${site.origin}/b`]);
  });

  test('of any status is an answer, not an error', async () => {
    expect((await get('/missing')).status).toBe(404);
  });

  test('a 303 turns a POST into a GET', async () => {
    const answer = await open().fetch(`${site.origin}/post`, {
      signal: never,
      method: 'POST',
      body: 'x',
    });

    expect(answer.body.toString()).toBe('hello');
    expect(site.requests.at(-1)).toBe('GET /');
  });
});

describe('credentials', () => {
  test('reach the origin that they were given for', async () => {
    await get('/a', {}, { 'X-Api-Key': 'k-1' });

    expect(site.headersOf('/b')?.['x-api-key']).toBe('k-1');
  });

  test('with a line end are told, and shown to nobody', async () => {
    const asked = get('/', {}, { authorization: 'Bearer k-1\n' });

    await expect(asked).rejects.toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringMatching(/"headers".*secret/u),
    });
    await expect(asked).rejects.not.toThrow('k-1');
  });

  test('do not follow a redirect to another origin', async () => {
    await get(
      '/away',
      {},
      { authorization: 'Bearer t', 'x-api-key': 'k', 'accept-language': 'de' },
    );

    expect(other.headersOf('/')).toMatchObject({ 'accept-language': 'de' });
    expect(other.headersOf('/')).not.toHaveProperty('authorization');
    expect(other.headersOf('/')).not.toHaveProperty('x-api-key');
  });
});

describe('a bound', () => {
  test.each([
    ['/bomb', { maxBodyBytes: 100_000 }, 'InvalidDocument', 'larger than 100000 bytes'],
    ['/endless', { maxBodyBytes: 100_000 }, 'InvalidDocument', 'larger than 100000 bytes'],
    ['/slow', { timeoutMs: 300 }, 'SourceUnavailable', 'in time'],
    ['/loop', {}, 'InvalidDocument', 'redirected 6 times'],
    ['/headers', {}, 'InvalidDocument', 'headers above 32 KB'],
    ['/odd', {}, 'InvalidDocument', '"lzma"'],
    ['/broken-gzip', {}, 'InvalidDocument', 'cannot unpack'],
    ['/cut-gzip', {}, 'SourceUnavailable', 'too early'],
    ['/nowhere', {}, 'InvalidDocument', 'no address'],
    ['/reset', {}, 'SourceUnavailable', site_host],
  ] as const)('ends %s', async (path, options, type, naming) => {
    await expect(get(path, options)).rejects.toMatchObject({
      type,
      message: expect.stringContaining(typeof naming === 'string' ? naming : naming()),
    });
  });

  test('may depend on the content type', async () => {
    const fetching = open().fetch(`${site.origin}/endless`, {
      signal: never,
      maxBytesFor: (type) => (type === 'text/html' ? 1000 : 1e9),
    });

    await expect(fetching).rejects.toMatchObject({ type: 'InvalidDocument' });
  });

  test('cancellation rethrows its own reason', async () => {
    const stop = new AbortController();
    const fetching = open().fetch(`${site.origin}/slow`, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('stopped by test')), 100);

    await expect(fetching).rejects.toThrow('stopped by test');
  });
});

function site_host(): string {
  return site.host;
}

describe('the guard (B9, R12)', () => {
  test.each([
    'http://0x7f.1',
    'http://2130706433',
    'http://017700000001',
    'http://127.1',
    'http://127.0.0.1.',
    'http://[::ffff:7f00:1]',
    'http://[::1]',
    'http://[64:ff9b::7f00:1]',
    'http://[fe80::1]',
    'http://[fd00:ec2::254]',
    'http://①②⑦.⓪.⓪.①',
    'http://localhost',
  ])('%s is seen as the internal address that it is', async (origin) => {
    const fetching = open({ allowedHosts: [] }).fetch(`${origin}:8080/`, { signal: never });

    await expect(fetching).rejects.toMatchObject({
      type: 'PolicyDenied',
      message: expect.stringContaining('WELLSPRING_ALLOWED_HOSTS'),
    });
  });

  test.each([
    ['http://169.254.169.254/latest', '169.254.169.254'],
    ['http://168.63.129.16/', '168.63.129.16'],
    ['http://100.100.100.200/', '100.100.100.200'],
    ['http://10.1.2.3/', '10.1.2.3'],
    ['ftp://example.com/', 'ftp:'],
    ['file:///etc/passwd', 'file:'],
    ['http://user:hunter2@example.com/', 'example.com'],
    ['http://example.com:25/', 'Port 25'],
    ['http://example.com:6379/', 'Port 6379'],
  ])('%s is refused, and the sentence names it', async (url, naming) => {
    const refusal = await open({ allowedHosts: [] })
      .fetch(url, { signal: never })
      .catch((error: unknown) => error);

    expect(refusal).toMatchObject({
      type: 'PolicyDenied',
      message: expect.stringContaining(naming),
    });
    expect(String(refusal)).not.toContain('hunter2');
  });

  test.each(['/metadata', '/file'])('a redirect to %s is refused', async (path) => {
    await expect(get(path)).rejects.toMatchObject({ type: 'PolicyDenied' });
  });

  test('a redirect to an internal host that is not allowed makes no request there', async () => {
    const before = other.requests.length;

    await expect(get('/away', { allowedHosts: [site.host] })).rejects.toMatchObject({
      type: 'PolicyDenied',
    });
    expect(other.requests).toHaveLength(before);
  });

  test('a name is refused if any of its addresses is internal', async () => {
    const net = open({ allowedHosts: [], resolve: resolver([['93.184.216.34', '127.0.0.1']]) });

    await expect(net.fetch('http://mixed.example/', { signal: never })).rejects.toMatchObject({
      type: 'PolicyDenied',
      message: expect.stringContaining('"mixed.example"'),
    });
  });

  test('a name that rebinds is asked once a connection, and the checked answer is the one used', async () => {
    const asked: string[] = [];
    const port = new URL(site.origin).port;
    const net = open({
      allowedHosts: [`public.example:${port}`],
      resolve: resolver([['127.0.0.1'], ['10.0.0.1']], asked),
    });

    const answer = await net.fetch(`http://public.example:${port}/`, { signal: never });

    expect(answer.body.toString()).toBe('hello');
    expect(asked).toStrictEqual(['public.example']);
  });

  test('an allowed "name:port" opens that port alone', async () => {
    const net = open({ allowedHosts: [site.host] });

    expect((await net.fetch(`${site.origin}/`, { signal: never })).status).toBe(200);
    await expect(net.fetch(`${other.origin}/`, { signal: never })).rejects.toMatchObject({
      type: 'PolicyDenied',
    });
  });

  test('an allowed "name:port" does not open other ports of an internal name', async () => {
    const resolve = resolver([['127.0.0.1']]);
    const port = new URL(site.origin).port;
    const net = open({ allowedHosts: [`intranet.example:${port}`], resolve });

    expect((await net.fetch(`http://intranet.example:${port}/`, { signal: never })).status).toBe(
      200,
    );
    await expect(net.fetch('http://intranet.example/', { signal: never })).rejects.toMatchObject({
      type: 'PolicyDenied',
    });
  });

  test('an unknown name is a source that is away', async () => {
    await expect(
      open({ resolve: resolver([]) }).fetch('http://gone.example/', { signal: never }),
    ).rejects.toMatchObject({
      type: 'SourceUnavailable',
      message: expect.stringContaining('gone.example'),
    });
  });
});

/** A resolver that gives the next answer each time it is asked; without one it knows nothing. */
function resolver(answers: readonly (readonly string[])[], asked: string[] = []) {
  let turn = 0;
  const resolve = (hostname: string, _options: unknown, callback: Answered): void => {
    asked.push(hostname);
    const addresses = answers[Math.min(turn, answers.length - 1)];
    turn += 1;
    if (!addresses) callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    else
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  };
  return resolve as unknown as NonNullable<NetOptions['resolve']>;
}

type Answered = (error: Error | null, addresses: LookupAddress[]) => void;
