import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { database } from '../../../../activities/sources/database.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';
import { withDatabase } from '../../../set-up/postgres.ts';
import { documentsOf, failureOf, keeping, readAll } from './reading.ts';

const url = withDatabase();
const clients: Client[] = [];

async function connected(): Promise<Client> {
  const client = new Client({ connectionString: url(), ssl: false });
  await client.connect();
  clients.push(client);
  return client;
}

let admin: Client;
beforeAll(async () => {
  admin = await connected();
});
afterAll(() => Promise.all(clients.map((client) => client.end())));

const NOTES = { table: 'notes', cursor: 'at', body: 'body', lag: '1 second' };
const config = () => ({ ...NOTES, url: url() });

/** What the source must hold: each row of the table with its text. */
async function table(): Promise<ReadonlyMap<string, string>> {
  const { rows } = await admin.query<{ id: string; body: string }>(
    'SELECT id::text, body FROM notes',
  );
  return new Map(rows.map(({ id, body }) => [JSON.stringify([id]), body]));
}

function texts({ kept }: ReturnType<typeof keeping>): ReadonlyMap<string, string> {
  return new Map([...kept].map(([id, { text }]) => [id, text]));
}

beforeEach(async () => {
  await admin.query(`DROP TABLE IF EXISTS notes;
    CREATE TABLE notes (id int PRIMARY KEY, body text, at timestamptz);
    INSERT INTO notes SELECT n, 'Note ' || n, now() - interval '1 day' FROM generate_series(1, 40) n`);
});

/** A transaction that began before everything else and is committed after it: its times are older than the watermark and the lag. */
async function lateCommit(statements: string, meanwhile: () => Promise<unknown>): Promise<void> {
  const slow = await connected();
  await slow.query('BEGIN');
  await slow.query(statements);
  await sleep(1300);
  await admin.query(`UPDATE notes SET body = 'in time', at = clock_timestamp() WHERE id = 5`);
  await meanwhile();
  await slow.query('COMMIT');
}

describe('R3, F15 what is committed late, with an older time', () => {
  const LATE = `UPDATE notes SET body = 'late', at = now() WHERE id = 3;
    INSERT INTO notes VALUES (41, 'late and new', now())`;

  test('is read by the next run, although the watermark and the lag are beyond it', async () => {
    const source = keeping(config());
    await source.run();
    await lateCommit(LATE, () => source.run());

    const { written } = await source.run();

    expect(written.toSorted()).toStrictEqual(['["3"]', '["41"]']);
    expect(texts(source)).toStrictEqual(await table());
  });

  test('is missed without a key scan, which is what "keyScan: never" costs', async () => {
    const source = keeping({ ...config(), keyScan: 'never' });
    await source.run();
    await lateCommit(LATE, () => source.run());

    const { written } = await source.run();

    expect(written).toStrictEqual([]);
  });

  test('is read without a key scan where the lag is as long as the transaction', async () => {
    const source = keeping({ ...config(), keyScan: 'never', lag: '10 seconds' });
    await source.run();
    await lateCommit(LATE, () => source.run());

    const { written } = await source.run();

    expect(written).toHaveLength(2);
  });
});

test('F15 writers at work while it is read: after them one more run holds exactly the table', async () => {
  const source = keeping({ ...config(), pageSize: 3 });
  await source.run();
  const over = new AbortController();
  const writer = async (seed: number): Promise<void> => {
    const client = await connected();
    for (let step = 0; !over.signal.aborted; step += 1) {
      const id = 1 + ((seed * 31 + step * 17) % 60);
      await client.query('BEGIN');
      await client.query(
        step % 5 === 4
          ? `DELETE FROM notes WHERE id = ${id}`
          : `INSERT INTO notes VALUES (${id}, 'w${seed} ${step}', ${step % 7 === 3 ? 'NULL' : 'now()'})
              ON CONFLICT (id) DO UPDATE SET body = excluded.body, at = excluded.at`,
      );
      // Some stay open longer than the lag is.
      await sleep(step % 11 === 5 ? 1200 : 3);
      await client.query('COMMIT');
    }
  };
  const writers = [writer(1), writer(2), writer(3)];
  for (let run = 0; run < 6; run += 1) {
    await source.run();
    await sleep(300);
  }
  over.abort();
  await Promise.all(writers);

  await source.run();

  expect(texts(source)).toStrictEqual(await table());
  expect((await source.run()).written).toStrictEqual([]);
}, 60_000);

