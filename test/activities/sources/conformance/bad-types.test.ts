import { expect, test } from 'vitest';
import { z } from 'zod';
import { certify } from '../../../../activities/sources/conformance/certificate.ts';
import type { Subject } from '../../../../activities/sources/conformance/subject.ts';
import type {
  ReadMessage,
  SourceDocument,
  SourceEnv,
  SourceType,
} from '../../../../activities/sources/contract.ts';
import { defineSource } from '../../../../activities/sources/define-source.ts';
import { digestOf } from '../../../../adapters/definitions/digest.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';

interface Config {
  readonly word: string;
}
type Message = ReadMessage<number>;

const document = (id: string, more: Partial<SourceDocument> = {}): Message => ({
  kind: 'document',
  document: { id, body: { kind: 'text', text: `Text of ${id}` }, ...more },
});
const END: readonly Message[] = [
  { kind: 'listing', complete: true },
  { kind: 'checkpoint', cursor: null },
];

/** A type without a fault, but for what a test puts in. */
function typeWith(
  faulty: Partial<SourceType<Config, number>> = {},
  config: z.ZodType<Config> = z.strictObject({ word: z.string() }),
) {
  return defineSource<Config, number>(
    { config, cursor: z.number() },
    {
      spec: {
        name: 'board',
        version: '1.0.0',
        summary: 'Posts of a board.',
        queue: 'collect',
        trust: 'trusted',
      },
      check: () => Promise.resolve([{ capability: 'connect', verdict: 'PASS', detail: 'There.' }]),
      discover: () => Promise.resolve({ streams: [{ name: 'posts' }] }),
      async *read() {
        yield document('a');
        yield document('b');
        yield* END;
      },
      ...faulty,
    },
  );
}

async function certified(subject: Partial<Subject>) {
  return certify(
    { type: typeWith(), config: { word: 'x' }, env: sourceEnv, ...subject },
    { name: 'a board' },
  );
}

async function failed(subject: Partial<Subject>): Promise<readonly string[]> {
  const { checks } = await certified(subject);
  return checks.flatMap((one) => (one.verdict === 'fail' ? [one.id] : []));
}

test('a type without a fault passes, and its report proves that it is the same', async () => {
  const { sha256, ...report } = await certified({});

  expect(report).toMatchObject({
    verdict: 'passed',
    spec: { name: 'board', version: '1.0.0' },
    counts: { fail: 0 },
  });
  expect(sha256).toBe(digestOf(report));
  expect(report.specHash).toBe(digestOf(report.spec));
  expect(report.checks.map(({ verdict }) => verdict)).toContain('skipped');
});

const reading = (...messages: readonly Message[]) =>
  typeWith({
    async *read() {
      yield* messages;
    },
  });

let calls = 0;

