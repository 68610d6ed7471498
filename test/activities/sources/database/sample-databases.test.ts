import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { database } from '../../../../activities/sources/database.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';
import { withDatabase } from '../../../set-up/postgres.ts';
import { DATABASES } from './materials.ts';
import { documentsOf, keeping, readAll } from './reading.ts';
import { loadChinook, loadSakila } from './sakila.ts';

interface Facts {
  readonly total_rows: number;
  readonly tables: Readonly<
    Record<
      string,
      {
        readonly rows: number;
        readonly primary_key: readonly string[];
        readonly modified_column: string | null;
      }
    >
  >;
}

function factsOf(path: string): Facts {
  return JSON.parse(readFileSync(join(DATABASES, path), 'utf8')) as Facts;
}

describe.skipIf(DATABASES === '')('Chinook on PostgreSQL, which has no column of changes', () => {
  const admin = withLoaded(loadChinook);
  collectsAll('chinook/facts-postgresql.json', admin);
});

describe.skipIf(DATABASES === '')(
  'Sakila on PostgreSQL, where all rows of a table share one time',
  () => {
    const admin = withLoaded(loadSakila);
    collectsAll('sakila/facts.json', admin);

    test('after many changes in one transaction only the rows that changed are written, and those that left are removed', async () => {
      const url = admin().url;
      const film = keeping({ url, table: 'film', cursor: 'last_update', title: 'title' });
      const actors = keeping({ url, table: 'film_actor', cursor: 'last_update', pageSize: 500 });
      const addresses = keeping({ url, table: 'address' });
      const first = [await film.run(), await actors.run(), await addresses.run()];
      await admin().client.query(`BEGIN;
      SET LOCAL session_replication_role = 'origin';
      UPDATE film SET description = description || '!' WHERE film_id % 3 = 0;
      UPDATE film_actor SET last_update = last_update WHERE actor_id = 1;
      DELETE FROM film_actor WHERE actor_id = 2;
      INSERT INTO film_actor (actor_id, film_id) SELECT 3, film_id FROM film WHERE film_id BETWEEN 900 AND 902;
      UPDATE address SET phone = '1' WHERE address_id = 100;
      SET LOCAL session_replication_role = 'replica';
      DELETE FROM address WHERE address_id = 101;
      COMMIT`);

      const second = [await film.run(), await actors.run(), await addresses.run()];
      const third = [await film.run(), await actors.run(), await addresses.run()];

      expect(first.map(({ written }) => written.length)).toStrictEqual([1000, 5462, 603]);
      expect(second.map(({ written }) => written.length)).toStrictEqual([333, 22, 1]);
      expect(second.map(({ removed }) => removed.length)).toStrictEqual([0, 25, 1]);
      expect(third.flatMap(({ written, removed }) => [...written, ...removed])).toStrictEqual([]);
    }, 60_000);
  },
);

interface Loaded {
  readonly client: Client;
  readonly url: string;
}

/** A database of its own with a sample in it. */
function withLoaded(load: (client: Client) => Promise<void>): () => Loaded {
  const url = withDatabase();
  let client: Client;
  beforeAll(async () => {
    client = new Client({ connectionString: url(), ssl: false });
    await client.connect();
    await load(client);
  }, 60_000);
  afterAll(() => client.end());
  return () => ({ client, url: url() });
}

/** Registers what is true of every database: the facts that were counted in it. */
function collectsAll(path: string, admin: () => Loaded): void {
  const keyed = () =>
    Object.entries(factsOf(path).tables).filter(([, { primary_key }]) => primary_key.length > 0);

  test('D4 each row of each table is one document with its own key', async () => {
    const { client, url } = admin();
    for (const [table, facts] of keyed()) {
      const cursor = facts.modified_column === null ? {} : { cursor: facts.modified_column };
      const documents = documentsOf(await readAll({ url, table, ...cursor }));
      const { rows } = await client.query<{ key: string[] }>(
        `SELECT ARRAY[${facts.primary_key.map((name) => `${name}::text`).join(', ')}] AS key FROM ${table}`,
      );

      expect.soft(documents, table).toHaveLength(facts.rows);
      expect
        .soft(new Set(documents.map(({ id }) => id)), table)
        .toStrictEqual(new Set(rows.map(({ key }) => JSON.stringify(key))));
    }

    const all = keyed().reduce((sum, [, { rows }]) => sum + rows, 0);
    expect(all).toBe(factsOf(path).total_rows);
  }, 60_000);

  test('discover names the keys and columns of the facts', async () => {
    const env = sourceEnv();
    const { streams } = await database
      .open({ url: admin().url, table: keyed()[0]?.[0] })
      .discover(env);
    env.remove();
    const found = new Map(streams.map((stream) => [stream.name.replace('public.', ''), stream]));

    for (const [table, facts] of keyed()) {
      expect.soft(found.get(table)?.primaryKey, table).toStrictEqual(facts.primary_key);
      expect
        .soft(found.get(table)?.cursorCandidates, table)
        .toStrictEqual(
          expect.arrayContaining([facts.modified_column].filter((one) => one !== null)),
        );
    }
  });
}
