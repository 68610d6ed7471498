import { describe, expect, test } from 'vitest';
import { withoutNetwork } from '../../../../activities/sources/child-process/without-network.ts';
import { mcp } from '../../../../activities/sources/mcp.ts';
import { withMcp, type Config } from './reading.ts';

const { env, stdio, http, read } = withMcp();

const TRANSPORTS = [
  ['stdio', (scenario: string) => Promise.resolve(stdio(scenario))],
  ['http', http],
] as const;

const ROWS = {
  tool: 'rows',
  pagination: { cursorArg: 'after', nextPath: 'data.next' },
  itemsPath: 'data.rows',
  idPath: 'key',
  contentPath: 'text',
};

/** M5, M6: the three modes, and how many documents each gives. */
const MODES: readonly (readonly [string, Config, number])[] = [
  ['resources', {}, 7],
  [
    'templates',
    {
      templates: [
        { uriTemplate: 'fake://docs/{n}.md', variables: { n: [1, 2] } },
        {
          uriTemplate: 'fake://rows/{n}',
          variables: { n: { tool: 'rows', itemsPath: 'data.rows[*].key' } },
        },
      ],
    },
    4,
  ],
  ['tools', { tools: [ROWS] }, 4],
  ['all together', { resources: {}, tools: [ROWS] }, 11],
];

describe.each(TRANSPORTS)('over %s', (_name, transport) => {
  describe.each(['paging', 'stateless'])('M2: a server of the era "%s"', (scenario) => {
    test.each(MODES)('gives its %s', async (_mode, config, count) => {
      const { ids, error } = await read({ transport: await transport(scenario), ...config });

      expect(error).toBeUndefined();
      expect(ids).toHaveLength(count);
    });
  });

  test('M3: a cursor that comes back ends the list, which is then not complete', async () => {
    const { ids, listing } = await read({ transport: await transport('cycle') });

    expect(ids).toHaveLength(7);
    expect(listing).toMatchObject({ complete: false, why: expect.stringContaining('repeats') });
  });

  test('M7: contents that cannot be taken are dead letters, the others are stored', async () => {
    const { messages, ids, listing } = await read({
      transport: await transport('odd'),
      maxResourceBytes: 200_000,
    });

    expect(messages.filter((one) => one.kind === 'failed')).toHaveLength(6);
    expect(messages.filter((one) => one.kind === 'gone')).toHaveLength(1);
    expect(ids).toHaveLength(6);
    expect(listing).toStrictEqual({ kind: 'listing', complete: true });
  });

  test('M8: what has the known time of its last change is only seen', async () => {
    const known = new Map([['fake://docs/3.md', { modifiedAt: '2026-11-01T09:00:00+01:00' }]]);

    const { messages, ids } = await read({ transport: await transport('paging') }, env({ known }));

    expect(messages).toContainEqual({ kind: 'seen', id: 'fake://docs/3.md' });
    expect(ids).toHaveLength(6);
  });

  test('M9: a server that ends in the middle is SourceUnavailable, and lists nothing', async () => {
    const own = _name === 'http' ? await http('dies-on-read') : stdio('dies-on-read');

    const { error, listing } = await read({ transport: own });

    expect(error).toMatchObject({ type: 'SourceUnavailable', nonRetryable: false });
    expect(listing).toBeUndefined();
  });

  test('M4: a glob, a template and a tool that match nothing are FAIL, each by its name', async () => {
    const results = await mcp
      .open({
        transport: await transport('paging'),
        resources: { include: ['fake://nothing/*'] },
        templates: [
          {
            uriTemplate: 'fake://rows/{n}',
            variables: { n: { tool: 'rows', itemsPath: 'data.missing' } },
          },
        ],
        tools: [{ tool: 'raws' }],
      })
      .check(env());

    const failed = results.filter((one) => one.verdict === 'FAIL').map((one) => one.capability);
    expect(failed).toStrictEqual([
      'pattern fake://nothing/*',
      'list',
      'template fake://rows/{n}',
      'tool raws',
    ]);
  });

  test('M6: a tool that may write is not called, and is allowed by name alone', async () => {
    const tools = [{ tool: 'delete_all' }];
    const refused = await read({ transport: await transport('paging'), tools });
    const allowed = await read({
      transport: await transport('paging'),
      tools,
      allowTools: ['delete_all'],
    });

    expect(refused.error).toMatchObject({ type: 'PolicyDenied' });
    expect(allowed.ids).toStrictEqual(['["delete_all"]']);
  });

  test('M12: a cancellation ends a request under way within 5 seconds', async () => {
    const using = env();
    const reading = read({ transport: await transport('hangs') }, using);
    setTimeout(() => using.abort(), 1_500);

    const startedAt = performance.now();
    const { error } = await reading;

    expect(error).toMatchObject({ message: 'The test cancelled the attempt.' });
    expect(performance.now() - startedAt).toBeLessThan(6_500);
  });
});

test('M3: a list whose cursors never end is left after 10,000 pages, and is not complete', async () => {
  const { ids, listing, error } = await read({ transport: stdio('endless') });

  expect(error).toBeUndefined();
  expect(ids).toStrictEqual(['fake://docs/0.md']);
  expect(listing).toMatchObject({
    complete: false,
    why: expect.stringContaining('more than 10000 pages'),
  });
}, 120_000);

const canIsolate = await withoutNetwork().then(
  () => true,
  () => false,
);
if (!canIsolate) console.warn('SKIPPED: this host cannot start a program without network.');

test.skipIf(!canIsolate)(
  'S7: a server over stdio keeps limits and goes without network where its definition says so',
  async () => {
    const using = env();
    const transport = { ...stdio('limits'), limits: { openFiles: 128 }, network: 'none' };

    const { ids, error } = await read({ transport }, using);

    expect(error).toBeUndefined();
    expect(ids).toHaveLength(7);
    expect(using.records.map((one) => one.fields?.['line'])).toContain('128 files, 1 interfaces');
  },
);
