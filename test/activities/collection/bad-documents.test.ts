import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMPLETE, document, SECRET, withCollecting, type Message } from './collecting.ts';

const newSource = withCollecting();
const NEIGHBOURS = [document('before'), document('zz-after')];

function between(...bad: readonly Message[]): Message[] {
  return [document('before'), ...bad, document('zz-after'), COMPLETE];
}

test.each([
  ['without text', document('bad', ' \n\0 '), /no text/],
  ['without an id', document(''), /no id/],
  ['with an id of blanks', document(' \t\n'), /no id/],
  [
    'with an id of 3,000 characters',
    document('x'.repeat(3000)),
    /3000 characters; 2048 are allowed/,
  ],
  [
    'beyond the size',
    document('bad', 'x'.repeat(100_001)),
    /100002 bytes; 100000 bytes are the most/,
  ],
  [
    'as a file that is not indexed',
    document('bad', { kind: 'file', contentType: 'video/mp4', path: '/nowhere' }),
    /"video\/mp4" are not indexed/,
  ],
] as const)(
  'a document %s is a dead letter, and its neighbours are stored',
  async (_what, bad, detail) => {
    const source = await newSource();
    source.emits(between(bad));

    const ran = await source.run();

    expect(ran).toMatchObject({ status: 'partial', counts: { added: 2, failed: 1 } });
    const [letter] = await source.deadLetters();
    expect(letter).toMatchObject({ failure: 'InvalidDocument' });
    expect(letter?.detail).toMatch(detail);
  },
);

test('a document whose file is missing is a dead letter, and its neighbours are stored', async () => {
  const source = await newSource();
  source.emits(
    between(
      document('bad', { kind: 'file', contentType: 'application/pdf', path: '/nowhere/x.pdf' }),
    ),
  );

  expect(await source.run()).toMatchObject({ status: 'partial', counts: { added: 2, failed: 1 } });
  expect(await source.deadLetters()).toMatchObject([{ id: 'bad', failure: 'Defect' }]);
});

test('half characters, NUL and odd times in every field are stored as text that PostgreSQL and Bedrock take', async () => {
  const source = await newSource();
  const odd = 'a\0b\uD800c\uFEFF';
  const times = [
    '2020',
    '-271821-04-20T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    'Tue Mar 01 2022 00:00:00 GMT+0100 (CET)',
    'never',
  ];
  source.emits([
    ...times.map((modifiedAt, at) => document(`time ${at}`, undefined, { modifiedAt })),
    document(`id ${odd}`, odd, {
      title: odd,
      url: odd,
      author: odd,
      tags: [odd, '', ' '],
      attributes: { [odd]: odd, empty: '', blank: ' ', nan: Number.NaN, list: ['', ' '] },
      validators: { etag: odd, lastModified: odd },
    }),
    { kind: 'failed', id: `failed ${odd}`, failure: 'InvalidDocument', detail: odd },
    { kind: 'gone', id: odd, why: odd },
    { kind: 'checkpoint', cursor: { [odd]: odd } },
    { kind: 'listing', complete: false, why: odd },
  ]);

  const ran = await source.run();
  let from: unknown;
  source.emits(async function* (cursor) {
    from = cursor;
    yield COMPLETE;
  });
  await source.collect({ run: 'next' });

  expect(ran.counts).toMatchObject({ added: 6, failed: 1 });
  expect(from).toEqual({ [odd]: odd });
  const keys = (await source.keys()).filter((key) => key.endsWith('.md'));
  for (const key of keys) {
    const values = Object.values(await source.sidecar(key)).map(({ value }) => value);
    expect(JSON.stringify(values)).not.toMatch(/null|""|\\u0000|\\ud8/);
  }
});

test('a secret of the config stands in no failure, no dead letter, no listing and no deletion', async () => {
  const source = await newSource();
  await source.redefine({ config: { token: '${env:TOKEN}' } });
  const told = `refused for ${SECRET}, ${encodeURIComponent(SECRET)}, ${Buffer.from(SECRET).toString('base64')}`;
  source.emits([
    document('a'),
    { kind: 'failed', id: 'b', failure: 'SourceUnavailable', detail: told },
    { kind: 'gone', id: 'a', why: told },
    { kind: 'listing', complete: false, why: told },
  ]);
  const ran = await source.run();
  source.emits(async function* (_from, _env, config) {
    yield document('c');
    throw new TypeError(`cannot read ${config.token}`, { cause: new Error(config.token) });
  });
  const broken = await source.run().catch((error: unknown) => error);

  const rows = await source.db
    .selectFrom('documents')
    .selectAll()
    .where('source', '=', source.id)
    .execute();
  const runs = await source.db
    .selectFrom('runs')
    .selectAll()
    .where('source', '=', source.id)
    .execute();
  const seen = JSON.stringify([ran, await source.deadLetters(), rows, runs]);
  expect(seen).not.toContain(SECRET);
  expect(seen).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 16));
  expect(seen).toContain('[secret]');
  expect(broken).toMatchObject({
    type: 'Defect',
    message: expect.stringContaining('cannot read [secret]'),
  });
  expect(
    JSON.stringify([String(broken), (broken as Error).stack, (broken as Error).cause]),
  ).not.toContain(SECRET);
});

