import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseConfig } from '../../../activities/sources/database/config.ts';
import { connect } from '../../../activities/sources/database/connect.ts';
import { pageStatement } from '../../../activities/sources/database/keyset.ts';
import { planOf } from '../../../activities/sources/database/plan.ts';
import { database } from '../../../activities/sources/database.ts';
import { describeSource } from '../../contracts/source.ts';
import { sourceEnv } from '../../fakes/source-env.ts';
import { withDatabase } from '../../set-up/postgres.ts';
import { DATABASES } from './database/materials.ts';
import { documentsOf, failureOf, idsOf, readAll, runs } from './database/reading.ts';
import { loadSakilaTable } from './database/sakila.ts';

const url = withDatabase();
let admin: Client;
beforeAll(async () => {
  admin = new Client({ connectionString: url(), ssl: false });
  await admin.connect();
});
afterAll(() => admin.end());

const READER = { user: 'reader_of_tests', password: 'canary-7f3e' };

/** The same database for somebody who may only log in. */
function asReader(password = READER.password): string {
  const reader = new URL(url());
  reader.username = READER.user;
  reader.password = password;
  return reader.href;
}

beforeAll(async () => {
  await admin.query(`DO $$ BEGIN
    CREATE ROLE ${READER.user} LOGIN PASSWORD '${READER.password}';
    EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
  await admin.query(`
    CREATE SCHEMA kb;
    CREATE TABLE kb.articles (
      tenant text COLLATE "C", id bigint, title text, body text, updated_at timestamptz, PRIMARY KEY (tenant, id));
    INSERT INTO kb.articles
      SELECT CASE WHEN n % 2 = 0 THEN 'a' ELSE 'a"b' END, 9007199254740990 + n, 'Title ' || n, 'Body ' || n,
        CASE WHEN n % 7 <> 0 THEN timestamptz '2026-02-01 10:00:00.000001+00' + (n / 5) * interval '1 microsecond' END
      FROM generate_series(1, 40) n;
    CREATE TABLE kb.closed (id int PRIMARY KEY);
    GRANT USAGE ON SCHEMA kb TO ${READER.user};
    GRANT SELECT ON kb.articles TO ${READER.user};`);
});

const ARTICLES = { table: 'kb.articles', cursor: 'updated_at', title: 'title', body: ['body'] };

describeSource('a PostgreSQL table with ties, NULL cursors and a composite key', async () => {
  const good = { ...ARTICLES, url: asReader(), pageSize: 4 };
  const unreachable = new URL(asReader());
  unreachable.port = '1';
  return {
    type: database,
    config: good,
    secrets: [READER.password, 'wrong-canary'],
    expectedIds: Array.from({ length: 40 }, (_, index) =>
      JSON.stringify([index % 2 === 1 ? 'a' : 'a"b', String(9007199254740991n + BigInt(index))]),
    ),
    badConfigs: [
      {
        why: 'wrong password',
        fault: 'credentials',
        config: { ...good, url: asReader('wrong-canary') },
        outcome: 'FAIL',
        naming: /refused the user or the password/u,
      },
      {
        why: 'nobody listens',
        fault: 'unreachable',
        config: { ...good, url: unreachable.href },
        outcome: 'INDETERMINATE',
        naming: /:1\/.* refused the connection/u,
      },
      {
        why: 'no such host',
        fault: 'unreachable',
        config: { ...good, url: 'postgres://a:wrong-canary@nowhere.invalid/db' },
        outcome: 'INDETERMINATE',
        naming: /nowhere\.invalid/u,
      },
      {
        why: 'no such database',
        config: { ...good, url: asReader().replace(/\/test_\w+/u, '/nowhere') },
        outcome: 'FAIL',
        naming: /does not exist/u,
      },
      {
        why: 'no such table',
        fault: 'nothing',
        config: { ...good, table: 'kb.artikel' },
        outcome: 'FAIL',
        naming: /"kb\.artikel"/u,
      },
      {
        why: 'no right to read',
        config: { url: asReader(), table: 'kb.closed' },
        outcome: 'FAIL',
        naming: /permission denied for table closed/u,
      },
      {
        why: 'a broken query',
        config: { url: asReader(), query: 'SELEC 1', primaryKey: ['id'] },
        outcome: 'FAIL',
        naming: /syntax error/u,
      },
    ],
  };
});

describe.skipIf(DATABASES === '')(
  'Sakila rental, where 16,043 of 16,044 rows share one time',
  () => {
    beforeAll(async () => {
      await loadSakilaTable(admin, 'rental');
      await admin.query('ALTER TABLE rental ADD PRIMARY KEY (rental_id)');
      await admin.query('CREATE INDEX ON rental (last_update, rental_id)');
      await admin.query('ANALYZE rental');
    });

    test('D3 broken off in the middle, every row comes exactly once', async () => {
      const config = { url: url(), table: 'rental', cursor: 'last_update', pageSize: 1000 };
      const startedAt = new Date();
      const env = sourceEnv({ startedAt });
      const before: string[] = [];
      let cursor: unknown;

      for await (const message of database.open(config).read(null, env)) {
        if (message.kind === 'document') before.push(message.document.id);
        if (message.kind === 'checkpoint') cursor = message.cursor;
        if (message.kind === 'checkpoint' && before.length === 8000) break;
      }
      const after = documentsOf(await readAll(config, cursor, { startedAt })).map((one) => one.id);
      env.remove();

      expect(before).toHaveLength(8000);
      expect(before.length + after.length).toBe(16_044);
      expect(new Set([...before, ...after]).size).toBe(16_044);
    });

    test('a page comes from the index, without a sort', async () => {
      await using session = await connect(url(), new AbortController().signal);
      const config = DatabaseConfig.parse({ url: url(), table: 'rental', cursor: 'last_update' });
      const { cursor, key, relation, selected } = await planOf(session, config);
      const { text, values } = pageStatement(session.words, {
        from: relation.from,
        select: selected,
        order: cursor ? [cursor, ...key] : key,
        after: ['2006-02-15 21:30:53', '8000'],
        limit: 1000,
      });

      const { rows } = await admin.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, [...values]);
      const explained = rows.map((row) => row['QUERY PLAN']).join('\n');

      expect(explained).toContain('Index');
      expect(explained).not.toContain('Sort');
    });
  },
);

test('D7, D12 values are exact: microseconds, int8, numerics, JSON; binary columns are left out', async () => {
  await admin.query(`
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE TABLE exact (id uuid PRIMARY KEY, big int8, amount numeric(30,10), at timestamptz, local timestamp, day date,
      doc jsonb, tags text[], ok boolean, mood mood, name char(6), raw bytea, ratio float8, nothing text);
    INSERT INTO exact VALUES ('0c4f5c1e-0000-4000-8000-000000000001', 9223372036854775807, 12345678901234567890.0123456789,
      '2026-03-29 02:30:00.123456+02', '2026-03-29 02:30:00.000001', '2026-03-29',
      '{"b": 1.10, "a": 12345678901234567890}', '{"x, y",z}', true, 'happy', 'ab', '\\xdeadbeef', 0.1, NULL)`);
  const metadataColumns = ['big', 'amount', 'ok', 'tags', 'ratio', 'raw', 'nothing', 'mood'];

  const [document] = documentsOf(
    await readAll({ url: url(), table: 'exact', tags: 'tags', modifiedAt: 'at', metadataColumns }),
  );

  expect(document).toStrictEqual({
    id: '["0c4f5c1e-0000-4000-8000-000000000001"]',
    modifiedAt: '2026-03-29T00:30:00.123456Z',
    tags: ['x, y', 'z'],
    attributes: {
      big: '9223372036854775807',
      amount: '12345678901234567890.0123456789',
      ok: true,
      tags: ['x, y', 'z'],
      ratio: 0.1,
      mood: 'happy',
    },
    body: {
      kind: 'markdown',
      text: [
        '**id:** 0c4f5c1e-0000-4000-8000-000000000001',
        '**big:** 9223372036854775807',
        '**amount:** 12345678901234567890.0123456789',
        '**at:** 2026-03-29T00:30:00.123456Z',
        '**local:** 2026-03-29T02:30:00.000001',
        '**day:** 2026-03-29',
        '**doc:** {"a": 12345678901234567890, "b": 1.10}',
        '**tags:** x, y, z',
        '**ok:** true',
        '**mood:** happy',
        '**name:** ab    ',
        '**ratio:** 0.1',
      ].join('\n\n'),
    },
  });
});

test('a template makes title, text and link', async () => {
  const config = {
    url: url(),
    query: `SELECT 1 AS id, 'Hello' AS title, 'a b/ü' AS slug;`,
    primaryKey: ['id'],
    title: 'title',
    body: '# {{title}}\n\n{{ slug }}',
    link: 'https://kb.example.com/{{slug}}',
  };

  expect(documentsOf(await readAll(config))).toStrictEqual([
    {
      id: '["1"]',
      title: 'Hello',
      url: 'https://kb.example.com/a%20b%2F%C3%BC',
      body: { kind: 'markdown', text: '# Hello\n\na b/ü' },
    },
  ]);
});

test.each(['timestamptz', 'timestamp'])(
  'R3 a %s cursor: microseconds apart, nothing lost',
  async (type) => {
    const table = `moving_${type}`;
    await admin.query(`CREATE TABLE ${table} (id int PRIMARY KEY, at ${type});
    INSERT INTO ${table} SELECT n, '2026-01-01 00:00:00.000001' FROM generate_series(1, 3) n`);
    const run = runs({ url: url(), table, cursor: 'at', pageSize: 1, lag: '1 second' });
    await run();
    await admin.query(
      `INSERT INTO ${table} VALUES (4, '2026-01-01 00:00:00.000002'), (5, '2025-12-31 23:59:59.000001')`,
    );
    await admin.query(`INSERT INTO ${table} VALUES (6, now() + interval '2 days')`);

    const second = await run({ known: new Set(['["1"]', '["2"]', '["3"]']) });
    const third = documentsOf(await run({ known: new Set(idsOf(second)) }));

    expect(documentsOf(second).map((one) => one.id)).toStrictEqual([
      '["5"]',
      '["1"]',
      '["2"]',
      '["3"]',
      '["4"]',
      '["6"]',
    ]);
    expect(second.at(-1)).toMatchObject({
      cursor: { watermark: '2026-01-01 00:00:00.000002' + (type === 'timestamptz' ? '+00' : '') },
    });
    expect(third.map((one) => one.id)).toStrictEqual(['["1"]', '["2"]', '["3"]', '["4"]']);
  },
);

test('a version number as cursor begins again at the last number', async () => {
  await admin.query(`CREATE TABLE versions (id int PRIMARY KEY, version int8);
    INSERT INTO versions VALUES (1, 9007199254740992), (2, 9007199254740993)`);
  const run = runs({ url: url(), table: 'versions', cursor: 'version' });
  await run();
  await admin.query('UPDATE versions SET version = 9007199254740994 WHERE id = 1');

  const second = documentsOf(await run({ known: new Set(['["1"]', '["2"]']) }));

  expect(second.map((one) => one.id)).toStrictEqual(['["2"]', '["1"]']);
});

test('F14 a lost connection is SourceUnavailable, and the next attempt goes on at the checkpoint', async () => {
  const startedAt = new Date();
  const config = { ...ARTICLES, url: url(), pageSize: 10 };
  const env = sourceEnv({ startedAt });
  const before = new Set<string>();
  let cursor: unknown;
  const broken = (async () => {
    for await (const message of database.open(config).read(null, env)) {
      if (message.kind === 'document') before.add(message.document.id);
      if (message.kind !== 'checkpoint') continue;
      cursor = message.cursor;
      await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'wellspring' AND datname = current_database()`);
    }
  })();

  const error = await failureOf(broken);
  const after = idsOf(await readAll(config, cursor, { startedAt }));
  env.remove();

  expect(error).toMatchObject({ type: 'SourceUnavailable', nonRetryable: false });
  expect(before.size).toBe(10);
  expect(new Set([...before, ...after]).size).toBe(40);
});

