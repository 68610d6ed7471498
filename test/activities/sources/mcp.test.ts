import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ReadMessage, SourceDocument } from '../../../activities/sources/contract.ts';
import { mcp } from '../../../activities/sources/mcp.ts';
import { describeSource } from '../../contracts/source.ts';
import { descendants, eventually, isRunning } from '../../fakes/processes.ts';
import { sourceEnv, type SourceEnvOverrides, type TestSourceEnv } from '../../fakes/source-env.ts';

const FAKE = fileURLToPath(new URL('../../fakes/mcp-server.ts', import.meta.url));
const SECRET = 'tok-77c1e0b2aa';
const DOCUMENTS = [
  'architecture',
  'extension',
  'features',
  'how-it-works',
  'instructions',
  'startup',
  'structure',
].map((name) => `demo://resource/static/document/${name}.md`);
const folder = mkdtempSync(join(tmpdir(), 'wellspring-mcp-'));
const envs: TestSourceEnv[] = [];
let httpServer: { url: string; pid: number };

beforeAll(async () => {
  mkdirSync(join(folder, 'docs/deep'), { recursive: true });
  writeFileSync(join(folder, 'docs/one.md'), '# One');
  writeFileSync(join(folder, 'docs/deep/two words.md'), '# Two');
  writeFileSync(join(folder, 'docs/no.txt'), 'no');
  httpServer = await startHttpServer();
});

afterEach(async () => {
  const left = (): number[] => descendants().filter((pid) => pid !== httpServer.pid);
  if (await eventually(() => left().length === 0)) return;
  throw new Error(`These processes remain: ${left().join(', ')}.`);
});

afterAll(() => {
  process.kill(httpServer.pid, 'SIGKILL');
  for (const env of envs) env.remove();
  rmSync(folder, { recursive: true });
});

function server(name: string, ...args: string[]) {
  const path = fileURLToPath(
    new URL(
      `../../../node_modules/@modelcontextprotocol/server-${name}/dist/index.js`,
      import.meta.url,
    ),
  );
  return { type: 'stdio', command: process.execPath, args: [path, ...args] };
}

function fake(...args: string[]) {
  return { type: 'stdio', command: process.execPath, args: [FAKE, ...args] };
}

async function startHttpServer(): Promise<{ url: string; pid: number }> {
  const port = await freePort();
  const { command, args } = server('everything', 'streamableHttp');
  const child = spawn(command, args, {
    env: { PORT: String(port), PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text) => {
      if (String(text).includes('listening')) resolve();
    });
    child.once('exit', () => reject(new Error('The HTTP server ended early.')));
  });
  return { url: `http://127.0.0.1:${port}/mcp`, pid: child.pid ?? 0 };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function env(overrides: SourceEnvOverrides = {}): TestSourceEnv {
  const made = sourceEnv(overrides);
  envs.push(made);
  return made;
}

type Config = Readonly<Record<string, unknown>>;

async function read(config: Config, using = env()) {
  const messages: ReadMessage<unknown>[] = [];
  let error: unknown;
  try {
    for await (const message of mcp.open(config).read(null, using)) messages.push(message);
  } catch (caught) {
    error = caught;
  }
  const documents = messages.flatMap((one) => (one.kind === 'document' ? [one.document] : []));
  const listing = messages.find((one) => one.kind === 'listing');
  return { messages, documents, listing, error, ids: documents.map(({ id }) => id) };
}

function textOf(documents: readonly SourceDocument[], id: string): string {
  const body = documents.find((one) => one.id === id)?.body;
  return body === undefined || body.kind === 'file' ? `no text of ${id}` : body.text;
}