test('dead letters count the runs that met them, and go when the document is well', async () => {
  const source = await newSource();
  const failed: Message = {
    kind: 'failed',
    id: 'a',
    failure: 'SourceUnavailable',
    detail: 'HTTP 500',
  };
  source.emits([failed, ...NEIGHBOURS, COMPLETE]);
  await source.run();
  const second = await source.run();
  await source.collect({ run: second.run, attempt: 2 });

  expect(await source.deadLetters()).toMatchObject([{ id: 'a', attempts: 2, detail: 'HTTP 500' }]);
  source.emits([document('a'), ...NEIGHBOURS, COMPLETE]);
  expect(await source.run()).toMatchObject({
    status: 'succeeded',
    counts: { added: 1, unchanged: 2 },
  });
  expect(await source.deadLetters()).toEqual([]);
});

test('R6 a document that fails once it was stored stays live, also through a complete listing', async () => {
  const source = await newSource();
  source.emits([document('a'), ...NEIGHBOURS, COMPLETE]);
  await source.run();
  source.emits([
    { kind: 'failed', id: 'a', failure: 'SourceUnavailable', detail: 'x' },
    ...NEIGHBOURS,
    COMPLETE,
  ]);

  const ran = await source.run();

  expect(ran).toMatchObject({ status: 'partial', counts: { failed: 1, deleted: 0 } });
  expect(Object.keys(await source.stored())).toHaveLength(3);
});

test('a document that failed in one attempt and is read well in the next counts once', async () => {
  const source = await newSource();
  const failed: Message = { kind: 'failed', id: 'a', failure: 'SourceUnavailable', detail: 'x' };
  source.emits([failed, ...NEIGHBOURS, COMPLETE]);
  await source.collect({ run: 'r' });
  source.emits([document('a'), ...NEIGHBOURS, COMPLETE]);

  const { counts } = await source.collect({ run: 'r', attempt: 2 });

  expect(counts).toMatchObject({ added: 3, updated: 0, unchanged: 0, failed: 0 });
});

const blns = join(process.env['TEST_MATERIALS'] ?? '', 'naughty-strings', 'blns.json');
const hasNaughty = existsSync(blns);
if (!hasNaughty) console.warn('SKIPPED: TEST_MATERIALS has no "naughty-strings" folder.');

describe.skipIf(!hasNaughty)('F19 the naughty strings', () => {
  const naughty = hasNaughty ? (JSON.parse(readFileSync(blns, 'utf8')) as string[]) : [];

  test('are stored as ids, titles, attributes and text, each under a key of its own, and are unchanged in the next run', async () => {
    const source = await newSource();
    const distinct = [...new Set(naughty)];
    source.emits([
      ...distinct.map((text) =>
        document(text, `# ${text}`, {
          title: text,
          author: text,
          tags: [text],
          url: text,
          attributes: { [text]: text },
        }),
      ),
      COMPLETE,
    ]);

    const first = await source.run();
    const second = await source.run();

    const nameless = distinct.filter((text) => text.replaceAll(/[\p{Cc}\s]/gu, '') === '').length;
    expect(first.counts).toMatchObject({ added: distinct.length - nameless, failed: nameless });
    expect(second.counts).toMatchObject({ unchanged: distinct.length - nameless, putRequests: 0 });
    const keys = await source.keys();
    expect(keys).toHaveLength((distinct.length - nameless) * 2);
    expect(keys.every((key) => /^[a-z0-9/.-]{1,128}$/.test(key))).toBe(true);
  });
});

test('a document that failed is known as that to the next read, and being listed does not cure it', async () => {
  const source = await newSource();
  source.emits([document('a', 'first'), COMPLETE]);
  await source.run();
  source.emits([
    { kind: 'failed', id: 'a', failure: 'SourceUnavailable', detail: 'Page "a" did not answer.' },
    COMPLETE,
  ]);
  await source.run();

  let known: unknown;
  source.emits(async function* (_from, env) {
    known = [...(await env.known(['a']))];
    yield { kind: 'seen', id: 'a' };
    yield COMPLETE;
  });
  await source.run();

  expect(known).toEqual([['a', { failed: true }]]);
  expect(await source.deadLetters()).toHaveLength(1);
  source.emits([document('a', 'second'), COMPLETE]);
  await source.run();
  expect(await source.deadLetters()).toEqual([]);
});
