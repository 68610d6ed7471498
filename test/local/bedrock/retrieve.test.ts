import { RetrieveCommand, type RetrievalFilter } from '@aws-sdk/client-bedrock-agent-runtime';
import { expect, test } from 'vitest';
import { createBucket, createDocs, runJob, setUp } from './fixture.ts';

async function setUpFruit() {
  const files = ['apple', 'banana', 'cherry'].flatMap((fruit, index) => [
    [`kb/${fruit}.md`, `The ${fruit} is a fruit. ${'Fruit is sweet. '.repeat(index)}`],
    [
      `kb/${fruit}.md.metadata.json`,
      JSON.stringify({ metadataAttributes: { name: fruit, rank: index, tags: ['fruit'] } }),
    ],
  ]);
  const setup = await setUp({ bucket: createBucket(Object.fromEntries(files)) });
  const ids = await createDocs(setup);
  await runJob(setup, ids);
  function ask(text: string, filter?: RetrievalFilter, more = {}) {
    return setup.runtime.send(
      new RetrieveCommand({
        ...ids,
        retrievalQuery: { text },
        retrievalConfiguration: {
          vectorSearchConfiguration: { numberOfResults: 2, ...(filter ? { filter } : {}) },
        },
        ...more,
      }),
    );
  }
  return { ...setup, ids, ask };
}

test('a passage comes with its text, place, score and attributes', async () => {
  const { ask, ids } = await setUpFruit();

  const { retrievalResults } = await ask('What are bananas?');

  expect(retrievalResults).toEqual([
    {
      content: { type: 'TEXT', text: 'The banana is a fruit. Fruit is sweet.' },
      location: { type: 'S3', s3Location: { uri: 's3://documents/kb/banana.md' } },
      score: expect.any(Number),
      metadata: {
        name: 'banana',
        rank: 1,
        tags: ['fruit'],
        'x-amz-bedrock-kb-source-uri': 's3://documents/kb/banana.md',
        'x-amz-bedrock-kb-data-source-id': ids.dataSourceId,
        'x-amz-bedrock-kb-chunk-id': '0',
      },
    },
  ]);
});

test('results have pages, and a token serves its own question alone', async () => {
  const { ask } = await setUpFruit();

  const first = await ask('fruit');
  const second = await ask('fruit', undefined, { nextToken: first.nextToken });

  expect(first.retrievalResults).toHaveLength(2);
  expect(second.retrievalResults).toHaveLength(1);
  expect(second.nextToken).toBeUndefined();
  await expect(ask('sweet', undefined, { nextToken: first.nextToken })).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

test('a filter keeps out what does not pass, also by the attributes of Bedrock', async () => {
  const { ask } = await setUpFruit();
  const names = async (filter: RetrievalFilter) =>
    (await ask('fruit', filter)).retrievalResults?.map(({ metadata }) => metadata?.['name']);

  expect(
    await names({
      andAll: [
        { greaterThan: { key: 'rank', value: 0 } },
        { notEquals: { key: 'name', value: 'cherry' } },
      ],
    }),
  ).toEqual(['banana']);
  expect(
    await names({
      equals: { key: 'x-amz-bedrock-kb-source-uri', value: 's3://documents/kb/apple.md' },
    }),
  ).toEqual(['apple']);
});

test('a group of one is refused, and so are 101 results', async () => {
  const { ask } = await setUpFruit();

  await expect(
    ask('fruit', { andAll: [{ equals: { key: 'rank', value: 0 } }] }),
  ).rejects.toMatchObject({ name: 'ValidationException', $metadata: { httpStatusCode: 400 } });
  await expect(
    ask('fruit', undefined, {
      retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: 101 } },
    }),
  ).rejects.toMatchObject({ name: 'ValidationException' });
});
