/**
 * An MCP server for what no published one does: pages, cursors that come back, odd contents, bad manners.
 * `node mcp-server.ts <scenario>` over stdio, `node mcp-server.ts <scenario> http` over HTTP (it writes its port); the protocol is spoken by hand (2025-11-25, and 2026-07-28 for `stateless`; one JSON-RPC message a line), so that it can be spoken badly.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

interface Request {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

const scenario = process.argv[2] ?? 'paging';
const argument = process.argv[3] ?? '';
const PAGE = 3;
const all = Array.from({ length: 7 }, (_, index) => `fake://docs/${index}.md`);

class RpcError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

function answer(request: Request): unknown {
  const params = request.params ?? {};
  switch (request.method) {
    case 'server/discover':
      if (scenario !== 'stateless')
        throw new RpcError(-32_601, 'Method not found: server/discover');
      return {
        supportedVersions: ['2026-07-28'],
        capabilities: { resources: {}, tools: {} },
        serverInfo: { name: 'fake-stateless', version: '1.2.3' },
      };
    case 'initialize':
      if (scenario === 'stateless') throw new RpcError(-32_601, 'Method not found: initialize');
      return {
        protocolVersion: '2025-11-25',
        capabilities: { resources: {}, tools: {} },
        serverInfo: { name: `fake-${scenario}`, version: '1.2.3' },
      };
    case 'resources/list':
      return listed(typeof params['cursor'] === 'string' ? params['cursor'] : '0');
    case 'resources/read':
      return { contents: contentsOf(String(params['uri'])) };
    case 'tools/list':
      return { tools: TOOLS };
    case 'tools/call':
      return called(String(params['name']), (params['arguments'] ?? {}) as Record<string, unknown>);
    default:
      throw new RpcError(-32_601, `Method not found: ${request.method}`);
  }
}

function listed(cursor: string): unknown {
  if (scenario === 'endless')
    return { resources: [{ uri: all[0], name: 'again' }], nextCursor: String(Number(cursor) + 1) };
  if (scenario === 'odd') return { resources: Object.keys(ODD).map((uri) => ({ uri, name: uri })) };
  const start = Number(cursor);
  const page = all.slice(start, start + PAGE);
  const resources = page.map((uri) => ({
    uri,
    name: uri.slice(-4),
    title: `Page ${uri.slice(-4)}`,
    mimeType: 'text/markdown',
    annotations: { lastModified: '2026-11-01T08:00:00Z' },
  }));
  // The third page of "cycle" leads back to the second.
  const next = scenario === 'cycle' && start >= 6 ? '3' : String(start + PAGE);
  return start + PAGE < all.length || scenario === 'cycle'
    ? { resources, nextCursor: next }
    : { resources };
}

const base64 = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  Buffer.from(text, encoding).toString('base64');

const ODD: Readonly<Record<string, readonly object[]>> = {
  'odd://two-texts': [{ text: 'first', mimeType: 'text/plain' }, { text: 'second' }],
  'odd://blob-text': [
    { blob: base64('Gr\u00FC\u00DFe', 'latin1'), mimeType: 'text/plain; charset=iso-8859-1' },
  ],
  'odd://pdf': [{ blob: base64('%PDF-1.7 x'), mimeType: 'application/pdf' }],
  'odd://picture': [{ blob: base64('png'), mimeType: 'image/png' }],
  'odd://untyped': [{ blob: base64('?') }],
  'odd://mixed': [
    { text: '# Mixed', mimeType: 'text/markdown' },
    { uri: 'odd://mixed/a.pdf', blob: base64('%PDF-1.4 a'), mimeType: 'application/pdf' },
  ],
  'odd://nothing': [],
  'odd://large': [{ text: 'x'.repeat(300_000) }],
  'odd://huge': [{ text: 'x'.repeat(4_000_000) }],
  'odd://gone': [{ error: -32_002 }],
  'odd://broken': [{ error: -32_603 }],
  'odd://nul': [{ text: 'a\u0000b\uD800c', mimeType: 'text/html' }],
};

function contentsOf(uri: string): readonly object[] {
  if (scenario !== 'odd') return [{ uri, mimeType: 'text/markdown', text: `# ${uri}` }];
  const contents = ODD[uri] ?? [{ error: -32_002 }];
  const [first] = contents;
  if (first !== undefined && 'error' in first)
    throw new RpcError(Number(first.error), 'no such thing');
  return contents.map((content) => ({ uri, ...content }));
}

const inputSchema = { type: 'object' };
const ROWS_INPUT = { ...inputSchema, properties: { after: { type: ['number', 'string'] } } };
const TOOLS = [
  { name: 'rows', inputSchema: ROWS_INPUT, annotations: { readOnlyHint: true } },
  { name: 'delete_all', inputSchema },
  { name: 'fails', inputSchema, annotations: { readOnlyHint: true } },
];

function called(name: string, args: Readonly<Record<string, unknown>>): unknown {
  if (name === 'fails') return { isError: true, content: [{ type: 'text', text: 'no' }] };
  if (name !== 'rows') return { content: [{ type: 'text', text: 'deleted everything' }] };
  const start = Number(args['after'] ?? 0);
  const rows = [0, 1].map((step) => ({
    key: start + step,
    head: `Row ${start + step}`,
    text: `Text ${start + step}`,
  }));
  if (start === 4)
    return { content: [], structuredContent: { data: { rows: [{ text: 'no key' }] } } };
  return {
    content: [],
    structuredContent: { data: { rows, next: scenario === 'cycle' ? 2 : start + 2 } },
  };
}

/** What every result carries since 2026-07-28. */
const STATELESS = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };

