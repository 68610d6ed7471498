import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { database } from '../../../activities/sources/database.ts';
import { sourceEnv } from '../../fakes/source-env.ts';
import { describeSource } from '../../contracts/source.ts';
import { documentsOf, failureOf, idsOf, readAll, runs } from './database/reading.ts';
import { DATABASES } from './database/materials.ts';

const folder = mkdtempSync(join(tmpdir(), 'wellspring-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A new file with these statements in it. */
function sqlite(name: string, statements: string): string {
  const path = join(folder, `${name}.db`);
  const file = new DatabaseSync(path);
  file.exec(statements);
  file.close();
  return path;
}

function change(path: string, statements: string): void {
  const file = new DatabaseSync(path);
  file.exec(statements);
  file.close();
}

const ARTICLES = `
  CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT, summary TEXT, content TEXT, updated_at TEXT);
  INSERT INTO articles VALUES
    (1, 'One', 'First', 'Long one', '2026-01-01 10:00:00'),
    (2, 'Two', 'Second', 'Long two', '2026-01-01 10:00:00'),
    (3, 'Three', NULL, 'Long three', '2026-01-01 10:00:00.250'),
    (4, 'Four', 'Fourth', 'Long four', NULL);`;

describeSource('a SQLite table with a cursor', async () => {
  const url = `sqlite:${sqlite('contract', ARTICLES)}`;
  const config = { url, table: 'articles', cursor: 'updated_at', title: 'title', pageSize: 2 };
  return {
    type: database,
    config: { ...config, body: ['summary', 'content'] },
    expectedIds: ['["1"]', '["2"]', '["3"]', '["4"]'],
    badConfigs: [
      {
        why: 'no such file',
        config: { url: `sqlite:${folder}/nowhere.db`, table: 'articles' },
        outcome: 'FAIL',
        naming: /no file ".*nowhere\.db"/u,
      },
      {
        why: 'no such table',
        fault: 'nothing',
        config: { ...config, table: 'artikel' },
        outcome: 'FAIL',
        naming: /no table "artikel"/u,
      },
      {
        why: 'no such column',
        config: { ...config, body: '{{summery}}' },
        outcome: 'FAIL',
        naming: /"summery".*id, title, summary/u,
      },
      {
        why: 'neither table nor query',
        config: { url },
        outcome: 'InvalidConfig',
        naming: /either "table" or "query"/u,
      },
      {
        why: 'a query without a key',
        config: { url, query: 'SELECT * FROM articles' },
        outcome: 'InvalidConfig',
        naming: /primaryKey/u,
      },
      {
        why: 'a URL of another kind',
        config: { url: 'oracle://x', table: 'articles' },
        outcome: 'FAIL',
        naming: /not of a known form/u,
      },
    ],
  };
});

const CHINOOK = join(DATABASES, 'chinook');

describe.skipIf(DATABASES === '')('Chinook', () => {
  const url = `sqlite://${CHINOOK}/Chinook_Sqlite.sqlite`;

  describeSource('Chinook PlaylistTrack, which has nothing but a composite key', async () => ({
    type: database,
    config: { url, table: 'PlaylistTrack', pageSize: 500 },
    expectedIds: rowsOf('PlaylistTrack', ['PlaylistId', 'TrackId']),
  }));

  test('every table gives one document a row', async () => {
    const facts = factsOf();

    const counts = await Promise.all(
      facts.map(async ({ name }) => documentsOf(await readAll({ url, table: name })).length),
    );

    expect(counts).toStrictEqual(facts.map((table) => table.rows));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(15_607);
  });

  test('a trailing blank is kept', async () => {
    const documents = documentsOf(await readAll({ url, table: 'Customer', body: 'City' }));

    expect(documents.find((one) => one.id === '["54"]')?.body).toMatchObject({
      text: 'Edinburgh ',
    });
  });

  test('a query is a source as well, and its letters outside ASCII survive', async () => {
    const query =
      'SELECT t.TrackId, t.Name, a.Title AS Album FROM Track t JOIN Album a USING (AlbumId) -- all';
    const config = {
      url,
      query,
      primaryKey: ['TrackId'],
      title: 'Name',
      body: '{{Name}} ({{Album}})',
    };

    const documents = documentsOf(await readAll(config));

    expect(documents).toHaveLength(3503);
    expect(documents.filter((one) => /\P{ASCII}/u.test(one.title ?? ''))).toHaveLength(274);
  });
});

function rowsOf(table: string, key: readonly string[]): string[] {
  if (DATABASES === '') return [];
  const file = new DatabaseSync(join(CHINOOK, 'Chinook_Sqlite.sqlite'), { readOnly: true });
  const rows = file.prepare(`SELECT ${key.join(', ')} FROM ${table}`).all();
  file.close();
  return rows.map((row) => JSON.stringify(key.map((column) => String(row[column]))));
}

function factsOf(): { name: string; rows: number }[] {
  const facts = JSON.parse(readFileSync(join(CHINOOK, 'facts-sqlite.json'), 'utf8')) as {
    tables: Record<string, { rows: number }>;
  };
  return Object.entries(facts.tables).map(([name, { rows }]) => ({ name, rows }));
}

describe('runs one after another', () => {
  const config = { table: 'articles', cursor: 'updated_at', body: 'content', pageSize: 2 };

  test('D1 a later run reads what changed since, the lag before it, and rows without a cursor value', async () => {
    const path = sqlite('runs', ARTICLES);
    const run = runs({ ...config, url: `sqlite:${path}`, lag: '10 seconds' });
    await run();
    change(path, `INSERT INTO articles VALUES (5, 'Five', '', 'Late', '2026-01-01 09:59:55')`);
    change(
      path,
      `UPDATE articles SET content = 'New', updated_at = '2026-01-01 11:00:00' WHERE id = 1`,
    );

    const known = new Set([1, 2, 3, 4, 5].map((id) => `["${id}"]`));
    const second = documentsOf(await run({ known }));
    const third = documentsOf(await run({ known }));

    expect(second.map((one) => one.id)).toStrictEqual([
      '["5"]',
      '["2"]',
      '["3"]',
      '["1"]',
      '["4"]',
    ]);
    expect(third.map((one) => one.id)).toStrictEqual(['["1"]', '["4"]']);
  });

  test('D8 a deleted row is missing from the keys of a complete listing', async () => {
    const path = sqlite('deleted', ARTICLES);
    const run = runs({ ...config, url: `sqlite:${path}` });
    await run();
    change(path, 'DELETE FROM articles WHERE id = 2');

    const messages = await run();

    expect(idsOf(messages)).not.toContain('["2"]');
    expect(messages).toContainEqual({ kind: 'listing', complete: true });
  });

  test('a key scan of every second run announces no listing in between', async () => {
    const run = runs({ ...config, url: `sqlite:${sqlite('seldom', ARTICLES)}`, keyScan: 2 });

    const listings = [await run(), await run(), await run()].map((messages) =>
      messages.some((one) => one.kind === 'listing'),
    );

    expect(listings).toStrictEqual([true, false, true]);
  });

  test('R3 a row that was committed later than the lag allows for is read by the key scan', async () => {
    const path = sqlite('late', ARTICLES);
    const run = runs({ ...config, url: `sqlite:${path}`, lag: '1 second' });
    const known = idsOf(await run());
    change(path, `INSERT INTO articles VALUES (6, 'Six', '', 'Very late', '2025-06-01 00:00:00')`);

    const second = documentsOf(await run({ known }));

    expect(second.map((one) => one.id)).toContain('["6"]');
  });

  test('R6 a row whose last reading failed is read again by the key scan, long after its change', async () => {
    const path = sqlite('failed', ARTICLES);
    change(path, `INSERT INTO articles VALUES (6, 'Six', '', 'Newest', '2026-02-01 10:00:00')`);
    const run = runs({ ...config, url: `sqlite:${path}`, lag: '1 second' });
    const known = idsOf(await run());

    const second = documentsOf(await run({ known }));
    const third = documentsOf(await run({ known, failed: new Set(['["1"]']) }));

    expect(second.map((one) => one.id)).not.toContain('["1"]');
    expect(third.map((one) => one.id)).toContain('["1"]');
  });

  test('R3 a row with a time to come is read by the key scan and does not carry the watermark away', async () => {
    const path = sqlite('future', ARTICLES);
    const run = runs({ ...config, url: `sqlite:${path}` });
    change(path, `INSERT INTO articles VALUES (7, 'Seven', '', 'Future', '2999-01-01 00:00:00')`);

    const first = await run();
    const again = await run({ known: idsOf(first) });

    expect(documentsOf(first).map((one) => one.id)).toContain('["7"]');
    expect(documentsOf(again).map((one) => one.id)).not.toContain('["7"]');
    expect(first.at(-1)).toMatchObject({ cursor: { watermark: 't2026-01-01 10:00:00.250' } });
  });

  test('another body starts from the beginning', async () => {
    const url = `sqlite:${sqlite('changed', ARTICLES)}`;
    const first = await readAll({ ...config, url });
    const last = first.findLast((one) => one.kind === 'checkpoint');

    const second = await readAll({ ...config, url, body: 'summary' }, last?.cursor);

    expect(documentsOf(second)).toHaveLength(4);
  });

  test('a listing that an earlier run left open begins again', async () => {
    const url = `sqlite:${sqlite('open', ARTICLES)}`;
    const first = await readAll({ url, table: 'articles', pageSize: 1 });
    const early = first.find((one) => one.kind === 'checkpoint');

    const next = await readAll({ url, table: 'articles' }, early?.cursor, {
      startedAt: new Date(0),
    });

    expect(documentsOf(next)).toHaveLength(4);
  });
});

describe('what is refused', () => {
  test.each([
    [
      'a table without a key',
      'CREATE TABLE t (a TEXT)',
      {},
      /declares no primary key.*"primaryKey"/u,
    ],
    [
      'a key that is NULL',
      'CREATE TABLE t (a TEXT); INSERT INTO t VALUES (NULL)',
      { primaryKey: ['a'] },
      /"a" .* is NULL/u,
    ],
    [
      'a key that is not unique',
      `CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x'), ('x')`,
      { primaryKey: ['a'], pageSize: 1 },
      /not unique.*\["x"\]/u,
    ],
    [
      'a JSON column as cursor',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, j JSON)',
      { cursor: 'j' },
      /"j" has the type "JSON"/u,
    ],
  ])('%s', async (name, statements, extra, sentence) => {
    const url = `sqlite:${sqlite(name.replaceAll(' ', '-'), statements)}`;

    const error = await failureOf(readAll({ url, table: 't', ...extra }));

    expect(error).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringMatching(sentence),
    });
  });

  test('a file that is no database', async () => {
    const error = await failureOf(readAll({ url: `sqlite:${import.meta.filename}`, table: 't' }));

    expect(error).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringContaining('not an SQLite file'),
    });
  });

  test('a query that is more than a SELECT changes nothing', async () => {
    const path = sqlite('injected', ARTICLES);
    const query = 'SELECT * FROM articles) AS src; DELETE FROM articles; SELECT * FROM (SELECT 1';

    await failureOf(readAll({ url: `sqlite:${path}`, query, primaryKey: ['id'] }));

    expect(documentsOf(await readAll({ url: `sqlite:${path}`, table: 'articles' }))).toHaveLength(
      4,
    );
  });
});

