import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { withMcp } from './reading.ts';

const { env, http, listen, read } = withMcp();

/** Somebody who must never be asked. */
async function bystander(): Promise<{ port: number; hits: () => number }> {
  let hits = 0;
  const port = await listen((_request, response) => {
    hits += 1;
    response.end('secrets');
  });
  return { port, hits: () => hits };
}

describe('R12: an MCP server over HTTP is reached through the guard', () => {
  test.each([
    ['the metadata service', (port: number) => `http://169.254.169.254:${port}/latest/meta-data/`],
    ['the metadata service without a port', () => 'http://169.254.169.254/latest/meta-data/'],
    ['loopback', (port: number) => `http://127.0.0.1:${port}/`],
    ['loopback without a port', () => 'http://127.0.0.1/'],
    ['hexadecimal', (port: number) => `http://0x7f000001:${port}/`],
    ['hexadecimal parts', () => 'http://0x7f.0.0.0x1/'],
    ['octal', (port: number) => `http://0177.0.0.1:${port}/`],
    ['octal without a port', () => 'http://0177.0.0.1/'],
    ['decimal', (port: number) => `http://2130706433:${port}/`],
    ['decimal without a port', () => 'http://2130706433/'],
    ['short', () => 'http://127.1/'],
    ['IPv4 mapped into IPv6', (port: number) => `http://[::ffff:127.0.0.1]:${port}/`],
    ['IPv4 mapped, without a port', () => 'http://[::ffff:7f00:1]/'],
    ['IPv6 loopback', () => 'http://[::1]/'],
    ['unique local', () => 'http://[fd00::1]/'],
    ['a private network', () => 'http://10.0.0.1/'],
    ['a name that resolves to loopback', () => 'http://localhost/'],
    ['another scheme', () => 'file:///etc/passwd'],
    ['a user name', () => 'http://user:pass@127.0.0.1/'],
  ])('%s is refused, named, and not asked', async (_what, address) => {
    const { port, hits } = await bystander();
    const using = env({ settings: { allowedHosts: [] } });

    const { error, messages } = await read(
      { transport: { type: 'http', url: address(port) } },
      using,
    );

    expect(error).toMatchObject({ type: 'PolicyDenied', nonRetryable: true });
    expect(messages).toStrictEqual([]);
    expect(hits()).toBe(0);
  });

  test.each([
    ['an internal address', (port: number) => `http://127.0.0.1:${port}/`],
    ['the metadata service', () => 'http://169.254.169.254/latest/meta-data/'],
    ['a mapped address', () => 'http://[::ffff:169.254.169.254]/'],
    ['a name that resolves to loopback', () => 'http://localhost/'],
    ['another scheme', () => 'file:///etc/passwd'],
  ])('a redirect to %s is refused, whatever was allowed before it', async (_what, address) => {
    const { port, hits } = await bystander();
    const from = await listen((_request, response) => {
      response.writeHead(307, { location: address(port) }).end();
    });
    const using = env({ settings: { allowedHosts: [`127.0.0.1:${from}`] } });

    const { error } = await read(
      { transport: { type: 'http', url: `http://127.0.0.1:${from}/mcp` } },
      using,
    );

    expect(error).toMatchObject({ type: 'PolicyDenied' });
    expect(hits()).toBe(0);
  });

  test('a redirect to another host that is allowed is followed, without the credentials', async () => {
    const seen: (string | undefined)[] = [];
    const { url } = await http('paging');
    const note: RequestListener = (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(307, { location: second }).end();
    };
    const forward: RequestListener = (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(307, { location: url }).end();
    };
    const second = `http://127.0.0.1:${await listen(forward)}/mcp`;
    const first = `http://127.0.0.1:${await listen(note)}/mcp`;

    await read({
      transport: { type: 'http', url: first, headers: { authorization: 'Bearer tok-1234567' } },
    });

    expect(seen[0]).toBe('Bearer tok-1234567');
    expect(seen[1]).toBeUndefined();
  });

  test('redirects that never end are left', async () => {
    let hits = 0;
    const port = await listen((_request, response) => {
      hits += 1;
      response.writeHead(307, { location: '/again' }).end();
    });

    const { error } = await read({ transport: { type: 'http', url: `http://127.0.0.1:${port}/` } });

    expect(error).toBeDefined();
    expect(hits).toBeLessThan(30);
  });
});

describe('M9: what a server over HTTP answers instead', () => {
  const answering = async (status: number, headers: Record<string, string> = {}) => {
    const port = await listen((_request, response) => {
      response.writeHead(status, headers).end('no');
    });
    return read({ transport: { type: 'http', url: `http://127.0.0.1:${port}/mcp?key=secret-1` } });
  };

  test.each([
    [401, 'AuthExpired'],
    [403, 'AccessDenied'],
    [404, 'InvalidConfig'],
    [429, 'RateLimited'],
    [500, 'SourceUnavailable'],
    [503, 'SourceUnavailable'],
  ])('%i is %s, without the query of the address', async (status, type) => {
    const { error } = await answering(status);

    expect(error).toMatchObject({ type });
    expect(String(error)).not.toContain('secret-1');
  });

  test.each([
    [429, '120', 120_000],
    [503, '90', 90_000],
    [429, new Date(Date.now() + 300_000).toUTCString(), 300_000],
  ])('%i with Retry-After "%s" is a wait that is honoured', async (status, header, waitMs) => {
    const { error } = await answering(status, { 'retry-after': header });

    expect(error).toMatchObject({ type: 'RateLimited', nonRetryable: false });
    const { nextRetryDelay } = error as { nextRetryDelay: number };
    expect(nextRetryDelay).toBeGreaterThan(waitMs - 15_000);
    expect(nextRetryDelay).toBeLessThanOrEqual(waitMs);
  });
});