describeSource('server-everything over stdio', () =>
  Promise.resolve({
    type: mcp,
    config: { transport: server('everything', 'stdio') },
    expectedIds: DOCUMENTS,
    badConfigs: [
      {
        why: 'a glob that matches nothing (M4)',
        fault: 'nothing' as const,
        config: {
          transport: server('everything', 'stdio'),
          resources: { include: ['demo://resource/static/*'] },
        },
        outcome: 'FAIL' as const,
        naming: /demo:\/\/resource\/static\/\*/u,
      },
      {
        why: 'a program that does not exist',
        config: { transport: { type: 'stdio', command: '/no/such/server' } },
        outcome: 'FAIL' as const,
        naming: /\/no\/such\/server/u,
      },
      {
        why: 'a template expression that is not supported',
        config: {
          transport: fake('paging'),
          templates: [{ uriTemplate: 'x://a{?q}', variables: { q: ['1'] } }],
        },
        outcome: 'InvalidConfig' as const,
        naming: /\{\?q\}/u,
      },
      {
        why: 'a variable without values',
        config: {
          transport: fake('paging'),
          templates: [{ uriTemplate: 'x://{a}/{b}', variables: { a: ['1'] } }],
        },
        outcome: 'InvalidConfig' as const,
        naming: /"b" has no values/u,
      },
    ],
  }),
);

describeSource('server-everything over HTTP', () =>
  Promise.resolve({
    type: mcp,
    config: {
      transport: {
        type: 'http',
        url: httpServer.url,
        headers: { authorization: `Bearer ${SECRET}` },
      },
    },
    expectedIds: DOCUMENTS,
    secrets: [SECRET],
    badConfigs: [
      {
        why: 'nobody listens',
        fault: 'unreachable' as const,
        config: { transport: { type: 'http', url: 'http://127.0.0.1:9/mcp' } },
        outcome: 'INDETERMINATE' as const,
        naming: /127\.0\.0\.1:9/u,
      },
      {
        why: 'an address without an MCP endpoint',
        config: { transport: { type: 'http', url: `${httpServer.url}/nothing?key=${SECRET}` } },
        outcome: 'FAIL' as const,
        naming: /answered 404/u,
      },
      {
        why: 'no address at all',
        config: { transport: { type: 'http', url: SECRET } },
        outcome: 'FAIL' as const,
      },
    ],
  }),
);

describeSource('server-filesystem, which has tools only', () =>
  Promise.resolve({
    type: mcp,
    config: {
      transport: server('filesystem', folder),
      tools: [
        {
          tool: 'read_text_file',
          args: { path: '{path}' },
          variables: {
            path: {
              tool: 'search_files',
              args: { path: join(folder, 'docs'), pattern: '**/*.md' },
              itemsPath: 'content',
            },
          },
          contentType: 'text/markdown',
        },
      ],
    },
    expectedIds: ['docs/one.md', 'docs/deep/two words.md'].map((name) =>
      JSON.stringify(['read_text_file', join(folder, name)]),
    ),
    badConfigs: [
      {
        why: 'resources of a server that has none',
        config: { transport: server('filesystem', folder) },
        outcome: 'FAIL' as const,
        naming: /has no resources.*"read_text_file"/su,
      },
      {
        why: 'a tool that writes',
        config: { transport: server('filesystem', folder), tools: [{ tool: 'write_file' }] },
        outcome: 'FAIL' as const,
        naming: /"allowTools"/u,
      },
      {
        why: 'a tool that does not exist',
        config: { transport: server('filesystem', folder), tools: [{ tool: 'raed' }] },
        outcome: 'FAIL' as const,
        naming: /no tool "raed".*"read_file"/su,
      },
    ],
  }),
);