test('R3 the clock of the worker does not matter', async () => {
  const source = keeping(config());
  const hour = 3_600_000;
  await source.run(new Date(Date.now() - hour));
  await admin.query(`UPDATE notes SET body = 'new', at = now() WHERE id = 7`);

  const behind = await source.run(new Date(Date.now() - 2 * hour));
  await admin.query(`UPDATE notes SET body = 'newer', at = now() WHERE id = 8`);
  const ahead = await source.run(new Date(Date.now() + hour));

  expect([behind.written, ahead.written]).toStrictEqual([['["7"]'], ['["8"]']]);
});

test('R3 rows that lose or gain their time are neither lost nor doubled', async () => {
  const source = keeping({ ...config(), pageSize: 3 });
  await source.run();
  await admin.query(`UPDATE notes SET body = 'timeless', at = NULL WHERE id < 10;
    UPDATE notes SET body = 'endless', at = 'infinity' WHERE id = 11;
    UPDATE notes SET body = 'ancient', at = '-infinity' WHERE id = 12`);
  const second = await source.run();
  await admin.query(`UPDATE notes SET body = 'changed', at = NULL WHERE id = 1;
    UPDATE notes SET body = 'back', at = now() WHERE id = 2`);
  const third = await source.run();

  expect(second.written).toHaveLength(11);
  expect(third.written.toSorted()).toStrictEqual(['["1"]', '["2"]']);
  expect((await source.run()).written).toStrictEqual([]);
  expect(texts(source)).toStrictEqual(await table());
});

describe('F16 a table is altered while it is read', () => {
  test.each([
    ['a column is dropped', 'ALTER TABLE notes DROP COLUMN body', /"body"/u],
    [
      'the key changes its type, and its order with it',
      'ALTER TABLE notes ALTER COLUMN id TYPE text',
      /column "id" was "integer" and is "text"/u,
    ],
    ['the key is dropped', 'ALTER TABLE notes DROP CONSTRAINT notes_pkey', /no primary key/u],
    ['the table is dropped', 'DROP TABLE notes', /no table "notes"/u],
  ])('%s: SchemaDrift, and no complete listing', async (_what, statement, sentence) => {
    const env = sourceEnv();
    const kinds = new Set<string>();
    const reading = (async () => {
      for await (const { kind } of database.open({ ...config(), pageSize: 5 }).read(null, env)) {
        if (kind === 'checkpoint' && !kinds.has(kind)) await admin.query(statement);
        kinds.add(kind);
      }
    })();

    const error = await failureOf(reading);
    env.remove();

    expect(error).toMatchObject({
      type: 'SchemaDrift',
      nonRetryable: true,
      message: expect.stringMatching(sentence),
    });
    expect(kinds).not.toContain('listing');
  });

  test('odd values are written as text, and a row of them is a document like any other', async () => {
    await admin.query(`DROP TABLE IF EXISTS odd; CREATE TABLE odd (id int PRIMARY KEY, ratio float8, small float4, amount numeric, huge numeric,
        raw bytea, until timestamptz, since timestamp, day date, doc json, span interval, nothing text, name "char");
      INSERT INTO odd VALUES (1, 'NaN', '-Infinity', 'NaN', 1e30, '\\x00ff', 'infinity', '-infinity', 'infinity', '{"a": "x\\u0000y"}', '1 day 2 hours', '', 'x'),
        (2, 1e300, 1.5, 'Infinity', -1e-30, '', '0044-03-15 12:00:00 BC', '294276-12-31 23:59:59.999999', '4713-01-01 BC', '{"n": 1e400}', '-1 mon', NULL, NULL),
        (3, 0, 0, 0, 0, NULL, now(), now(), now(), '[]', '0', 'plain', NULL)`);
    const metadataColumns = ['ratio', 'small', 'amount', 'huge', 'raw', 'until', 'day', 'doc'];

    const documents = documentsOf(
      await readAll({ url: url(), table: 'odd', modifiedAt: 'until', metadataColumns }),
    );

    expect(documents).toHaveLength(3);
    expect(documents.slice(0, 2)).toMatchObject([
      {
        attributes: {
          ratio: 'NaN',
          small: '-Infinity',
          amount: 'NaN',
          huge: '1000000000000000000000000000000',
          until: 'infinity',
          day: 'infinity',
          doc: '{"a": "x\\u0000y"}',
        },
        body: { text: expect.stringContaining('**span:** P1DT2H') },
      },
      {
        attributes: {
          ratio: 1e300,
          small: 1.5,
          amount: 'Infinity',
          huge: '-0.000000000000000000000000000001',
          until: '0044-03-15 12:00:00+00 BC',
          day: '4713-01-01 BC',
          doc: '{"n": 1e400}',
        },
      },
    ]);
    expect(documents.map(({ modifiedAt }) => modifiedAt === undefined)).toStrictEqual([
      true,
      true,
      false,
    ]);
    for (const { body } of documents) expect('text' in body ? body.text : '').not.toContain('raw');
  });
});

