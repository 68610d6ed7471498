import { expect, test } from 'vitest';
import { readSidecar, refusalOfS3Vectors } from '../../../local/bedrock/sidecar.ts';

function read(metadataAttributes: unknown): ReturnType<typeof readSidecar> {
  return readSidecar(Buffer.from(JSON.stringify({ metadataAttributes })));
}

test('plain and typed attributes may be mixed', () => {
  const sidecar = read({
    source_type: 'web',
    collected_at: 1_795_229_853,
    public: true,
    tags: ['a', 'b'],
    title: { value: { type: 'STRING', stringValue: 'Apples' }, includeForEmbedding: true },
    modified_at: { value: { type: 'NUMBER', numberValue: 5 } },
    draft: { value: { type: 'BOOLEAN', booleanValue: false }, includeForEmbedding: false },
    authors: { value: { type: 'STRING_LIST', stringListValue: ['Ann'] } },
  });

  expect(sidecar).toEqual({
    attributes: {
      source_type: 'web',
      collected_at: 1_795_229_853,
      public: true,
      tags: ['a', 'b'],
      title: 'Apples',
      modified_at: 5,
      draft: false,
      authors: ['Ann'],
    },
    embedded: ['title: Apples'],
  });
});

test.each([
  ['an empty string', { a: '' }],
  ['null', { a: null }],
  ['a nested object', { a: { b: 'c' } }],
  ['an empty list', { a: [] }],
  ['a list of numbers', { a: [1] }],
  ['a list of eleven', { a: Array.from({ length: 11 }, () => 'x') }],
  ['a string of 2049 characters', { a: 'x'.repeat(2049) }],
  ['a typed value of another type', { a: { value: { type: 'NUMBER', stringValue: '1' } } }],
  ['a name of Bedrock', { 'x-amz-anything': 'a' }],
  ['a name of 101 characters', { ['k'.repeat(101)]: 'a' }],
  ['51 attributes', Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 1]))],
  ['no object', ['a']],
])('%s is refused', (_what, attributes) => {
  expect(read(attributes)).toHaveProperty('refused');
});

test('every wrong attribute is named', () => {
  expect(read({ a: '', b: 'good', c: null })).toEqual({
    refused: [
      expect.stringContaining('Attribute "a" is empty'),
      expect.stringContaining('Attribute "c" is empty'),
    ],
  });
});

test('10 KB are allowed, one byte more is not', () => {
  const content = JSON.stringify({ metadataAttributes: { a: 'b' } });

  expect(readSidecar(Buffer.from(content.padEnd(10_240)))).toHaveProperty('attributes');
  expect(readSidecar(Buffer.from(content.padEnd(10_241)))).toHaveProperty('refused');
});

test('S3 Vectors takes 35 keys and 1 KB', () => {
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));

  expect(refusalOfS3Vectors(keys(35))).toBeUndefined();
  expect(refusalOfS3Vectors(keys(36))).toContain('36 keys');
  expect(refusalOfS3Vectors({ a: 'x'.repeat(1016) })).toBeUndefined();
  expect(refusalOfS3Vectors({ a: 'x'.repeat(1017) })).toContain('1025 bytes');
});