describe('real servers', () => {
  test('server-memory gives its resource, which shows what was changed', async () => {
    const memory = join(folder, 'memory.jsonl');
    writeFileSync(
      memory,
      `${JSON.stringify({ type: 'entity', name: 'Ada', entityType: 'person', observations: ['wrote notes'] })}\n`,
    );
    const transport = { ...server('memory'), env: { MEMORY_FILE_PATH: memory } };

    const { documents, listing } = await read({ transport });

    expect(documents).toHaveLength(1);
    expect(textOf(documents, documents[0]?.id ?? '')).toContain('Ada');
    expect(listing).toStrictEqual({ kind: 'listing', complete: true });
  });

  test('M5: templates are read for each value, with the bytes of blobs decoded', async () => {
    const { documents, ids } = await read({
      transport: server('everything', 'stdio'),
      templates: [
        { uriTemplate: 'demo://resource/dynamic/text/{id}', variables: { id: [1, 2] } },
        { uriTemplate: 'demo://resource/dynamic/blob/{id}', variables: { id: [7] } },
      ],
    });

    expect(ids).toStrictEqual([
      'demo://resource/dynamic/text/1',
      'demo://resource/dynamic/text/2',
      'demo://resource/dynamic/blob/7',
    ]);
    expect(textOf(documents, 'demo://resource/dynamic/text/2')).toContain('Resource 2');
    expect(textOf(documents, 'demo://resource/dynamic/blob/7')).toContain('Resource 7');
  });

  test('M9: a resource that the server does not know is gone, and the others stay', async () => {
    const { messages, ids } = await read({
      transport: server('everything', 'stdio'),
      templates: [
        {
          uriTemplate: 'demo://resource/{+path}',
          variables: { path: ['nothing/here', 'dynamic/text/1'] },
        },
      ],
    });

    expect(messages).toContainEqual({
      kind: 'gone',
      id: 'demo://resource/nothing/here',
      why: 'the server answered -32602',
    });
    expect(ids).toStrictEqual(['demo://resource/dynamic/text/1']);
  });

  test('globs choose among the listed resources', async () => {
    const { ids } = await read({
      transport: server('everything', 'stdio'),
      resources: { include: ['**/s*.md', '**/features.md'], exclude: ['**/startup.md'] },
    });

    expect(ids.toSorted()).toStrictEqual([DOCUMENTS[2], DOCUMENTS[6]]);
  });

  test('discover names resources, templates and tools, and which tools may write', async () => {
    const found = await mcp.open({ transport: server('everything', 'stdio') }).discover(env());
    const names = found.streams.map((stream) => stream.name);

    expect(found.streams[0]).toStrictEqual({ name: 'resources', primaryKey: ['uri'], count: 7 });
    expect(names).toContain('template demo://resource/dynamic/text/{resourceId}');
    expect(names).toContain('tool echo');
    expect(names).toContain('tool gzip-file-as-resource (may change something)');
  });

  test('check reads the first URI of a template and says when it cannot', async () => {
    const variables = { id: [1, 2, 3] };
    const results = await mcp
      .open({
        transport: server('everything', 'stdio'),
        templates: [
          { uriTemplate: 'demo://resource/dynamic/text/{id}', variables },
          { uriTemplate: 'demo://wrong/{id}', variables },
        ],
      })
      .check(env());

    expect(results.map((one) => one.verdict)).toStrictEqual(['PASS', 'PASS', 'PASS', 'FAIL']);
    expect(results[2]?.detail).toContain('3 URIs');
    expect(results[3]?.detail).toContain('demo://wrong/1');
  });
});

describe('M3: pages', () => {
  test('every page is followed, and the listing is complete', async () => {
    const { documents, listing } = await read({ transport: fake('paging') });

    expect(documents).toHaveLength(7);
    expect(documents[3]).toStrictEqual({
      id: 'fake://docs/3.md',
      title: 'Page 3.md',
      body: { kind: 'markdown', text: '# fake://docs/3.md' },
      modifiedAt: '2026-11-01T08:00:00.000Z',
      attributes: { mime_type: 'text/markdown' },
    });
    expect(listing).toStrictEqual({ kind: 'listing', complete: true });
  });

  test('a cursor that comes back ends the list, which is then not complete', async () => {
    const { ids, listing, error } = await read({ transport: fake('cycle') });

    expect(error).toBeUndefined();
    expect(ids).toHaveLength(new Set(ids).size);
    expect(ids).toHaveLength(7);
    expect(listing).toMatchObject({
      complete: false,
      why: expect.stringContaining('repeats a cursor'),
    });
  });

  test('M8: a resource with the known time of its last change is only seen', async () => {
    const known = new Map([['fake://docs/3.md', { modifiedAt: '2026-11-01T09:00:00+01:00' }]]);

    const { messages, ids } = await read({ transport: fake('paging') }, env({ known }));

    expect(messages).toContainEqual({ kind: 'seen', id: 'fake://docs/3.md' });
    expect(ids).toHaveLength(6);
  });
});

