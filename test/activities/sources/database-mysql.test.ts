import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { database } from '../../../activities/sources/database.ts';
import { startMariaDb, type RunningMariaDb } from '../../../local/mariadb.ts';
import { choosePort } from '../../../local/ports.ts';
import { findMariaDb } from '../../../local/tools/mariadb.ts';
import { describeSource } from '../../contracts/source.ts';
import { sourceEnv } from '../../fakes/source-env.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';
import { toolForTest } from '../../set-up/tools.ts';
import { documentsOf, failureOf, idsOf, keeping, readAll, runs } from './database/reading.ts';

const programs = await toolForTest(findMariaDb);

describe.skipIf(programs === undefined)('MariaDB', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: RunningMariaDb;
  let admin: Connection;
  beforeAll(async () => {
    if (programs === undefined) throw new Error('skipped without MariaDB');
    folder = await temporaryFolder();
    const { port } = await choosePort(0);
    server = await startMariaDb({ programs, home: folder.path, port });
    admin = await createConnection({
      uri: server.url,
      multipleStatements: true,
      charset: 'utf8mb4',
    });
    await admin.query(TABLES);
  });
  afterAll(async () => {
    await admin.end();
    await server.stop();
    await folder[Symbol.asyncDispose]();
  });

  /** The same server for somebody who may read one table. */
  function asReader(password = 'canary-7f3e'): string {
    const reader = new URL(server.url);
    reader.username = 'reader';
    reader.password = password;
    return reader.href;
  }

  const ARTICLES = {
    table: 'articles',
    cursor: 'updated_at',
    title: 'title',
    body: ['title', 'note'],
  };

  describeSource('a MariaDB table with ties, NULL cursors and a composite key', async () => {
    const good = { ...ARTICLES, url: asReader(), pageSize: 4 };
    const unreachable = new URL(asReader());
    unreachable.port = '1';
    return {
      type: database,
      config: good,
      secrets: ['canary-7f3e', 'wrong-canary'],
      expectedIds: Array.from({ length: 40 }, (_, index) =>
        JSON.stringify([
          index % 2 === 1 ? 'ä' : `a"'b\\`,
          String(9007199254740991n + BigInt(index)),
        ]),
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
          naming: /:1\/test.* refused the connection/u,
        },
        {
          why: 'no such table',
          fault: 'nothing',
          config: { ...good, url: server.url, table: 'artikel' },
          outcome: 'FAIL',
          naming: /"artikel"/u,
        },
        {
          why: 'no right to read',
          config: { url: asReader(), query: 'SELECT * FROM closed', primaryKey: ['id'] },
          outcome: 'FAIL',
          naming: /denied access/u,
        },
        {
          why: 'an enumeration as key',
          config: { url: server.url, table: 'exact', primaryKey: ['mood'] },
          outcome: 'FAIL',
          naming: /"mood" has the type "enum"/u,
        },
      ],
    };
  });

  test('D7, D12 values are exact: microseconds, unsigned int8, numerics, JSON; binary columns are left out', async () => {
    const [document] = documentsOf(
      await readAll({
        url: server.url,
        table: 'exact',
        modifiedAt: 'at',
        metadataColumns: ['big', 'amount'],
      }),
    );

    expect(document).toStrictEqual({
      id: '["00ff","18446744073709551615"]',
      modifiedAt: '2026-03-29T00:30:00.123456Z',
      attributes: { big: '18446744073709551615', amount: '12345678901234567890.0123456789' },
      body: {
        kind: 'markdown',
        text: [
          '**big:** 18446744073709551615',
          '**amount:** 12345678901234567890.0123456789',
          '**at:** 2026-03-29T00:30:00.123456',
          '**day:** 2026-03-29',
          '**doc:** {"b": 1.10, "a": 12345678901234567890}',
          '**mood:** happy',
          '**bits:** 5',
        ].join('\n\n'),
      },
    });
  });

  test('binary and unsigned keys are paged exactly', async () => {
    await admin.query(`CREATE TABLE hashes (h BINARY(2), n BIGINT UNSIGNED, PRIMARY KEY (h, n));
      INSERT INTO hashes VALUES (x'00ff', 18446744073709551614), (x'00ff', 18446744073709551615), (x'ff00', 1), (x'5c27', 1)`);

    const ids = idsOf(await readAll({ url: server.url, table: 'hashes', pageSize: 1 }));

    expect([...ids]).toStrictEqual([
      '["00ff","18446744073709551614"]',
      '["00ff","18446744073709551615"]',
      '["5c27","1"]',
      '["ff00","1"]',
    ]);
  });

  test.each(['datetime(6)', 'timestamp(6)'])(
    'R3 a %s cursor: microseconds apart, nothing lost',
    async (type) => {
      const table = `moving_${type.slice(0, 4)}`;
      await admin.query(`SET time_zone = '+00:00'; CREATE TABLE ${table} (id INT PRIMARY KEY, at ${type} NULL, KEY (at, id));
      INSERT INTO ${table} VALUES (1, '2026-01-01 00:00:00.000001'), (2, '2026-01-01 00:00:00.000001')`);
      const run = runs({ url: server.url, table, cursor: 'at', pageSize: 1, lag: '1 second' });
      await run();
      await admin.query(`INSERT INTO ${table} VALUES (3, '2026-01-01 00:00:00.000002'), (4, '2025-12-31 23:59:59.000001'),
      (5, UTC_TIMESTAMP(6) + INTERVAL 2 DAY)`);

      const second = await run({ known: new Set(['["1"]', '["2"]']) });

      expect(documentsOf(second).map((one) => one.id)).toStrictEqual([
        '["4"]',
        '["1"]',
        '["2"]',
        '["3"]',
        '["5"]',
      ]);
      expect(second.at(-1)).toMatchObject({ cursor: { watermark: '2026-01-01 00:00:00.000002' } });
    },
  );

  test('D3 many rows of one time come exactly once, from the index', async () => {
    await admin.query(`CREATE TABLE ties (id INT PRIMARY KEY, at DATETIME NOT NULL, KEY (at, id));
      INSERT INTO ties SELECT seq, IF(seq = 4711, '0000-00-00', '2006-02-15 21:30:53') FROM seq_1_to_5000`);

    const documents = documentsOf(
      await readAll({ url: server.url, table: 'ties', cursor: 'at', pageSize: 300 }),
    );

    expect(documents).toHaveLength(5000);
    expect(new Set(documents.map((one) => one.id)).size).toBe(5000);
  });

  test('a server without backslash escapes cannot be talked into another statement by a key', async () => {
    await admin.query(`SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES';
      CREATE TABLE hostile (k VARCHAR(50) PRIMARY KEY);`);
    const keys = [`\\' OR 1=1 -- `, `'; DROP TABLE hostile; -- `, `z"`];
    for (const key of keys) await admin.execute('INSERT INTO hostile VALUES (?)', [key]);

    const ids = idsOf(await readAll({ url: server.url, table: 'hostile', pageSize: 1 }));
    await admin.query('SET GLOBAL sql_mode = DEFAULT');

    expect(ids).toStrictEqual(new Set(keys.map((key) => JSON.stringify([key]))));
  });

  test('D9 a query that writes is refused by the database', async () => {
    await admin.query(`CREATE TABLE touched (n INT);
      CREATE FUNCTION touch() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO touched VALUES (1); RETURN 1; END`);

    const error = await failureOf(
      readAll({ url: server.url, query: 'SELECT touch() AS id', primaryKey: ['id'] }),
    );

    expect(error).toMatchObject({ type: 'InvalidConfig' });
    expect((await admin.query('SELECT * FROM touched'))[0]).toStrictEqual([]);
  });

  test('F14 a lost connection is SourceUnavailable', async () => {
    const env = sourceEnv();
    const broken = (async () => {
      for await (const message of database
        .open({ ...ARTICLES, url: asReader(), pageSize: 10 })
        .read(null, env)) {
        if (message.kind === 'checkpoint') await admin.query('KILL USER reader');
      }
    })();

    const error = await failureOf(broken);
    env.remove();

    expect(error).toMatchObject({ type: 'SourceUnavailable', nonRetryable: false });
  });

  test('R3, F15 what is committed late, with an older time, is read by the next run', async () => {
    await admin.query(`CREATE TABLE late (id INT PRIMARY KEY, body TEXT, at DATETIME(6), KEY (at, id));
      INSERT INTO late SELECT seq, 'old', UTC_TIMESTAMP(6) - INTERVAL 1 DAY FROM seq_1_to_20`);
    const config = { url: server.url, table: 'late', cursor: 'at', body: 'body' };
    const source = keeping({ ...config, lag: '1 second', pageSize: 3 });
    await source.run();
    const slow = await createConnection({ uri: server.url });
    await slow.query('START TRANSACTION');
    await slow.query(
      `UPDATE late SET body = 'late', at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR WHERE id = 3`,
    );
    await admin.query(`UPDATE late SET body = 'in time', at = UTC_TIMESTAMP(6) WHERE id = 5`);
    const meanwhile = await source.run();
    await slow.query('COMMIT');
    await slow.end();

    const after = await source.run();

    expect([meanwhile.written, after.written]).toStrictEqual([['["5"]'], ['["3"]']]);
  });

  test('D2 keys of a collation without case and accents come once each, and are refused where nothing promises that they differ', async () => {
    await admin.query(`CREATE TABLE words (word VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY);
      INSERT INTO words VALUES ('b'), ('A'), ('ü '), ('Z'), ('_'), ('10'), ('9'), ('é');
      CREATE TABLE loose (word VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci);
      INSERT INTO loose VALUES ('a'), ('Ä'), ('b')`);
    const { url } = server;

    const ids = documentsOf(await readAll({ url, table: 'words', pageSize: 1 })).map(
      ({ id }) => id,
    );
    const error = await failureOf(
      readAll({ url, table: 'loose', primaryKey: ['word'], pageSize: 1 }),
    );

    const [rows] = await admin.query('SELECT word FROM words');
    expect(new Set(ids)).toStrictEqual(
      new Set((rows as { word: string }[]).map(({ word }) => JSON.stringify([word]))),
    );
    expect(error).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringMatching(/"word" is not unique/u),
    });
  });

  test('F16 a table that is altered while it is read is SchemaDrift', async () => {
    await admin.query(
      `CREATE TABLE altered (id INT PRIMARY KEY, body TEXT); INSERT INTO altered SELECT seq, 'x' FROM seq_1_to_20`,
    );
    const env = sourceEnv();
    const statements = ['ALTER TABLE altered MODIFY id VARCHAR(20)'];
    const reading = (async () => {
      for await (const { kind } of database
        .open({ url: server.url, table: 'altered', pageSize: 5 })
        .read(null, env)) {
        const statement = kind === 'checkpoint' ? statements.pop() : undefined;
        if (statement !== undefined) await admin.query(statement);
      }
    })();

    const error = await failureOf(reading);
    env.remove();

    expect(error).toMatchObject({
      type: 'SchemaDrift',
      message: expect.stringMatching(/column "id" was "int" and is "text"/u),
    });
  });

  test('a cancellation ends a statement that is still running', async () => {
    const env = sourceEnv();
    const query = 'SELECT 1 AS id FROM (SELECT SLEEP(30)) AS slow';
    const reading = failureOf(
      Array.fromAsync(
        database.open({ url: server.url, query, primaryKey: ['id'] }).read(null, env),
      ),
    );
    await running('SLEEP(30)');

    const startedMs = performance.now();
    env.abort();
    const error = await reading;
    env.remove();

    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(error).toMatchObject({ message: 'The test cancelled the attempt.' });
  });

  async function running(text: string): Promise<void> {
    for (;;) {
      const [rows] = await admin.execute(
        'SELECT id FROM information_schema.processlist WHERE INFO LIKE ? AND id <> CONNECTION_ID()',
        [`%${text}%`],
      );
      if (Array.isArray(rows) && rows.length > 0) return;
    }
  }
});