describe('D2 text keys go by the order of their own collation', () => {
  const KEYS = ['a', 'B', 'ä', 'Z', '_', '10', '9', 'A ', 'a b', 'aB', 'Ab', 'ß', 'é', '', '-a'];

  test.each(['C', 'en-x-icu', 'de-x-icu', 'und-x-icu'])(
    '%s: every key once, page by page',
    async (collation) => {
      const known = await admin.query('SELECT 1 FROM pg_collation WHERE collname = $1', [
        collation,
      ]);
      expect(known.rowCount, `this server has no collation "${collation}"`).toBe(1);
      await admin.query(
        `DROP TABLE IF EXISTS words; CREATE TABLE words (word text COLLATE "${collation}" PRIMARY KEY)`,
      );
      await admin.query('INSERT INTO words SELECT unnest($1::text[])', [KEYS]);

      const documents = documentsOf(await readAll({ url: url(), table: 'words', pageSize: 1 }));
      const query = "SELECT word || '' AS word FROM words";
      const wrapped = documentsOf(
        await readAll({ url: url(), query, primaryKey: ['word'], pageSize: 1 }),
      );

      expect(new Set(documents.map(({ id }) => id))).toStrictEqual(
        new Set(KEYS.map((key) => JSON.stringify([key]))),
      );
      expect([documents.length, wrapped.length]).toStrictEqual([KEYS.length, KEYS.length]);
    },
  );

  test('a collation that takes two keys for equal is refused where nothing promises that they differ', async () => {
    await admin.query(`DROP TABLE IF EXISTS loose; DROP COLLATION IF EXISTS loosely;
      CREATE COLLATION loosely (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE loose (word text COLLATE loosely); INSERT INTO loose VALUES ('a'), ('A'), ('b')`);

    const error = await failureOf(
      readAll({ url: url(), table: 'loose', primaryKey: ['word'], pageSize: 1 }),
    );

    expect(error).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringMatching(/"word" is not unique/u),
    });
  });
});

describe('D9 how a query is read', () => {
  test('in a READ ONLY transaction with limits of time', async () => {
    const query = `SELECT 1 AS id, current_setting('transaction_read_only') AS ro, current_setting('statement_timeout') AS st,
      current_setting('idle_in_transaction_session_timeout') AS idle`;

    const [document] = documentsOf(
      await readAll({ url: url(), query, primaryKey: ['id'], body: '{{ro}} {{st}} {{idle}}' }),
    );

    expect(document?.body).toMatchObject({ text: 'on 2min 2min' });
  });

  test('it must give the columns of key and cursor', async () => {
    const query = 'SELECT id, body FROM notes';
    const missing = (extra: object) => failureOf(readAll({ url: url(), query, ...extra }));

    expect(await missing({ primaryKey: ['number'] })).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringContaining(
        'Column "number" is not in the query. Its columns are: id, body.',
      ),
    });
    expect(await missing({ primaryKey: ['id'], cursor: 'at' })).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringContaining('Column "at"'),
    });
  });

  test('check says when each page sorts the whole of it, and which index would help', async () => {
    await admin.query('ALTER TABLE notes ALTER COLUMN at SET NOT NULL; ANALYZE notes');
    const order = async (): Promise<string> => {
      const env = sourceEnv();
      const query = 'SELECT id, body, at FROM notes WHERE id > 0';
      const results = await database
        .open({ url: url(), query, primaryKey: ['id'], cursor: 'at', pageSize: 5 })
        .check(env);
      env.remove();
      return results.find((one) => one.capability === 'page order')?.detail ?? '';
    };

    const before = await order();
    await admin.query(
      `CREATE INDEX ON notes (at, id); INSERT INTO notes SELECT n, 'x', now() FROM generate_series(100, 5000) n; ANALYZE notes`,
    );

    expect(before).toContain('make an index on "at", "id"');
    expect(await order()).toContain('come from an index');
  });
});