test('keys keep their type, and names that need quoting work', async () => {
  const statements = `CREATE TABLE "odd ""table" ("a b", "c""d" TEXT, PRIMARY KEY ("a b", "c""d"));
    INSERT INTO "odd ""table" VALUES (9007199254740993, 'x'), (9007199254740992, 'x'), ('9', 'é''"'), (X'00FF', 'y'), (0.1, 'z')`;
  const url = `sqlite:${sqlite('odd', statements)}`;

  const ids = idsOf(await readAll({ url, table: 'odd "table', pageSize: 1 }));

  expect([...ids].toSorted()).toStrictEqual([
    '["0.1","z"]',
    '["00ff","y"]',
    '["9","é\'\\""]',
    '["9007199254740992","x"]',
    '["9007199254740993","x"]',
  ]);
});

test('check names the index that is missing, and is content once it is there', async () => {
  const path = sqlite('indexed', ARTICLES);
  const details = async (): Promise<string> => {
    const env = sourceEnv();
    const config = { url: `sqlite:${path}`, table: 'articles', cursor: 'updated_at' };
    const results = await database.open(config).check(env);
    env.remove();
    return results.find((one) => one.capability === 'page order')?.detail ?? '';
  };

  const before = await details();
  change(path, 'CREATE INDEX by_change ON articles (updated_at, id)');
  const after = await details();

  expect(before).toContain('make an index on "updated_at", "id"');
  expect(after).toContain('come from an index');
});

test('C16 after a page of large rows the next one takes fewer', async () => {
  const url = `sqlite:${sqlite(
    'large',
    `CREATE TABLE large (id INTEGER PRIMARY KEY, body TEXT);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
      INSERT INTO large SELECT i, printf('%.*c', 1048576, 'x') FROM n`,
  )}`;

  const messages = await readAll({ url, table: 'large', body: 'body', pageSize: 20 });
  const pages = messages.map((one) => (one.kind === 'checkpoint' ? '|' : '.')).join('');

  expect(pages.split('|').map((page) => page.length)).toStrictEqual([20, 15, 5, 1, 0]);
});
