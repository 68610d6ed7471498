import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { documentAttributes, renderSidecar } from '../../activities/collection/sidecar.ts';
import type { SourceDocument } from '../../activities/sources/contract.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';

const spec = {
  name: 'database',
  version: '1.2.3',
  summary: 'A test.',
  queue: 'collect',
  trust: 'untrusted',
  configSchema: {},
} as const;
const collectedAt = new Date('2026-11-21T12:00:00Z');

type Store = 'general' | 's3-vectors';
type Value = { readonly type: string } & Readonly<Record<string, unknown>>;

function rendered(document: Partial<SourceDocument>, vectorStore: Store = 'general') {
  const base = sourceDefinition({ id: 'articles', category: 'database/articles' });
  const definition = { ...base, knowledgeBase: { ...base.knowledgeBase, vectorStore } };
  const full = { id: 'doc-1', body: { kind: 'text', text: 'x' }, ...document } as SourceDocument;
  const attributes = documentAttributes({
    definition,
    spec,
    configSig: 'f'.repeat(64),
    document: full,
  });
  const bytes = renderSidecar(attributes, collectedAt);
  const { metadataAttributes } = JSON.parse(bytes.toString()) as {
    metadataAttributes: Record<string, { value: Value; includeForEmbedding: boolean }>;
  };
  const plain = Object.fromEntries(
    Object.entries(metadataAttributes).map(([name, { value }]) => [name, valueOf(value)]),
  );
  return { bytes, metadataAttributes, plain, notes: attributes.notes };
}

function valueOf(value: Value): unknown {
  return (
    value['stringValue'] ??
    value['numberValue'] ??
    value['booleanValue'] ??
    value['stringListValue']
  );
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.nat(3000).map((length) => '語😀"x'.repeat(length / 4)),
  fc.constantFrom('', ' ', '\0', '\uD800', '"\\"'.repeat(900)),
);
const value = fc.oneof(text, fc.double(), fc.boolean(), fc.array(text, { maxLength: 15 }));
const anyDocument: fc.Arbitrary<Partial<SourceDocument>> = fc.record(
  {
    id: text,
    title: text,
    url: text,
    author: text,
    tags: fc.array(text, { maxLength: 15 }),
    modifiedAt: fc.oneof(text, fc.constant('2026-01-01T00:00:00Z')),
    attributes: fc.dictionary(fc.string({ unit: 'binary', maxLength: 150 }), value, {
      maxKeys: 70,
    }),
  },
  { requiredKeys: [] },
);

test('every attribute has its Bedrock type, and only the title is embedded', () => {
  const { plain, metadataAttributes } = rendered({
    title: 'T',
    url: 'https://x/',
    author: 'Ann',
    tags: ['a', 'b'],
    modifiedAt: '2026-01-02T00:00:00Z',
    attributes: { Size: 12, 'is public': true },
  });

  expect(plain).toEqual({
    tenant: 'default',
    source: 'articles',
    source_type: 'database',
    category: 'database/articles',
    doc_id: 'doc-1',
    title: 'T',
    url: 'https://x/',
    modified_at: 1_767_312_000,
    author: 'Ann',
    tags: ['a', 'b'],
    trust: 'untrusted',
    type_version: '1.2.3',
    config_sig: 'f'.repeat(16),
    x_size: 12,
    x_is_public: true,
    collected_at: 1_795_262_400,
  });
  const embedded = Object.entries(metadataAttributes).filter(([, one]) => one.includeForEmbedding);
  expect(embedded.map(([name]) => name)).toEqual(['title']);
});

test('attributes of the source never take the name of one of ours', () => {
  const { plain } = rendered({
    attributes: {
      source: 'other',
      tenant: 'evil',
      __proto__: 'x',
      'x-amz-bedrock-kb-source-uri': 's3://x',
    },
  });

  expect(plain).toMatchObject({
    tenant: 'default',
    source: 'articles',
    x_source: 'other',
    x_tenant: 'evil',
  });
  expect(Object.keys(plain).filter((name) => name.startsWith('x-amz'))).toEqual([]);
});

describe.each(['general', 's3-vectors'] as const)('for the vector store %s', (store) => {
  test('a sidecar stays within its budgets and holds nothing that Bedrock refuses', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const { bytes, plain } = rendered(document, store);
        const names = Object.keys(plain);
        expect(bytes.byteLength).toBeLessThanOrEqual(10_240);
        expect(names.length).toBeLessThanOrEqual(store === 's3-vectors' ? 12 : 50);
        const limit = store === 's3-vectors' ? 800 : 10_240;
        expect(Buffer.byteLength(JSON.stringify(plain))).toBeLessThanOrEqual(limit);
        for (const name of names) expect(name).toMatch(/^[a-z0-9_]{1,100}$/);
        for (const one of Object.values(plain)) expect(isTaken(one)).toBe(true);
        expect(plain).toMatchObject({
          tenant: 'default',
          source: 'articles',
          source_type: 'database',
        });
      }),
      { numRuns: 150 },
    );
  });
});

function isTaken(one: unknown): boolean {
  if (typeof one === 'boolean') return true;
  if (typeof one === 'number') return Number.isFinite(one);
  const isText = (item: unknown): boolean =>
    typeof item === 'string' && item.length > 0 && item.length <= 2048 && item.isWellFormed();
  return (
    isText(one) || (Array.isArray(one) && one.length > 0 && one.length <= 10 && one.every(isText))
  );
}

test('what goes over the budget is dropped from the least important on, and noted', () => {
  const { plain, notes } = rendered(
    { title: 'T', author: 'Ann', attributes: { a: 'x'.repeat(500), b: 'y'.repeat(500) } },
    's3-vectors',
  );

  expect(plain).toMatchObject({ title: 'T', author: 'Ann' });
  expect(plain).not.toHaveProperty('x_b');
  expect(notes).toContain('NULLED x_b: over the budget of the vector store');
});

test('a long id is shortened in the attribute by whole characters', () => {
  const { plain } = rendered({ id: '語'.repeat(1000) });

  expect(plain['doc_id']).toBe('語'.repeat(170));
});
