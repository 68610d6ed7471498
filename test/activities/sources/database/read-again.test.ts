import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { database } from '../../../../activities/sources/database.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';
import { withDatabase } from '../../../set-up/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'wellspring-again-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function again(config: object, ...ids: readonly string[]): Promise<readonly string[]> {
  const env = sourceEnv();
  try {
    const open = database.open(config);
    const messages = await Array.fromAsync(open.readAgain?.(ids, env) ?? []);
    return messages.map((message) =>
      message.kind === 'document'
        ? `${message.document.id} ${message.document.title}`
        : `${message.id} ${message.kind}`,
    );
  } finally {
    env.remove();
  }
}

describe('single rows of SQLite', () => {
  const url = `sqlite:${join(folder, 'again.db')}`;
  const table = { url, table: 'articles', cursor: 'updated_at', keyScan: 'never', title: 'title' };

  beforeAll(() => {
    const file = new DatabaseSync(join(folder, 'again.db'));
    file.exec(`
      CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT, removed INTEGER DEFAULT 0, updated_at TEXT);
      INSERT INTO articles VALUES (1, 'One', 0, '2026-01-01'), (2, 'Two', 1, '2026-01-01'), (9007199254740993, 'Large', 0, NULL);
      CREATE TABLE parts (document TEXT COLLATE NOCASE, part INTEGER, title TEXT, PRIMARY KEY (document, part));
      INSERT INTO parts VALUES ('Manual', 1, 'First'), ('manual', 2, 'Second'), ('it''s', 1, 'Quote');`);
    file.close();
  });

  test('come by key, whatever the cursor column and the key scan say', async () => {
    expect(await again(table, '["1"]', '["9007199254740993"]')).toEqual([
      '["1"] One',
      '["9007199254740993"] Large',
    ]);
  });

  test('that are there no more are gone, and so are those that are marked as deleted', async () => {
    expect(await again({ ...table, deleted: { column: 'removed' } }, '["7"]', '["2"]')).toEqual([
      '["7"] gone',
      '["2"] gone',
    ]);
  });

  test('of a composite key are exactly those, though the database takes other texts for equal', async () => {
    const parts = { url, table: 'parts', title: 'title' };

    expect(await again(parts, '["Manual","1"]', '["MANUAL","1"]', `["it's","1"]`)).toEqual([
      '["Manual","1"] First',
      '["MANUAL","1"] gone',
      `["it's","1"] Quote`,
    ]);
  });

  test('are passed over where the id names no key of the table', async () => {
    expect(await again(table, 'no json', '["1","2"]', '{"a":1}', '[1]', '["1"')).toEqual([]);
  });

  test('of a query come, too', async () => {
    const query = {
      url,
      query: 'SELECT id, title FROM articles WHERE id < 5',
      primaryKey: ['id'],
      title: 'title',
    };

    expect(await again(query, '["1"]', '["9007199254740993"]')).toEqual([
      '["1"] One',
      '["9007199254740993"] gone',
    ]);
  });
});

describe('single rows of PostgreSQL', () => {
  const url = withDatabase();

  test('come by keys of any type, exactly', async () => {
    const client = new Client({ connectionString: url() });
    await client.connect();
    await client.query(`
      CREATE TABLE events (at timestamptz, code uuid, title text, PRIMARY KEY (at, code));
      INSERT INTO events VALUES ('2026-01-01 10:00:00.123456+00', '7f1b2c3d-0000-4000-8000-000000000001', 'Micro')`);
    await client.end();
    const config = { url: url(), table: 'events', title: 'title' };
    const env = sourceEnv();
    const ids: string[] = [];
    for await (const message of database.open(config).read(null, env))
      if (message.kind === 'document') ids.push(message.document.id);
    env.remove();

    expect(await again(config, ...ids)).toEqual([`${ids[0]} Micro`]);
  });
});
