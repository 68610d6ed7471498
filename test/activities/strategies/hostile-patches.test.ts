import { afterAll, describe, expect, test } from 'vitest';
import { checkCandidate } from '../../../activities/repair/check-candidate.ts';
import { findCandidates } from '../../../activities/strategies/candidates.ts';
import type { Strategy } from '../../../activities/strategies/contract.ts';
import { closeExtractionPool } from '../../../adapters/extraction/extract-pool.ts';
import type { SpecPatch } from '../../../workflows/repair/patch.ts';
import { evidenceOf } from './broken.ts';

afterAll(closeExtractionPool);

const evidence = evidenceOf({
  extract: { title: { stable: true, locators: 'h1' }, note: { required: false, locators: 'i' } },
  pages: [
    {
      url: 'https://shop.example/a',
      before: '<h1>Brass lamp</h1><i>New in the shop</i>',
      now: '<h2>Brass lamp</h2><i>New in the shop</i>',
    },
  ],
});

const FRONT = '/fields/title/locators/0';
const GOOD = { css: 'h2' };

/** Places outside of the allow-list, and ways to write them. */
const PLACES = [
  '',
  '/',
  '/v',
  '/source',
  '/id',
  '/host',
  '/schedule',
  '/config',
  '/config/seeds',
  '/seeds',
  '/credentials',
  '/headers',
  '/policy',
  '/approval',
  '/fields',
  '/fields/',
  '/fields/next',
  '/fields/records',
  '/fields/decode',
  '/fields/__proto__',
  '/fields/constructor',
  '/fields/prototype',
  '/fields/title/__proto__',
  '/fields/title/constructor/prototype',
  '/fields/title/locators/__proto__',
  '/__proto__',
  '/__proto__/polluted',
  '/constructor/prototype/polluted',
  '/records/__proto__',
  '/next/constructor',
  '/decode/prototype',
  'fields/title/locators/0',
  '/Fields/title/locators/0',
  '//fields/title/locators/0',
  '/fields/../source',
  '/../source',
  '/fields~2title',
  '/fields/title~',
  '/fields/title/locators/00',
  '/fields/title/locators/-1',
  '/fields/title/locators/99',
  '/fields/title/locators/1e0',
  '/fields/title/locators/length',
  '/fields/nothing/locators/0',
  '/fields/title/unknown',
  '/fields/title/code',
  '/records/0',
  '/next/locators/0',
  '/decode/script',
  '/fields/title/locators/0/css/0',
  '\0',
  '/fields/title\0/locators/0',
];

/** Values that are no locator, put where one belongs. */
const VALUES: readonly unknown[] = [
  null,
  undefined,
  true,
  7,
  '',
  [],
  {},
  [GOOD],
  { css: '' },
  { css: 7 },
  { css: null },
  { css: ['h2'] },
  { css: 'h2', attr: 5 },
  { css: 'h2', extra: 1 },
  { css: 'h2', json: 'a' },
  { css: 'h2[' },
  { css: 'h2:has(' },
  { css: 'h2 >> p' },
  { css: ':nope(h2)' },
  { css: 'h2::before' },
  { css: '//h2' },
  { css: 'h2{}' },
  { css: 'h2; drop table' },
  { css: 'a'.repeat(1_001) },
  { css: `${':not('.repeat(400)}p${')'.repeat(400)}` },
  { css: 'h2\0' },
  { css: 'h2 \uD800' },
  { css: ' h2 ' },
  { meta: '' },
  { meta: 'x'.repeat(201) },
  { json: 'a[' },
  { json: 'a[-1]' },
  { json: 'a[?(@.b)]' },
  { json: 'a..b' },
  { json: '`code`[' },
  { structured: 'xml', path: 'a' },
  { structured: 'json-ld' },
  { structured: 'json-ld', path: 'a[' },
  { structured: 'json-ld', type: '', path: 'a' },
  { anchor: '', take: 'next' },
  { anchor: 'Price', take: 'all' },
  { anchor: 'Price' },
  { regex: '(a+)+$' },
  { xpath: '//h2' },
  { script: 'return 1' },
  { eval: 'process.exit()' },
  { __proto__: null, css: 'h2', constructor: { prototype: { polluted: true } } },
  JSON.parse('{"css":"h2","__proto__":{"polluted":true}}'),
  () => 'h2',
  Symbol('h2'),
  10n,
  Number.NaN,
  new Date(0),
  new Map([['css', 'h2']]),
  { css: 'h2', deep: nested(40) },
  { css: 'x'.repeat(100_000) },
];

