import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import { applyPatch } from '../../../workflows/repair/apply-patch.ts';
import { layPointers } from '../../../workflows/repair/lay-pointers.ts';
import { parsePatch, parsePointer, pointerTo } from '../../../workflows/repair/patch.ts';
import { changedLines, diffSpecs } from '../../../workflows/repair/spec-diff.ts';

const field = {
  type: 'text',
  cardinality: 'one',
  required: true,
  stable: false,
  locators: [{ css: 'h1' }, { css: 'h2' }],
} as const;

const SPEC: ExtractionSpec = {
  v: 1,
  source: 'shop',
  fields: { title: field, 'a/b~c': { ...field, normalise: ['trim'] } },
  decode: { charset: 'utf-8' },
};

function applied(...operations: readonly unknown[]): ExtractionSpec {
  const result = applyPatch(SPEC, operations);
  if ('refused' in result) throw new Error(result.refused);
  return result.spec;
}

function refusal(patch: unknown): string {
  const result = applyPatch(SPEC, patch);
  return 'refused' in result ? result.refused : 'applied';
}

const locators = (spec: ExtractionSpec): readonly unknown[] =>
  spec.fields['title']?.locators.map((one) => ('css' in one ? one.css : one)) ?? [];

describe('a patch (RFC 6902)', () => {
  const at = (index: string): string => `/fields/title/locators/${index}`;
  const value = { css: 'new' };

  test.each([
    ['adds in front', { op: 'add', path: at('0'), value }, ['new', 'h1', 'h2']],
    ['adds in the middle', { op: 'add', path: at('1'), value }, ['h1', 'new', 'h2']],
    ['adds behind the last', { op: 'add', path: at('2'), value }, ['h1', 'h2', 'new']],
    ['adds at the end', { op: 'add', path: at('-'), value }, ['h1', 'h2', 'new']],
    ['replaces an item', { op: 'replace', path: at('1'), value }, ['h1', 'new']],
    ['removes an item', { op: 'remove', path: at('0') }, ['h2']],
    ['moves an item', { op: 'move', from: at('1'), path: at('0') }, ['h2', 'h1']],
    ['copies an item', { op: 'copy', from: at('1'), path: at('0') }, ['h2', 'h1', 'h2']],
    ['tests an item', { op: 'test', path: at('0'), value: { css: 'h1' } }, ['h1', 'h2']],
    ['ignores unknown members', { op: 'remove', path: at('0'), note: 'x', value: 1 }, ['h2']],
  ])('%s', (_, operation, expected) => {
    expect(locators(applied(operation))).toEqual(expected);
  });

  test('adds and removes whole parts, and fields by names with ~ and /', () => {
    const { fields, records, decode } = applied(
      { op: 'add', path: '/records', value: [{ css: 'li' }] },
      { op: 'remove', path: '/decode' },
      { op: 'remove', path: '/fields/a~1b~0c/normalise' },
    );

    expect(records).toEqual([{ css: 'li' }]);
    expect(decode).toBeUndefined();
    expect(fields['a/b~c']).toEqual(field);
  });

  test('leaves the spec as it was, and shares nothing with the values that it brings', () => {
    const before = structuredClone(SPEC);
    const brought = { css: 'new' };

    const spec = applied({ op: 'add', path: '/fields/title/locators/0', value: brought });
    brought.css = 'changed';

    expect(SPEC).toEqual(before);
    expect(locators(spec)).toEqual(['new', 'h1', 'h2']);
  });

  test.each([
    ['/fields/title/locators/3', 'add'],
    ['/fields/title/locators/01', 'add'],
    ['/fields/title/locators/-1', 'add'],
    ['/fields/title/locators/1e0', 'add'],
    ['/fields/title/locators/-', 'replace'],
    ['/fields/title/locators/2', 'remove'],
    ['/fields/gone', 'remove'],
    ['/fields/gone', 'replace'],
    ['/fields/gone/type', 'add'],
    ['/fields/title/type/0', 'add'],
    ['/fields/title/toString', 'remove'],
    ['/next/locators', 'add'],
    ['/fields/gone', 'test'],
  ])('refuses the place %s for %s', (path, op) => {
    expect(refusal([{ op, path, value: 1 }])).toContain(`has no place "${path}"`);
  });

  test.each([
    ['another value', { op: 'test', path: '/fields/title/type', value: 'html' }, 'another value'],
    ['a move into itself', { op: 'move', from: '/decode', path: '/decode/charset' }, 'into itself'],
    ['a missing source', { op: 'copy', from: '/fields/x', path: '/decode/charset' }, 'no place'],
  ])('refuses %s', (_, operation, sentence) => {
    expect(refusal([operation])).toContain(sentence);
  });

  test('is applied whole or not at all', () => {
    const good = { op: 'remove', path: '/decode' };
    const result = applyPatch(SPEC, [good, { op: 'remove', path: '/decode' }]);

    expect(result).toEqual({
      refused: 'Operation 1 of the patch (remove) has no place "/decode" in the spec.',
    });
  });

  test.each([
    '',
    '/',
    '/v',
    '/source',
    '/fields',
    '/fields/',
    '/fields/records',
    '/fields/decode/type',
    '/__proto__/x',
    '/fields/__proto__',
    '/fields/title/__proto__/polluted',
    '/fields/constructor/prototype',
    '/fields/title/constructor',
    '/config/url',
    'fields/title',
    '/fields~1title',
    '/fields/~2',
    '/Fields/title',
    '/ fields/title',
    '/fields/../source',
  ])('refuses the path "%s" for every operation, also as "from"', (path) => {
    const isNamed = path === '/fields/../source';
    for (const op of ['add', 'replace', 'test', 'remove', 'move', 'copy']) {
      const sentence = refusal([{ op, path, from: '/decode', value: 1 }]);
      expect(sentence).toMatch(isNamed ? /no place|no place below/ : /no place below/);
    }
    for (const op of ['move', 'copy'])
      expect(refusal([{ op, from: path, path: '/decode' }])).not.toBe('applied');
  });

  const big = { op: 'add', path: '/records', value: 'x'.repeat(65_536) };
  const hostile = new Proxy([], {
    get() {
      throw new Error('hostile');
    },
  });
  const circle: unknown[] = [];
  circle.push(circle);
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', '[]'],
    ['a map', { op: 'remove', path: '/decode' }],
    ['no operation', []],
    ['an operation that is none', [null]],
    ['an unknown operation', [{ op: 'eval', path: '/decode' }]],
    ['an inherited operation', [{ op: 'toString', path: '/decode' }]],
    ['no value', [{ op: 'add', path: '/records' }]],
    ['no path', [{ op: 'remove' }]],
    ['a path that is no text', [{ op: 'remove', path: ['decode'] }]],
    ['too many operations', Array.from({ length: 51 }, () => ({ op: 'remove', path: '/decode' }))],
    ['too many bytes', [big]],
    ['too many bytes of wide letters', [{ ...big, value: '€'.repeat(22_000) }]],
    ['a circle', circle],
    ['a circle in a value', [{ op: 'add', path: '/records', value: circle }]],
    ['a date', [{ op: 'add', path: '/records', value: new Date(0) }]],
    ['a function', [{ op: 'add', path: '/records', value: () => 1 }]],
    ['NaN', [{ op: 'add', path: '/records', value: Number.NaN }]],
    ['a bigint', [{ op: 'add', path: '/records', value: 1n }]],
    ['half a letter', [{ op: 'add', path: '/records', value: '\uD800' }]],
    ['NUL', [{ op: 'add', path: '/records', value: 'a\0b' }]],
    ['a hole in a list', [{ op: 'add', path: '/records', value: [, 1] }]], // oxlint-disable-line no-sparse-arrays
    ['a prototype', JSON.parse('[{"op":"add","path":"/records","value":{"__proto__":{"x":1}}}]')],
    ['a hostile object', hostile],
  ])('is no patch: %s', (_, patch) => {
    const parsed = parsePatch(patch);

    expect('refused' in parsed ? parsed.refused : parsed).toMatch(/^The patch .*\.$/u);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test('cannot grow a spec without bound', () => {
    const doubling = Array.from({ length: 50 }, (_, at) => ({
      op: 'copy',
      from: '/fields/title',
      path: `/fields/title/f${at}`,
    }));

    expect(refusal(doubling)).toContain('too large or nested too deeply');
  });

  const key = fc.constantFrom('fields', 'title', 'locators', '0', '1', '-', 'type', 'next', 'x');
  const pointer = fc
    .tuple(fc.constantFrom('fields', 'records', 'next', 'decode', 'v', 'source'), fc.array(key))
    .map(([top, rest]) => `/${[top, ...rest].join('/')}`);
  const operation = fc.record({
    op: fc.constantFrom('add', 'remove', 'replace', 'test', 'move', 'copy'),
    path: pointer,
    from: pointer,
    value: fc.jsonValue(),
  });

  test('never throws, never changes the source, whatever it is', () => {
    const anything = fc.oneof(fc.anything(), fc.array(operation, { maxLength: 5 }));
    const check = fc.property(anything, (patch) => {
      const result = applyPatch(SPEC, patch);
      expect('refused' in result ? SPEC : result.spec).toMatchObject({ v: 1, source: 'shop' });
    });
    fc.assert(check, { numRuns: 2000 });
  });

  test('does nothing when it adds something and takes it away again', () => {
    const check = fc.property(fc.nat(2), fc.jsonValue(), (index, added) => {
      const path = `/fields/title/locators/${index}`;
      fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify(added)));
      expect(applied({ op: 'add', path, value: added }, { op: 'remove', path })).toEqual(SPEC);
    });
    fc.assert(check, { numRuns: 300 });
  });
});