function handle(line: string): void {
  const message = responseTo(line);
  if (message !== undefined) reply(message);
}

function responseTo(line: string): object | undefined {
  const request = JSON.parse(line) as Request;
  if (request.id === undefined) return undefined;
  if (scenario === 'dies-on-probe' && request.method === 'server/discover') process.exit(3);
  if (scenario === 'dies-on-read' && request.method === 'resources/read') process.exit(3);
  if (scenario === 'hangs' && request.method === 'resources/read') return undefined;
  try {
    const result = Object.assign({}, scenario === 'stateless' ? STATELESS : {}, answer(request));
    return { id: request.id, result };
  } catch (error) {
    const code = error instanceof RpcError ? error.code : -32_603;
    return { id: request.id, error: { code, message: String(error) } };
  }
}

function reply(message: object): void {
  if (scenario === 'chatty') process.stdout.write('Server is listening …\n{"not":"a message"}\n');
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

if (scenario === 'stubborn') {
  process.on('SIGTERM', () => {});
  const code = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
  const helper = spawn(process.execPath, ['-e', code], { stdio: 'inherit' });
  writeFileSync(argument, String(helper.pid));
}
if (scenario === 'refuses') {
  process.stderr.write(`cannot start with ${process.env['TOKEN'] ?? 'nothing'}\n`);
  process.exit(1);
}
if (scenario === 'limits') {
  const { readFileSync } = await import('node:fs');
  const limits = readFileSync('/proc/self/limits', 'utf8').split('\n');
  const files = limits.find((line) => line.startsWith('Max open files')) ?? '';
  const interfaces = readFileSync('/proc/net/dev', 'utf8').trim().split('\n').length - 2;
  process.stderr.write(`${files.split(/ {2,}/u)[1]} files, ${interfaces} interfaces\n`);
}
if (scenario === 'environment')
  process.stderr.write(`${JSON.stringify(Object.keys(process.env))}\n`);

if (argument === 'http') serveHttp();
else serveStdio();

function serveStdio(): void {
  createInterface({ input: process.stdin })
    .on('line', handle)
    .on('close', () => {
      if (scenario !== 'stubborn') process.exit(0);
    });
}

function serveHttp(): void {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST') return void response.writeHead(405).end();
      const message = responseTo(Buffer.concat(chunks).toString('utf8'));
      if (message === undefined) return void response.writeHead(202).end();
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ jsonrpc: '2.0', ...message }));
    });
  });
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  });
}