/** Whole patches that are none. */
const PATCHES: readonly unknown[] = [
  null,
  undefined,
  'add',
  7,
  {},
  [],
  [null],
  [[]],
  ['add'],
  [{}],
  [{ op: 'add' }],
  [{ op: 'add', path: FRONT }],
  [{ op: 'add', value: GOOD }],
  [{ op: 'ADD', path: FRONT, value: GOOD }],
  [{ op: 'merge', path: FRONT, value: GOOD }],
  [{ op: '__proto__', path: FRONT, value: GOOD }],
  [{ op: 'toString', path: FRONT, value: GOOD }],
  [{ op: 'add', path: 7, value: GOOD }],
  [{ op: 'add', path: ['fields', 'title'], value: GOOD }],
  [{ op: 'move', from: '/source', path: FRONT }],
  [{ op: 'copy', from: '/v', path: FRONT }],
  [{ op: 'move', from: '/fields/title', path: '/fields/title/locators/0' }],
  [{ op: 'move', path: FRONT }],
  [{ op: 'test', path: '/fields/title/type', value: 'number' }],
  [
    { op: 'remove', path: '/fields/title' },
    { op: 'remove', path: '/fields/note' },
  ],
  [{ op: 'remove', path: '/fields/title/locators/0' }],
  [{ op: 'replace', path: '/fields/title/type', value: 'code' }],
  [{ op: 'replace', path: '/fields/title/type', value: 'enum' }],
  [{ op: 'replace', path: '/fields/title/cardinality', value: 'all' }],
  [{ op: 'replace', path: '/fields/title/required', value: 'no' }],
  [{ op: 'add', path: '/fields/title/normalise', value: ['eval'] }],
  [{ op: 'add', path: '/fields/title/normalise', value: Array(11).fill('trim') }],
  [{ op: 'add', path: '/decode', value: { charset: 'no-such-charset' } }],
  [{ op: 'add', path: '/decode', value: { format: 'xml' } }],
  [{ op: 'add', path: '/next', value: { locators: [GOOD], maxPages: 1e9 } }],
  [{ op: 'add', path: '/next', value: { locators: [] } }],
  [{ op: 'add', path: '/records', value: [] }],
  [{ op: 'add', path: '/records', value: Array.from({ length: 21 }, () => GOOD) }],
  Array.from({ length: 51 }, () => ({ op: 'add', path: FRONT, value: GOOD })),
  [
    { op: 'add', path: FRONT, value: GOOD },
    { op: 'add', path: '/source', value: 'other' },
  ],
  { length: 1, 0: { op: 'add', path: FRONT, value: GOOD } },
  new Proxy([], {
    get: () => {
      throw new Error('trap');
    },
  }),
];

const HOSTILE: readonly (readonly [string, unknown])[] = [
  ...PLACES.map(
    (path) => [`a place ${JSON.stringify(path)}`, [{ op: 'add', path, value: GOOD }]] as const,
  ),
  ...VALUES.map(
    (value, at) => [`a value, number ${at}`, [{ op: 'add', path: FRONT, value }]] as const,
  ),
  ...PATCHES.map((patch, at) => [`a patch, number ${at}`, patch] as const),
];

/** Valid specs that a hostile mind may write: they may be tried, and must not pass or take long. */
const USELESS: readonly (readonly [string, SpecPatch])[] = [
  ['everything', [{ op: 'add', path: FRONT, value: { css: '*' } }]],
  ['the whole page', [{ op: 'add', path: FRONT, value: { css: 'html' } }]],
  ['many steps', [{ op: 'add', path: FRONT, value: { css: `${'* '.repeat(60)}b` } }]],
  [
    'many :has',
    [{ op: 'add', path: FRONT, value: { css: `${'*:has('.repeat(4)}b${')'.repeat(4)}` } }],
  ],
  ['another field', [{ op: 'copy', from: '/fields/note/locators/0', path: FRONT }]],
  ['no longer required', [{ op: 'replace', path: '/fields/title/required', value: false }]],
  ['the field removed', [{ op: 'remove', path: '/fields/title' }]],
];

describe('hostile patches (repair 15)', () => {
  test('there are at least 120', () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(120);
  });

  test.each(HOSTILE)('%s is not applied', async (_, patch) => {
    const { candidates, failed, abstained } = await findCandidates(evidence, {
      strategies: [strategyOf(patch)],
    });

    expect([candidates, failed]).toEqual([[], []]);
    expect(abstained).toEqual([{ strategy: 'hostile', because: expect.stringMatching(/\.$/u) }]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test.each(HOSTILE)('%s fails its checks', async (_, patch) => {
    const { checks, spec } = await checkCandidate(patch as SpecPatch, evidence);

    expect(spec).toBeUndefined();
    expect(checks.some(({ verdict }) => verdict === 'fail')).toBe(true);
  });

  test.each(USELESS)('a spec that reads %s does not pass', async (_, patch) => {
    const { candidates } = await findCandidates(evidence, { strategies: [strategyOf(patch)] });

    expect(candidates).toEqual([]);
  });
});

function strategyOf(patch: unknown): Strategy {
  return {
    name: 'hostile',
    family: 'memory',
    handles: ['SelectorMissing'],
    propose: () =>
      Promise.resolve({
        proposals: [{ patch: patch as SpecPatch, features: {}, explains: 'Believe me.' }],
      }),
  };
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { a: nested(depth - 1) };
}