test('a JSON pointer is read as it is written', () => {
  const check = fc.property(fc.array(fc.string()), (path) => {
    expect(parsePointer(pointerTo(path))).toEqual(path);
  });
  fc.assert(check);
  expect([parsePointer('a'), parsePointer('/~'), parsePointer('/~2')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe('the difference of two specs', () => {
  const patched = (...patch: readonly unknown[]): ExtractionSpec => applied(...patch);

  test('is none between equal ones, and counts one line all the same', () => {
    expect(diffSpecs(SPEC, structuredClone(SPEC))).toEqual([]);
    expect(changedLines(SPEC, SPEC)).toBe(1);
  });

  test('is one place for a locator in front, not one for each that moved down', () => {
    const path = '/fields/title/locators/0';
    const spec = patched({ op: 'add', path, value: { css: 'a', attr: 'b' } });

    expect(diffSpecs(SPEC, spec)).toEqual([{ path, to: { css: 'a', attr: 'b' } }]);
    expect(changedLines(SPEC, spec)).toBe(2);
  });

  test('names the leaf that changed, what came and what went', () => {
    const spec = patched(
      { op: 'replace', path: '/fields/title/locators/1/css', value: 'h3' },
      { op: 'add', path: '/fields/title/expect', value: { min: 1 } },
      { op: 'remove', path: '/decode' },
    );

    expect(diffSpecs(SPEC, spec)).toEqual([
      { path: '/fields/title/locators/1/css', from: 'h2', to: 'h3' },
      { path: '/fields/title/expect', to: { min: 1 } },
      { path: '/decode', from: { charset: 'utf-8' } },
    ]);
    expect(changedLines(SPEC, spec)).toBe(3);
  });
});

describe('moves over files', () => {
  const chain = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
    { from: 'c', to: 'a' },
  ];

  test.each([
    ['b', 2, 1, 0],
    ['c', 2, 2, 0],
    ['a', undefined, 3, 0],
    ['x', undefined, 0, 3],
    [undefined, undefined, 0, 3],
  ])('files that hold %s', (files, inForce, landed, superseded) => {
    const laid = layPointers(files, chain);

    expect(laid.inForce).toBe(inForce === undefined ? undefined : chain[inForce]);
    expect([laid.landed.length, laid.superseded.length]).toEqual([landed, superseded]);
  });

  test('without moves the files are in force', () => {
    expect(layPointers('a', [])).toEqual({ landed: [], superseded: [] });
  });
});