test('D9 a query that writes is refused by the database', async () => {
  await admin.query(`CREATE TABLE touched (n int);
    CREATE FUNCTION touch() RETURNS int LANGUAGE sql AS 'INSERT INTO touched VALUES (1) RETURNING n'`);
  const writing = { url: url(), query: 'SELECT touch() AS id', primaryKey: ['id'] };
  const injecting = {
    ...writing,
    query: 'SELECT 1 AS id) AS src; SELECT touch(); SELECT * FROM (SELECT 1 AS id',
  };

  const errors = [await failureOf(readAll(writing)), await failureOf(readAll(injecting))];

  expect(errors).toMatchObject([{ type: 'InvalidConfig' }, { type: 'InvalidConfig' }]);
  expect((await admin.query('SELECT * FROM touched')).rows).toStrictEqual([]);
});

test('a cancellation ends a statement that is still running', async () => {
  const env = sourceEnv();
  const config = { url: url(), query: 'SELECT 1 AS id FROM pg_sleep(30)', primaryKey: ['id'] };
  const reading = failureOf(Array.fromAsync(database.open(config).read(null, env)));
  await running('pg_sleep(30)');

  const startedMs = performance.now();
  env.abort();
  const error = await reading;
  env.remove();

  expect(performance.now() - startedMs).toBeLessThan(5000);
  expect(error).toMatchObject({ message: 'The test cancelled the attempt.' });
});

/** Waits until a statement with this text runs. */
async function running(text: string): Promise<void> {
  for (;;) {
    const { rowCount } = await admin.query(
      `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid()`,
      [`%${text}%`],
    );
    if (rowCount !== 0) return;
  }
}

test('discover names keys, candidates for the cursor, and fields', async () => {
  const env = sourceEnv();

  const { streams } = await database
    .open({ url: url(), table: 'articles', schema: 'kb' })
    .discover(env);
  env.remove();

  expect(streams.map((stream) => stream.name)).toStrictEqual(['kb.articles', 'kb.closed']);
  expect(streams[0]).toMatchObject({
    primaryKey: ['tenant', 'id'],
    cursorCandidates: ['updated_at'],
    fields: [
      { name: 'tenant', type: 'text', nullable: false },
      { name: 'id', type: 'bigint' },
      {},
      {},
      {},
    ],
  });
});
