import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../adapters/postgres/revisions.ts';
import { ask } from '../../client/commands/ask.ts';
import { createTerminal } from '../../client/terminal.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';
import { createBucket, createDocs, runJob, setUp } from '../local/bedrock/fixture.ts';
import { withDatabase } from '../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());

const SIDECAR = {
  metadataAttributes: { source: 'shop', doc_id: 'rows from the start' },
  documentStructureConfiguration: {
    type: 'RECORD_BASED_STRUCTURE_METADATA',
    recordBasedStructureMetadata: { contentFields: [{ fieldName: 'content' }] },
  },
};
const CSV = [
  'content,row_id,row_title,row_url',
  'Red apples,"[""1""]",Apple,https://shop.example.com/1',
  'Bananas,"[""2""]",,',
  '',
].join('\r\n');

test('a row of a CSV document is shown by its own title, key and link', async () => {
  const bucket = createBucket({
    'kb/a.csv': CSV,
    'kb/a.csv.metadata.json': JSON.stringify(SIDECAR),
  });
  const setup = await setUp({ bucket });
  const ids = await createDocs(setup);
  await runJob(setup, ids);
  const base = sourceDefinition({ id: 'shop' });
  const definition = { ...base, knowledgeBase: { ...base.knowledgeBase, ...ids } };
  await storeRevision(db, { definitions: [definition], author: 'test' });
  const about = async (question: string) => {
    const { data, text } = await ask({
      options: { limit: 1, full: false, source: undefined, 'knowledge-base': undefined },
      positionals: [question],
      terminal: createTerminal({ colours: false, columns: 100, json: true }),
      system: async () => ({
        database: async () => db,
        aws: async () => ({ bedrockAgentRuntime: setup.runtime }),
      }),
    } as never);
    return { text, passages: (data as { readonly passages: readonly object[] }).passages };
  };

  const [apple, banana] = [await about('apples'), await about('bananas')];

  expect(apple.passages).toMatchObject([
    { title: 'Apple', url: 'https://shop.example.com/1', text: 'Red apples' },
  ]);
  expect(apple.text).toContain('https://shop.example.com/1');
  expect(banana.passages).toMatchObject([{ title: '["2"]', text: 'Bananas' }]);
});
