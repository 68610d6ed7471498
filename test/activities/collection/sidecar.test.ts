import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { documentAttributes, renderSidecar } from '../../../activities/collection/sidecar.ts';
import { database } from '../../../activities/sources/database.ts';
import type { SourceDocument } from '../../../activities/sources/contract.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';

const DEFINITION = sourceDefinition({ id: 'articles' });

function sidecarOf(document: SourceDocument, vectorStore: 'general' | 's3-vectors') {
  const knowledgeBase = { ...DEFINITION.knowledgeBase, vectorStore };
  const attributes = documentAttributes({
    definition: { ...DEFINITION, knowledgeBase },
    spec: database.spec,
    configSig: 'c'.repeat(64),
    document,
  });
  return { attributes, bytes: renderSidecar(attributes, new Date(0)).byteLength };
}

const Text = fc.oneof(
  fc.string({ maxLength: 3000 }),
  // What takes most bytes in JSON and in UTF-8.
  fc.string({ unit: fc.constantFrom('"', '\\', '€', '\uD83D\uDE00', 'a'), maxLength: 3000 }),
);

const Documents = fc.record({
  id: Text.map((id) => `id ${id}`),
  title: Text,
  tags: fc.array(Text, { maxLength: 12 }),
  attributes: fc.dictionary(
    fc.stringMatching(/^[a-z]{1,20}$/),
    fc.oneof(Text, fc.double(), fc.boolean(), fc.array(Text, { maxLength: 12 })),
    { maxKeys: 60 },
  ),
});

test('whatever a document says of itself, its sidecar fits into what Bedrock takes', () => {
  fc.assert(
    fc.property(Documents, (document) => {
      const body = { kind: 'markdown', text: 'text' } as const;

      const { attributes, bytes } = sidecarOf({ ...document, body }, 'general');

      expect(bytes).toBeLessThanOrEqual(10_240);
      expect(attributes.values.size).toBeLessThan(50);
    }),
    { numRuns: 100 },
  );
});

test('a document of usual size keeps every attribute, and one for S3 Vectors stays within 800 bytes', () => {
  const document: SourceDocument = {
    id: '["1"]',
    title: 'Résumé',
    url: 'https://kb.example.com/1',
    attributes: { summary: 's'.repeat(700) },
    body: { kind: 'markdown', text: 'text' },
  };

  const general = sidecarOf(document, 'general');
  const vectors = sidecarOf(document, 's3-vectors');

  expect(general.attributes.values.get('x_summary')).toBe('s'.repeat(700));
  expect(general.attributes.notes).toEqual([]);
  expect(vectors.attributes.values.has('x_summary')).toBe(false);
  expect(vectors.attributes.notes).toEqual([
    'NULLED x_summary: over the budget of the vector store',
  ]);
});
