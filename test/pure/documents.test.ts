import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { documentHash, documentKey, sidecarKey } from '../../activities/collection/identity.ts';
import { normaliseText, singleLine } from '../../activities/collection/normalise.ts';
import { keyTooLong } from '../../adapters/definitions/key-budget.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 200 });
const roughText = fc
  .array(
    fc.constantFrom(
      'a',
      'e\u0301',
      ' ',
      '\n',
      '\r',
      '\r\n',
      '\0',
      '\uFEFF',
      '\u2028',
      '\t',
      '\uD800',
      '\uDC00',
      '\u00A0',
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));
const slug = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);

describe('keys', () => {
  test('two ids never share a key', () => {
    const ids = fc.uniqueArray(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(ids, (all) => {
        const keys = all.map((id) => keyOf(documentHash(id)));
        expect(new Set(keys).size).toBe(all.length);
      }),
    );
  });

  test('ids that differ in case, blanks or Unicode form are different documents', () => {
    const ids = ['a', 'A', ' a', 'a ', 'é', 'e\u0301', 'a/b', 'a%2Fb', '%2e', '.', '..'];
    expect(new Set(ids.map(documentHash)).size).toBe(ids.length);
  });

  test('a key has safe characters only, and spreads over the two first digits of the hash', () => {
    fc.assert(
      fc.property(anyText, slug, slug, (id, tenant, source) => {
        const hash = documentHash(id);
        const key = documentKey({
          prefix: 'kb',
          tenant,
          category: 'a/b',
          source,
          hash,
          extension: '.md',
        });
        expect(key).toMatch(/^[a-z0-9/.-]+$/);
        expect(key).toBe(`kb/${tenant}/a/b/${source}/${hash.slice(0, 2)}/${hash.slice(0, 32)}.md`);
        expect(sidecarKey(key)).toBe(`${key}.metadata.json`);
      }),
    );
  });

  test('whatever the definition allows stays within the 128 bytes of a document address', () => {
    fc.assert(
      fc.property(
        slug,
        slug,
        slug,
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        (tenant, id, category, prefix) => {
          const definition = sourceDefinition({ id, tenant, category });
          const knowledgeBase = { ...definition.knowledgeBase, prefix };
          fc.pre(keyTooLong({ ...definition, knowledgeBase }).length === 0);
          const hash = documentHash('x');
          const key = documentKey({ prefix, tenant, category, source: id, hash, extension: '.md' });
          expect(Buffer.byteLength(`${knowledgeBase.bucket}/${key}`)).toBeLessThanOrEqual(128);
        },
      ),
    );
  });

  test('an empty prefix leaves no slash in front', () => {
    expect(keyOf('0'.repeat(64))).toMatch(/^default\//);
  });

  function keyOf(hash: string): string {
    return documentKey({
      prefix: '',
      tenant: 'default',
      category: 'c',
      source: 's',
      hash,
      extension: '.md',
    });
  }
});

describe('normalised text', () => {
  test.each([
    ['a\r\nb\rc', 'a\nb\nc\n'],
    ['\uFEFF\n\n a', ' a\n'],
    ['a \t\n\n\n\n\nb\n\n', 'a\n\nb\n'],
    ['e\u0301', 'é\n'],
    ['a\0b\uD800', 'ab\uFFFD\n'],
    ['```\n    code\n```', '```\n    code\n```\n'],
    [' \n\t\n', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(normaliseText(text)).toBe(expected);
  });

  test('is the same when it is normalised again', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, roughText), (text) => {
        const once = normaliseText(text);
        expect(normaliseText(once)).toBe(once);
        expect(once.isWellFormed()).toBe(true);
        expect(once).not.toMatch(/\0|\r|\n\n\n|^\n|^\uFEFF/);
      }),
      { numRuns: 2000 },
    );
  });

  test('takes a time that grows with the text and not with its square', () => {
    const hostile = `a${' '.repeat(2_000_000)}b${'\n'.repeat(100_000)}${' \n'.repeat(100_000)}c`;
    const begun = performance.now();
    normaliseText(hostile);
    singleLine(hostile);
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  test('in one line it holds no control character, and stays the same', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, roughText), (text) => {
        const line = singleLine(text);
        expect(line).not.toMatch(/\p{Cc}/u);
        expect(singleLine(line)).toBe(line);
        expect(line.isWellFormed()).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

const blns = join(process.env['TEST_MATERIALS'] ?? '', 'naughty-strings', 'blns.json');
const hasNaughty = existsSync(blns);
if (!hasNaughty) console.warn('SKIPPED: TEST_MATERIALS has no "naughty-strings" folder.');

test.skipIf(!hasNaughty)(
  'F19 the naughty strings have keys of their own, and texts that stay the same',
  () => {
    const naughty = [...new Set(JSON.parse(readFileSync(blns, 'utf8')) as string[])];
    expect(new Set(naughty.map(documentHash)).size).toBe(naughty.length);
    for (const text of naughty)
      expect(normaliseText(normaliseText(text))).toBe(normaliseText(text));
  },
);