const TABLES = `
  CREATE TABLE articles (tenant VARCHAR(20) CHARACTER SET utf8mb4, id BIGINT, title TEXT, note TEXT,
    updated_at DATETIME(6) NULL, PRIMARY KEY (tenant, id), KEY (updated_at, tenant, id));
  INSERT INTO articles SELECT IF(seq % 2 = 0, 'ä', 'a"''b\\\\'), 9007199254740990 + seq, CONCAT('Title ', seq), NULL,
    IF(seq % 7 = 0, NULL, '2026-02-01 10:00:00.000001' + INTERVAL (seq DIV 5) MICROSECOND) FROM seq_1_to_40;
  CREATE TABLE closed (id INT PRIMARY KEY);
  CREATE TABLE exact (hash BINARY(2), big BIGINT UNSIGNED, amount DECIMAL(30,10), at DATETIME(6), day DATE,
    doc JSON, mood ENUM('sad', 'happy'), bits BIT(3), raw BLOB, PRIMARY KEY (hash, big));
  INSERT INTO exact VALUES (x'00ff', 18446744073709551615, 12345678901234567890.0123456789, '2026-03-29 00:30:00.123456',
    '2026-03-29', '{"b": 1.10, "a": 12345678901234567890}', 'happy', b'101', x'dead');
  CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'canary-7f3e';
  GRANT SELECT ON test.articles TO 'reader'@'127.0.0.1';`;
