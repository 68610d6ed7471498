import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import type { SourceDocument } from '../../../../activities/sources/contract.ts';
import { database } from '../../../../activities/sources/database.ts';
import { parseCsv } from '../../../../local/bedrock/csv.ts';
import { describeSource } from '../../../contracts/source.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';
import { documentsOf, failureOf, keeping, readAll } from './reading.ts';

const folder = mkdtempSync(join(tmpdir(), 'wellspring-shards-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** A table of 1,000 goods in a file of its own. */
function goods(rows = 1000) {
  count += 1;
  const path = join(folder, `${count}.db`);
  const change = (statements: string): void => {
    const file = new DatabaseSync(path);
    file.exec(statements);
    file.close();
  };
  change(`CREATE TABLE goods (id INTEGER PRIMARY KEY, name TEXT, colour TEXT, gone INTEGER, at TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO goods SELECT i * 10, 'Good ' || i, 'red', 0, '2026-01-01 10:00:00' FROM n`);
  const config = {
    url: `sqlite:${path}`,
    table: 'goods',
    title: 'name',
    body: 'A {{colour}} good.',
    metadataColumns: ['colour'],
    shardRows: 50,
    pageSize: 97,
  };
  return { change, config };
}

function recordsOf(documents: readonly SourceDocument[]): readonly (readonly string[])[] {
  return documents.flatMap(({ body }) => {
    if (body.kind !== 'csv') throw new Error('The document is no CSV.');
    const [header, ...records] = parseCsv(body.text) ?? [];
    expect(header).toStrictEqual([body.contentField, ...body.metadataFields]);
    return records;
  });
}

const idOfRecord = (record: readonly string[]): string => record[1] ?? '';

describeSource('a SQLite table in shards', async () => ({
  type: database,
  config: goods().config,
}));

test('every row is one record, in about as many shards as asked for', async () => {
  const documents = documentsOf(await readAll(goods().config));

  const records = recordsOf(documents);

  expect(records.map(idOfRecord)).toStrictEqual(
    Array.from({ length: 1000 }, (_, index) => `["${(index + 1) * 10}"]`),
  );
  expect(records[0]).toStrictEqual(['Good 1\n\nA red good.', '["10"]', 'Good 1', 'red']);
  expect(documents.length).toBeGreaterThan(10);
  expect(documents.length).toBeLessThan(40);
});

test.each([
  ['a changed row', `UPDATE goods SET name = 'Better' WHERE id = 5000`],
  ['a new row in the middle', `INSERT INTO goods (id, name, colour) VALUES (5001, 'New', 'blue')`],
  ['a deleted row', 'DELETE FROM goods WHERE id = 5000'],
  [
    'new rows at the end',
    `INSERT INTO goods (id, name, colour) VALUES (20001, 'New', 'blue'), (20002, 'New', 'blue')`,
  ],
])('%s rewrites one shard and no other', async (_what, statement) => {
  const { change, config } = goods();
  const source = keeping(config);
  await source.run();
  change(statement);

  const second = await source.run();
  const third = await source.run();

  expect(second.written).toHaveLength(1);
  expect(second.removed).toStrictEqual([]);
  expect([...third.written, ...third.removed]).toStrictEqual([]);
});

test('whatever happens to the rows, the shards hold exactly the table', async () => {
  const { change, config } = goods(300);
  const source = keeping({ ...config, shardRows: 5 });
  await source.run();
  const steps = [
    'DELETE FROM goods WHERE id % 70 = 0',
    `INSERT INTO goods (id, name, colour) SELECT id + 1, 'Twin', 'blue' FROM goods WHERE id % 30 = 0`,
    `UPDATE goods SET colour = 'green' WHERE id BETWEEN 500 AND 700`,
    'DELETE FROM goods WHERE id > 2000',
  ];
  for (const step of steps) {
    change(step);
    await source.run();
    const fresh = documentsOf(await readAll({ ...config, shardRows: 5 }));

    expect(new Map([...source.kept].map(([id, { text }]) => [id, text]))).toStrictEqual(
      new Map(fresh.map(({ id, body }) => [id, 'text' in body ? body.text : ''])),
    );
  }
});

test('the last row of a shard may go: its neighbours take in what is left', async () => {
  const { change, config } = goods();
  const source = keeping(config);
  const { messages } = await source.run();
  const [first, second] = documentsOf(messages);
  const boundary = recordsOf(first ? [first] : []).at(-1)?.[1] ?? '';
  change(`DELETE FROM goods WHERE id = ${JSON.parse(boundary)[0]}`);

  const { written, removed } = await source.run();

  expect(second?.id).toBe(`rows after ${boundary}`);
  expect({ written, removed }).toStrictEqual({ written: [first?.id], removed: [second?.id] });
});

test('rows marked as deleted stay out, and the newest change dates the shard', async () => {
  const { change, config } = goods(40);
  change(
    `UPDATE goods SET gone = 1 WHERE id = 100; UPDATE goods SET at = '2026-03-01 10:00:00' WHERE id = 50`,
  );

  const documents = documentsOf(
    await readAll({ ...config, shardRows: 1000, modifiedAt: 'at', deleted: { column: 'gone' } }),
  );

  expect(recordsOf(documents)).toHaveLength(39);
  expect(documents[0]?.modifiedAt).toBe('2026-03-01T10:00:00Z');
});

test('hostile texts survive as they are', async () => {
  const { change, config } = goods(3);
  const hostile = [
    '"',
    ',',
    '=1+1',
    'two\nlines',
    ' edge ',
    '😀 ﷽',
    `'; DROP TABLE goods`,
    '"",""',
  ];
  change(
    `DELETE FROM goods; ${hostile.map((text, at) => `INSERT INTO goods (id, name, colour) VALUES (${at}, '${text.replaceAll("'", "''")}', '${text.replaceAll("'", "''")}')`).join(';')}`,
  );

  const records = recordsOf(documentsOf(await readAll({ ...config, body: 'name', title: 'name' })));

  expect(records.map(([content]) => content)).toStrictEqual(hostile.map((text) => text.trimEnd()));
  expect(records.map((record) => record[2])).toStrictEqual(
    hostile.map((text) => text.trim().replace('\n', ' ')),
  );
});

test('a shard of large rows is cut before it is too large; a row that is too large alone is a dead letter', async () => {
  const { change, config } = goods(1);
  change(`DELETE FROM goods; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
    INSERT INTO goods (id, name, colour) SELECT i, printf('%.*c', CASE i WHEN 7 THEN 40000 ELSE 8000 END, 'x'), 'red' FROM n`);
  const env = sourceEnv({ settings: { maxDocumentBytes: 30_000 } });
  const large = { ...config, title: 'colour', body: 'name', shardRows: 100_000 };

  const messages = await Array.fromAsync(database.open(large).read(null, env));
  env.remove();
  const documents = documentsOf(messages);

  expect(recordsOf(documents)).toHaveLength(19);
  expect(documents.map(({ id }) => id).slice(0, 2)).toStrictEqual([
    'rows from the start',
    'rows from the start (part 2)',
  ]);
  for (const { body } of documents)
    expect(Buffer.byteLength('text' in body ? body.text : '')).toBeLessThanOrEqual(30_000);
  expect(messages.filter((one) => one.kind === 'failed')).toMatchObject([
    { id: '["7"]', failure: 'InvalidDocument' },
  ]);
});

test.each([
  ['a cursor', { cursor: 'at' }, /"shardRows" and "cursor"/u],
  [
    'columns that differ in case only',
    { metadataColumns: ['colour', 'Colour'] },
    /"metadataColumns"/u,
  ],
])('%s beside shards is refused', async (_what, extra, sentence) => {
  const error = await failureOf((async () => readAll({ ...goods(1).config, ...extra }))());

  expect(error).toMatchObject({ type: 'InvalidConfig', message: expect.stringMatching(sentence) });
});

test('check advises shards beyond 20,000 rows, and is no failure either way', async () => {
  const { config } = goods(20_001);
  const sizeOf = async (given: Readonly<Record<string, unknown>>) => {
    const env = sourceEnv();
    const results = await database.open(given).check(env);
    env.remove();
    return results.find((one) => one.capability === 'size');
  };
  const { shardRows: _, ...single } = config;

  expect(await sizeOf(single)).toMatchObject({
    verdict: 'PASS',
    detail: expect.stringContaining('"shardRows: 500"'),
  });
  expect(await sizeOf(config)).toMatchObject({
    verdict: 'PASS',
    detail: expect.stringContaining('CSV documents of about 50 rows'),
  });
});