test.each<[string, string, Partial<Subject>]>([
  ['an open config', 'spec.closed', { type: typeWith({}, z.looseObject({ word: z.string() })) }],
  [
    'a secret without a mark',
    'spec.secrets',
    { type: typeWith({}, z.strictObject({ word: z.string(), password: z.string().optional() })) },
  ],
  [
    'a lost field',
    'spec.compatible',
    {
      former: {
        name: 'board',
        version: '0.9.0',
        configSchema: { type: 'object', properties: { gone: {} } },
      },
    },
  ],
  [
    'another schema under the same version',
    'spec.compatible',
    { former: { name: 'board', version: '1.0.0', configSchema: {} } },
  ],
  [
    'a check that says nothing',
    'check.good',
    { type: typeWith({ check: () => Promise.resolve([]) }) },
  ],
  [
    'a check that passes whatever is wrong',
    'check.credentials',
    {
      badConfigs: [
        { why: 'a wrong word', fault: 'credentials', outcome: 'FAIL', config: { word: 'wrong' } },
      ],
    },
  ],
  [
    'a discovery in another order',
    'discover.same',
    {
      type: typeWith({
        discover: () => Promise.resolve({ streams: [{ name: `posts ${(calls += 1)}` }] }),
      }),
    },
  ],
  [
    'a key that no record has',
    'discover.keys',
    {
      type: typeWith({
        discover: () =>
          Promise.resolve({
            streams: [
              { name: 'posts', primaryKey: ['id2'], fields: [{ name: 'n', type: 'text' }] },
            ],
          }),
      }),
    },
  ],
  [
    'a title that is empty',
    'read.documents',
    { type: reading(document('a', { title: '' }), ...END) },
  ],
  ['half of a surrogate pair', 'read.documents', { type: reading(document('a\ud800'), ...END) }],
  [
    'no checkpoint at the end',
    'read.order',
    { type: reading(document('a'), { kind: 'listing', complete: true }) },
  ],
  [
    'documents after the listing',
    'read.order',
    {
      type: reading({ kind: 'listing', complete: true }, document('a'), {
        kind: 'checkpoint',
        cursor: null,
      }),
    },
  ],
  ['a document that nobody expected', 'read.expected', { expectedIds: ['a'] }],
  [
    'an event loop that stands still',
    'read.heartbeat',
    {
      limits: { blockedMs: 150 },
      type: typeWith({
        async *read() {
          yield document('a');
          await new Promise((resolve) => setTimeout(resolve, 60));
          const end = performance.now() + 400;
          while (performance.now() < end);
          await new Promise((resolve) => setTimeout(resolve, 60));
          yield* END;
        },
      }),
    },
  ],
  [
    'a read that hears of no cancellation',
    'read.cancel',
    {
      type: typeWith({
        async *read(_config, _from, env: SourceEnv) {
          yield document('a');
          if (env.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5_500));
          yield* END;
        },
      }),
    },
  ],
  [
    'memory that grows with the source',
    'read.memory',
    {
      big: { word: 'big' },
      limits: { memoryBytes: 20 * 1024 ** 2 },
      type: typeWith({
        async *read({ word }) {
          const held: Buffer[] = [];
          for (let at = 0; at < (word === 'big' ? 2_000 : 1); at += 1) {
            held.push(Buffer.alloc(50_000, at));
            yield document(`d-${at}`);
          }
          yield* END;
          held.length = 0;
        },
      }),
    },
  ],
  [
    'one bad record that ends the read',
    'read.poison',
    { poisoned: { word: 'bad' }, type: throwingOn('bad') },
  ],
  ['a bad record that nobody hears of', 'read.poison', { poisoned: { word: 'bad' } }],
  [
    'an error without a name',
    'read.incomplete',
    { failing: { word: 'bad' }, type: throwingOn('bad') },
  ],
  [
    'hostile texts that are lost',
    'read.hostile',
    { hostile: () => Promise.resolve({ config: { word: 'x' }, texts: ['null'] }) },
  ],
  ['a secret in a verdict', 'read.secrets', { secrets: ['There'] }],
])('%s fails %s alone', async (_what, id, subject) => {
  expect(await failed(subject)).toStrictEqual([id]);
});

function throwingOn(bad: string) {
  return typeWith({
    async *read({ word }) {
      yield document('a');
      if (word === bad) throw new TypeError('x is not a function');
      yield* END;
    },
  });
}

/** A source that changes, and how its type answers to that. */
function changing(
  read: (posts: ReadonlyMap<string, string>, from: number | null) => readonly Message[],
): Partial<Subject> {
  let posts = new Map<string, string>();
  const type = typeWith({
    async *read(_config, from) {
      yield* read(posts.size > 0 ? posts : new Map([['a', '1']]), from);
    },
  });
  return {
    type,
    changing() {
      posts = new Map([
        ['a', '1'],
        ['b', '1'],
        ['c', '1'],
      ]);
      return Promise.resolve({
        config: { word: 'x' },
        update: () => Promise.resolve(posts.set('b', '2')).then(() => 'b'),
        remove: () => Promise.resolve(posts.delete('c')).then(() => 'c'),
      });
    },
  };
}

const posts = (all: ReadonlyMap<string, string>): Message[] =>
  [...all].map(([id, text]) => document(id, { body: { kind: 'text', text } }));

test('a source whose changes are all seen passes', async () => {
  expect(await failed(changing((all) => [...posts(all), ...END]))).toStrictEqual([]);
});

test.each<[string, readonly string[], Parameters<typeof changing>[0]]>([
  [
    'a cursor that hides updates',
    ['read.update', 'read.union'],
    (all, from) => [
      ...(from === null
        ? posts(all)
        : [...all.keys()].map((id): Message => ({ kind: 'seen', id }))),
      { kind: 'listing', complete: true },
      { kind: 'checkpoint', cursor: 1 },
    ],
  ],
  [
    'removals that nobody tells',
    ['read.delete'],
    (all) => [
      ...posts(all),
      { kind: 'listing', complete: false, why: 'as always' },
      { kind: 'checkpoint', cursor: null },
    ],
  ],
])('%s fails %j', async (_what, ids, read) => {
  expect(await failed(changing(read))).toStrictEqual(ids);
});