describe('M7: contents', () => {
  test('all contents count, and each that cannot be taken is one dead letter', async () => {
    const { documents, messages, listing } = await read({
      transport: fake('odd'),
      maxResourceBytes: 200_000,
    });
    const dead = messages.flatMap((one) =>
      one.kind === 'failed' ? [[one.id, one.failure, one.detail]] : [],
    );

    expect(textOf(documents, 'odd://two-texts')).toBe('first\n\nsecond');
    expect(textOf(documents, 'odd://blob-text')).toBe('Gr\u00FC\u00DFe');
    expect(textOf(documents, 'odd://mixed')).toBe('# Mixed');
    expect(textOf(documents, 'odd://nul')).toBe('a\uFFFDb\uFFFDc');
    expect(files(documents)).toStrictEqual([
      ['odd://pdf', 'application/pdf', '%PDF-1.7 x'],
      ['odd://mixed/a.pdf', 'application/pdf', '%PDF-1.4 a'],
    ]);
    expect(dead).toStrictEqual([
      ['odd://picture', 'InvalidDocument', expect.stringContaining('"image/png"')],
      ['odd://untyped', 'InvalidDocument', expect.stringContaining('no MIME type')],
      ['odd://nothing', 'InvalidDocument', expect.stringContaining('without contents')],
      ['odd://large', 'InvalidDocument', expect.stringContaining('300000 bytes')],
      ['odd://huge', 'InvalidDocument', expect.stringContaining('byte limit')],
      ['odd://broken', 'SourceUnavailable', expect.stringContaining('-32603')],
    ]);
    expect(messages).toContainEqual({
      kind: 'gone',
      id: 'odd://gone',
      why: 'the server answered -32002',
    });
    expect(listing).toStrictEqual({ kind: 'listing', complete: true });
  });
});

function files(documents: readonly SourceDocument[]): unknown[] {
  return documents.flatMap(({ id, body }) =>
    body.kind === 'file' ? [[id, body.contentType, readFileSync(body.path, 'utf8')]] : [],
  );
}

describe('M6: tools', () => {
  const rows = {
    tool: 'rows',
    args: {},
    pagination: { cursorArg: 'after', nextPath: 'data.next' },
    itemsPath: 'data.rows',
    idPath: 'key',
    titlePath: 'head',
    contentPath: 'text',
  };

  test('pages are followed by argument; an item without an id is a dead letter and a gap', async () => {
    const { documents, messages, listing } = await read({
      transport: fake('paging'),
      tools: [rows],
    });

    expect(documents.slice(0, 2)).toStrictEqual([
      { id: '["rows","0"]', title: 'Row 0', body: { kind: 'text', text: 'Text 0' } },
      { id: '["rows","1"]', title: 'Row 1', body: { kind: 'text', text: 'Text 1' } },
    ]);
    expect(documents).toHaveLength(4);
    expect(messages.filter((one) => one.kind === 'failed')).toHaveLength(1);
    expect(listing).toMatchObject({ complete: false, why: expect.stringContaining('"rows"') });
  });

  test('a cursor that comes back ends the pages of a tool', async () => {
    const { listing, ids } = await read({ transport: fake('cycle'), tools: [rows] });

    expect(ids).toHaveLength(new Set(ids).size);
    expect(listing).toMatchObject({
      complete: false,
      why: expect.stringContaining('repeats a cursor'),
    });
  });

  test('a tool that may write is called only when the definition allows it', async () => {
    const refused = await read({ transport: fake('paging'), tools: [{ tool: 'delete_all' }] });
    const allowed = await read({
      transport: fake('paging'),
      tools: [{ tool: 'delete_all' }],
      allowTools: ['delete_all'],
    });

    expect(refused.documents).toStrictEqual([]);
    expect(refused.error).toMatchObject({ type: 'PolicyDenied' });
    expect(allowed.ids).toStrictEqual(['["delete_all"]']);
  });

  test('an answer that says it is an error is a dead letter, not a document', async () => {
    const { documents, messages } = await read({
      transport: fake('paging'),
      tools: [{ tool: 'fails' }],
    });

    expect(documents).toStrictEqual([]);
    expect(messages[0]).toMatchObject({ kind: 'failed', id: '["fails"]' });
  });
});

