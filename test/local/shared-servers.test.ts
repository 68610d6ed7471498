import { Client } from 'pg';
import { expect, test } from 'vitest';
import { freshDatabase, withDatabase } from '../set-up/postgres.ts';

const databaseUrl = withDatabase();

test('a test file gets an empty database of its own', async () => {
  const other = await freshDatabase();

  await query(databaseUrl(), 'create table here (id int)');
  const tables = await query(other.url, "select 1 from pg_tables where tablename = 'here'");
  await other.drop();

  expect(tables).toEqual([]);
});

test('a dropped database is gone even while somebody is connected to it', async () => {
  const database = await freshDatabase();
  const guest = new Client({ connectionString: database.url });
  guest.on('error', () => undefined);
  await guest.connect();

  await database.drop();

  await expect(query(database.url, 'select 1')).rejects.toThrow('does not exist');
});

async function query(url: string, text: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
