import { expect, test } from 'vitest';
import { recordDocument, recordLines } from '../../../../activities/sources/web/record-document.ts';
import { expandExtraction } from '../../../../adapters/extraction/spec.ts';
import type { ExtractedRecord } from '../../../../workflows/collection/extraction-spec.ts';

const DEFAULTS = {
  id: 'https://a.example/list#1',
  url: 'https://a.example/list?page=2',
  body: () => ({ kind: 'markdown', text: 'default' }) as const,
};

function documentOf(record: ExtractedRecord, config: Record<string, unknown>) {
  return recordDocument(record, expandExtraction('t/s', config as never), DEFAULTS);
}

test('known fields fill the document, every other one becomes an attribute', () => {
  const document = documentOf(
    {
      id: '1',
      title: 'T',
      content: 'Some **text**',
      author: 'A',
      tags: ['x', 'y'],
      url: 'https://a.example/1',
      modified: '2026-03-12',
      rank: 7,
      sizes: [1, 2],
    },
    { records: 'li', content: 'p', url: { type: 'url', locators: 'a' } },
  );

  expect(document).toStrictEqual({
    id: DEFAULTS.id,
    url: 'https://a.example/1',
    title: 'T',
    author: 'A',
    tags: ['x', 'y'],
    modifiedAt: '2026-03-12T00:00:00.000Z',
    attributes: { rank: 7, sizes: ['1', '2'] },
    body: { kind: 'markdown', text: 'Some **text**' },
  });
});

test('what cannot fill the document stays an attribute', () => {
  const document = documentOf(
    { id: '1', url: 'see there', modified: '3/4/2026', title: 'T' },
    { id: 'i', url: 'a', modified: 'time', title: 'b' },
  );

  expect(document).toStrictEqual({
    id: DEFAULTS.id,
    url: DEFAULTS.url,
    title: 'T',
    attributes: { id: '1', url: 'see there', modified: '3/4/2026' },
    body: { kind: 'markdown', text: 'default' },
  });
});

test('a record without content is told line by line', () => {
  expect(recordLines({ name: 'Pump', sizes: [1, 2] })).toStrictEqual({
    kind: 'markdown',
    text: '**name**: Pump\n\n**sizes**: 1, 2',
  });
});