test('M2: a server of the stateless protocol is read without initialize', async () => {
  const { ids, error, listing } = await read({
    transport: fake('stateless'),
    resources: {},
    tools: [{ tool: 'rows' }],
  });

  expect(error).toBeUndefined();
  expect(ids).toHaveLength(8);
  expect(listing).toStrictEqual({ kind: 'listing', complete: true });
});

describe('M12 and bad manners', () => {
  test('a server that ends at the probe of the newer protocol is asked in the older one', async () => {
    const { ids, error } = await read({ transport: fake('dies-on-probe') });

    expect(error).toBeUndefined();
    expect(ids).toHaveLength(7);
  });

  test('lines that are no messages are skipped', async () => {
    const { ids } = await read({ transport: fake('chatty') });

    expect(ids).toHaveLength(7);
  });

  test('a server that ends in the middle is SourceUnavailable, without a listing', async () => {
    const { error, listing } = await read({ transport: fake('dies-on-read') });

    expect(error).toMatchObject({ type: 'SourceUnavailable', nonRetryable: false });
    expect(listing).toBeUndefined();
  });

  test('a server that does not start says why in the details, without secrets', async () => {
    const { error } = await read({ transport: { ...fake('refuses'), env: { TOKEN: SECRET } } });

    expect(error).toMatchObject({
      type: 'SourceUnavailable',
      details: [{ stderrTail: 'cannot start with [secret]' }],
    });
  });

  test('a cancellation ends a server that hangs', async () => {
    const using = env();
    const reading = read({ transport: fake('hangs') }, using);
    await eventually(() => descendants().length > 1);

    const startedAt = performance.now();
    using.abort();
    const { error } = await reading;

    expect(error).toMatchObject({ message: 'The test cancelled the attempt.' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('the helpers of a server that ignores SIGTERM end with it', async () => {
    const pidFile = join(folder, 'helper');

    const { ids } = await read({ transport: fake('stubborn', pidFile) });

    expect(ids).toHaveLength(7);
    expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });

  test('a server sees only the variables that its definition names', async () => {
    const using = env({ variables: { REGION: 'x', HIDDEN: 'y' } });

    await read({ transport: { ...fake('environment'), passEnv: ['REGION'] } }, using);
    const [line] = using.records.map((record) => record.fields?.['line']);

    expect(JSON.parse(String(line)).toSorted()).toStrictEqual([
      'HOME',
      'LANG',
      'PATH',
      'REGION',
      'TMPDIR',
    ]);
  });

  test('M1: a program that the operator did not allow is not started', async () => {
    const using = env({ settings: { allowedCommands: ['npx'] } });

    const { error } = await read({ transport: fake('paging') }, using);

    expect(error).toMatchObject({ type: 'PolicyDenied' });
  });

  test('an internal address that the operator did not allow is not asked', async () => {
    const using = env({ settings: { allowedHosts: [] } });

    const { error } = await read({ transport: { type: 'http', url: httpServer.url } }, using);

    expect(error).toMatchObject({
      type: 'PolicyDenied',
      message: expect.stringContaining('WELLSPRING_ALLOWED_HOSTS'),
    });
  });
});
