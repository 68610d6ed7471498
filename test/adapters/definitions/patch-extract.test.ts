import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patchExtract } from '../../../adapters/definitions/patch-extract.ts';
import { specDigest, specOf } from '../../../adapters/definitions/spec-digest.ts';
import { patchedSpec, validateSpec } from '../../../adapters/extraction/validate-spec.ts';
import type { ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import { operations, writtenExtract } from '../../fakes/written-extract.ts';

function spec(written: unknown): ExtractionSpec {
  const found = specOf('shop', written);
  if (!found) throw new Error('This is no extract.');
  return found;
}

function patched(written: unknown, ...patch: readonly unknown[]): unknown {
  const result = patchExtract(written, patch);
  return 'refused' in result ? result.refused : result.extract;
}

describe('a patch in the written form', () => {
  const NEW = { css: '.new' };

  test.each([
    [
      'another selector of a short field stays short',
      { title: 'h1', content: 'main' },
      { op: 'replace', path: '/fields/title/locators/0/css', value: 'h2' },
      { title: 'h2', content: 'main' },
    ],
    [
      'a locator in front makes a list',
      { title: 'h1' },
      { op: 'add', path: '/fields/title/locators/0', value: NEW },
      { title: { locators: ['.new', 'h1'] } },
    ],
    [
      'short content was html, and says so when it is written out',
      { content: 'main' },
      { op: 'add', path: '/fields/content/locators/0', value: NEW },
      { content: { type: 'html', locators: ['.new', 'main'] } },
    ],
    [
      'written content was text by default, and stays so without a word',
      { content: { locators: 'main' } },
      { op: 'replace', path: '/fields/content/locators/0', value: NEW },
      { content: { locators: '.new' } },
    ],
    [
      'short content that becomes text',
      { content: 'main' },
      { op: 'replace', path: '/fields/content/type', value: 'text' },
      { content: { locators: 'main' } },
    ],
    [
      'an attribute needs the long form of a locator',
      { title: 'h1' },
      { op: 'add', path: '/fields/title/locators/0/attr', value: 'title' },
      { title: { locators: { css: 'h1', attr: 'title' } } },
    ],
    [
      'a locator that somebody wrote out stays written out',
      { title: { locators: [{ css: 'h1' }] } },
      { op: 'add', path: '/fields/title/locators/-', value: NEW },
      { title: { locators: [{ css: 'h1' }, '.new'] } },
    ],
    [
      'a default that was written stays written',
      { title: { required: true, locators: 'h1' } },
      { op: 'add', path: '/fields/title/normalise', value: ['trim'] },
      { title: { required: true, locators: 'h1', normalise: ['trim'] } },
    ],
    [
      'a part that comes, and one that goes',
      { title: 'h1', decode: { charset: 'utf-8' } },
      { op: 'move', from: '/fields/title', path: '/fields/name' },
      { decode: { charset: 'utf-8' }, name: 'h1' },
    ],
    [
      'pagination keeps its default to itself',
      { title: 'h1', next: { locators: 'a.next' } },
      { op: 'replace', path: '/next/locators/0', value: NEW },
      { title: 'h1', next: { locators: '.new' } },
    ],
  ])('%s', (_, written, operation, expected) => {
    expect(patched(written, operation)).toEqual(expected);
  });

  test('new keys stand behind those that are there', () => {
    const result = patched(
      { title: 'h1', content: 'main' },
      { op: 'add', path: '/records', value: [NEW] },
    );

    expect(Object.keys(result as object)).toEqual(['title', 'content', 'records']);
  });

  test.each([
    [
      'a selector that does not parse',
      { op: 'replace', path: '/fields/title/locators/0/css', value: 'a[' },
      /fields|title/,
    ],
    [
      'an unknown normaliser',
      { op: 'add', path: '/fields/title/normalise', value: ['eval'] },
      /normalise/,
    ],
    ['no locator', { op: 'remove', path: '/fields/title/locators/0' }, /locators/],
    ['no field', { op: 'remove', path: '/fields/title' }, /no field/],
    ['a default left out', { op: 'add', path: '/next', value: { locators: [NEW] } }, /canonical/],
    [
      'a selector with blanks',
      { op: 'replace', path: '/fields/title/locators/0/css', value: ' h1 ' },
      /canonical/,
    ],
    ['a field that is none', { op: 'add', path: '/fields/x', value: 'h1' }, /canonical/],
    [
      'a name that is none',
      { op: 'add', path: '/fields/a b', value: spec({ a: 'h1' }).fields['a'] },
      /name is wrong/,
    ],
    ['a key that is unknown', { op: 'add', path: '/fields/title/script', value: 'x' }, /title/],
  ])('refuses what is no spec: %s', (_, operation, sentence) => {
    expect(patched({ title: 'h1' }, operation)).toMatch(sentence);
    expect(patchedSpec(spec({ title: 'h1' }), [operation])).toHaveProperty('refused');
  });

  test.each([undefined, null, 'h1', {}, { title: 'a[' }])('refuses to patch %j', (written) => {
    expect(patched(written, { op: 'remove', path: '/decode' })).toContain('no extraction spec');
  });
});

describe('for any written extract and any patch', () => {
  test('the patched text means the patched spec', () => {
    let applied = 0;
    const check = fc.property(writtenExtract, operations, (written, patch) => {
      const wanted = patchedSpec(spec(written), patch);
      const result = patchExtract(written, patch);
      if ('spec' in wanted) applied += 1;
      expect('extract' in result ? spec(result.extract) : undefined).toEqual(
        'spec' in wanted ? wanted.spec : undefined,
      );
    });
    fc.assert(check, { numRuns: 1000 });
    expect(applied).toBeGreaterThan(200);
  });

  test('what the patch does not name stays as it is written', () => {
    const check = fc.property(writtenExtract, (written) => {
      const [name = ''] = Object.keys(spec(written).fields);
      const path = `/fields/${name}/locators/0`;
      const { [name]: _, ...others } = written;
      const result = patched(written, { op: 'add', path, value: { css: '.unseen' } });
      expect(result).toMatchObject(others);
    });
    fc.assert(check, { numRuns: 300 });
  });

  test('every expanded spec is valid', () => {
    const check = fc.property(writtenExtract, (written) => {
      expect(validateSpec(spec(written))).toBeUndefined();
    });
    fc.assert(check, { numRuns: 300 });
  });
});

test('the digest of a spec is that of its meaning', () => {
  const digest = specDigest('shop', { title: 'h1', content: 'main' });

  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  const longer = { content: { type: 'html', locators: [{ css: 'main' }] }, title: ' h1 ' };
  expect(specDigest('shop', longer)).toBe(digest);
  expect(specDigest('other', { title: 'h1', content: 'main' })).not.toBe(digest);
  expect(specDigest('shop', { title: 'h1', content: 'article' })).not.toBe(digest);
  expect(specDigest('shop', undefined)).toBeUndefined();
});
