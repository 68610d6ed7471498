import { ListKnowledgeBaseDocumentsCommand } from '@aws-sdk/client-bedrock-agent';
import { RetrieveCommand, type RetrievalFilter } from '@aws-sdk/client-bedrock-agent-runtime';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../../local/bedrock/csv.ts';
import { createBucket, createDocs, runJob, setUp } from './fixture.ts';

describe('CSV by RFC 4180', () => {
  test.each([
    [
      'a,b\r\n1,2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['a\r\n"x ""y"", z"\r\n', [['a'], ['x "y", z']]],
    [
      'a,b\r\n"one\r\ntwo",3\r\n',
      [
        ['a', 'b'],
        ['one\r\ntwo', '3'],
      ],
    ],
    [
      'a,b\r\n,\r\n',
      [
        ['a', 'b'],
        ['', ''],
      ],
    ],
    [
      'a,b\r\n1,',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    ['\uFEFFa\r\n1\r\n', [['a'], ['1']]],
    ['a\r\n\r\n1\r\n', [['a'], ['1']]],
    ['', []],
  ])('%j', (text, records) => {
    expect(parseCsv(text)).toStrictEqual(records);
  });

  test.each([
    ['a quote without an end', 'a\r\n"1'],
    ['a quote in a field', 'a\r\n1"2"\r\n'],
    ['a text after a quote', 'a\r\n"1"2\r\n'],
  ])('%s is refused', (_what, text) => {
    expect(parseCsv(text)).toBeUndefined();
  });

  test('a field of some megabytes is read', () => {
    const large = 'x "y" '.repeat(700_000);

    expect(parseCsv(`a\r\n"${large.replaceAll('"', '""')}"\r\n`)?.[1]).toStrictEqual([large]);
  });
});

const CSV =
  'content,sku,colour\r\n"Apples, red",7,red\r\nBananas,8,\r\n"Cherries\nof the south",9,red\r\n';

function structure(specification?: object, contentFields = [{ fieldName: 'content' }]) {
  return {
    type: 'RECORD_BASED_STRUCTURE_METADATA',
    recordBasedStructureMetadata: {
      contentFields,
      ...(specification ? { metadataFieldsSpecification: specification } : {}),
    },
  };
}

const named = (...names: string[]) => names.map((fieldName) => ({ fieldName }));

interface FileOptions {
  readonly csv?: string;
  readonly key?: string;
  readonly storageType?: 'OPENSEARCH_SERVERLESS' | 'S3_VECTORS';
}

async function ingested(
  documentStructureConfiguration: unknown,
  { csv = CSV, key = 'kb/a.csv', storageType = 'OPENSEARCH_SERVERLESS' }: FileOptions = {},
) {
  const sidecar = JSON.stringify({
    metadataAttributes: { source: 'shop' },
    documentStructureConfiguration,
  });
  const bucket = createBucket({ [key]: csv, [`${key}.metadata.json`]: sidecar });
  const setup = await setUp({ bucket });
  const ids = await createDocs(setup, { storageType });
  await runJob(setup, ids);
  const { documentDetails = [] } = await setup.agent.send(
    new ListKnowledgeBaseDocumentsCommand(ids),
  );
  async function ask(text: string, filter?: RetrievalFilter) {
    const vectorSearchConfiguration = { numberOfResults: 10, ...(filter ? { filter } : {}) };
    const { retrievalResults = [] } = await setup.runtime.send(
      new RetrieveCommand({
        ...ids,
        retrievalQuery: { text },
        retrievalConfiguration: { vectorSearchConfiguration },
      }),
    );
    return retrievalResults.map(({ content, metadata = {} }) => ({
      text: content?.text,
      own: Object.fromEntries(
        Object.entries(metadata).filter(([name]) => !name.startsWith('x-amz-')),
      ),
    }));
  }
  return { ask, status: documentDetails[0]?.status, reason: documentDetails[0]?.statusReason };
}

test('each record is a passage of its own, with its own columns as attributes', async () => {
  const { ask, status } = await ingested(structure({ fieldsToInclude: named('sku', 'colour') }));

  expect(status).toBe('INDEXED');
  expect(await ask('apples')).toStrictEqual([
    { text: 'Apples, red', own: { source: 'shop', sku: '7', colour: 'red' } },
  ]);
  expect(await ask('bananas')).toStrictEqual([
    { text: 'Bananas', own: { source: 'shop', sku: '8' } },
  ]);
});

test('a filter looks at the record, not at the file', async () => {
  const { ask } = await ingested(structure());
  const red = { equals: { key: 'colour', value: 'red' } };

  const texts = (await ask('apples bananas cherries', red)).map(({ text }) => text);

  expect(new Set(texts)).toStrictEqual(new Set(['Apples, red', 'Cherries\nof the south']));
});

test.each([
  ['only included columns become attributes', { fieldsToInclude: named('sku') }, { sku: '7' }],
  ['excluded columns become none', { fieldsToExclude: named('sku') }, { colour: 'red' }],
  ['without a list all but the content do', undefined, { sku: '7', colour: 'red' }],
])('%s', async (_what, specification, own) => {
  const { ask } = await ingested(structure(specification));

  expect(await ask('apples')).toStrictEqual([
    { text: 'Apples, red', own: { source: 'shop', ...own } },
  ]);
});

test.each([
  [
    'two content fields',
    structure(undefined, named('content', 'sku')),
    {},
    /documentStructureConfiguration/u,
  ],
  ['another type', { type: 'TABLE' }, {}, /RECORD_BASED_STRUCTURE_METADATA/u],
  [
    'a column that is not there',
    structure({ fieldsToInclude: named('price') }),
    {},
    /no column "price"/u,
  ],
  [
    'a content field that is not there',
    structure(undefined, named('body')),
    {},
    /no column "body"/u,
  ],
  [
    'a column included and excluded',
    structure({ fieldsToInclude: named('sku'), fieldsToExclude: named('sku') }),
    {},
    /both included and excluded/u,
  ],
  [
    'a record of another length',
    structure(),
    { csv: 'content,sku\r\nApples\r\n' },
    /Record 1 has 1 fields/u,
  ],
  ['broken quotes', structure(), { csv: 'content\r\n"Apples\r\n' }, /no CSV by RFC 4180/u],
  ['a file that is no CSV', structure(), { key: 'kb/a.md' }, /Only a CSV file/u],
  [
    'a record too large for S3 Vectors',
    structure(),
    { storageType: 'S3_VECTORS' as const, csv: `content,sku\r\nApples,${'7'.repeat(1000)}\r\n` },
    /S3 Vectors allows 1024/u,
  ],
])('%s fails the document', async (_what, configuration, more, reason) => {
  const { status, reason: said } = await ingested(configuration, more);

  expect(status).toBe('FAILED');
  expect(said).toMatch(reason);
});
