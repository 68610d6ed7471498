import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { database } from '../../../../activities/sources/database.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';
import { documentsOf, failureOf, keeping, readAll } from './reading.ts';

const folder = mkdtempSync(join(tmpdir(), 'wellspring-contract-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** A table of its own in a file of its own. */
function table(columns = 'id INTEGER PRIMARY KEY, name TEXT, price INTEGER, at TEXT') {
  count += 1;
  const path = join(folder, `${count}.db`);
  change(
    `CREATE TABLE goods (${columns}); INSERT INTO goods (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
  );
  function change(statements: string): void {
    const file = new DatabaseSync(path);
    file.exec(statements);
    file.close();
  }
  return { change, config: { url: `sqlite:${path}`, table: 'goods', pageSize: 1 } };
}

describe('D11 what becomes of a table is judged by its contract', () => {
  test('evolve: a new column is noted and read', async () => {
    const { change, config } = table();
    const source = keeping(config);
    await source.run();
    change(
      `ALTER TABLE goods ADD COLUMN colour TEXT; UPDATE goods SET colour = 'red' WHERE id = 2`,
    );

    const { written } = await source.run();

    expect(written).toStrictEqual(['["2"]']);
    expect(source.kept.get('["2"]')?.text).toContain('**colour:** red');
  });

  test('evolve: with a cursor, a new column brings rows that did not change themselves', async () => {
    const { change, config } = table();
    change(`UPDATE goods SET at = '2026-01-01 10:00:00'`);
    const source = keeping({ ...config, cursor: 'at', lag: '1 second' });
    await source.run();
    change(`ALTER TABLE goods ADD COLUMN colour TEXT DEFAULT 'blue'`);

    const { written } = await source.run();

    expect(written).toHaveLength(3);
  });

  test('evolve: the news are logged', async () => {
    const { change, config } = table();
    const last = (await readAll(config)).findLast((one) => one.kind === 'checkpoint');
    change('ALTER TABLE goods ADD COLUMN colour TEXT');

    const env = sourceEnv();
    await Array.fromAsync(database.open(config).read(last?.cursor, env));
    env.remove();

    expect(env.records).toContainEqual(
      expect.objectContaining({ fields: { news: ['column "colour" is new'] } }),
    );
  });

  test('discard: a new column stays out of the text for ever, a new row comes in', async () => {
    const { change, config } = table();
    const source = keeping({ ...config, contract: 'discard' });
    await source.run();
    change(
      `ALTER TABLE goods ADD COLUMN colour TEXT DEFAULT 'blue'; INSERT INTO goods (id, name) VALUES (4, 'd')`,
    );

    const runs = [await source.run(), await source.run()];

    expect(runs.map(({ written }) => written)).toStrictEqual([['["4"]'], []]);
    expect(source.kept.get('["4"]')?.text).toBe('**id:** 4\n\n**name:** d');
  });

  test('discard: also a new column whose name every object has', async () => {
    const { change, config } = table('id INTEGER PRIMARY KEY, name TEXT, "__proto__" TEXT');
    const source = keeping({ ...config, contract: 'discard' });
    await source.run();
    change(`ALTER TABLE goods ADD COLUMN "constructor" TEXT DEFAULT 'blue'`);

    const { written, removed } = await source.run();

    expect([...written, ...removed]).toStrictEqual([]);
  });

  test('discard: a column that is not read may go or change its type', async () => {
    const { change, config } = table();
    const source = keeping({ ...config, body: ['name'], contract: 'discard' });
    await source.run();
    change('ALTER TABLE goods DROP COLUMN price; ALTER TABLE goods DROP COLUMN at');

    const { written, removed } = await source.run();

    expect([...written, ...removed]).toStrictEqual([]);
  });

  test('discard: a very wide table needs a list of columns', async () => {
    const many = Array.from({ length: 80 }, (_, index) => `a_long_name_${index} TEXT`).join(', ');
    const { config } = table(`id INTEGER PRIMARY KEY, name TEXT, ${many}`);

    const error = await failureOf(readAll({ ...config, contract: 'discard' }));
    const listed = documentsOf(await readAll({ ...config, body: ['name'], contract: 'discard' }));

    expect(error).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringContaining('"body"'),
    });
    expect(listed).toHaveLength(3);
  });

  test('a lost key, a lost cursor, a lost column of the text and a lost table are SchemaDrift', async () => {
    const cases = [
      [
        'DROP TABLE goods; CREATE TABLE goods (id INTEGER, name TEXT, price INTEGER, at TEXT)',
        /no primary key/u,
      ],
      ['ALTER TABLE goods DROP COLUMN at', /"at"/u],
      ['ALTER TABLE goods DROP COLUMN price', /"price"/u],
      ['ALTER TABLE goods RENAME TO wares', /no table "goods"/u],
    ] as const;
    for (const [statement, sentence] of cases) {
      const { change, config } = table();
      const source = keeping({ ...config, cursor: 'at', body: ['name', 'price'] });
      await source.run();
      change(statement);

      const error = await failureOf(source.run());

      expect.soft(error, statement).toMatchObject({
        type: 'SchemaDrift',
        message: expect.stringMatching(sentence),
      });
      expect.soft(source.kept.size).toBe(3);
    }
  });

  test('another type between two runs begins from the start, because no cursor means the same any more', async () => {
    const { change, config } = table();
    change(
      `UPDATE goods SET at = '2026-01-01 10:00:00'; INSERT INTO goods VALUES (4, 'd', 1, '2026-02-01 10:00:00')`,
    );
    const source = keeping({ ...config, cursor: 'at', lag: '1 second' });
    await source.run();
    const usual = await source.run();
    change('ALTER TABLE goods DROP COLUMN price; ALTER TABLE goods ADD COLUMN price TEXT');

    const changed = await source.run();

    expect(documentsOf(usual.messages)).toHaveLength(1);
    expect(documentsOf(changed.messages)).toHaveLength(4);
  });

  test('a table that never fitted its definition is InvalidConfig, not drift', async () => {
    const { config } = table();

    expect(await failureOf(readAll({ ...config, cursor: 'changed' }))).toMatchObject({
      type: 'InvalidConfig',
    });
  });
});

describe('F16 a table is altered while it is read', () => {
  test.each([
    [
      'a column that the text needs is dropped',
      'ALTER TABLE goods DROP COLUMN price',
      { body: ['name', 'price'] },
      /"price"/u,
    ],
    ['the table is renamed', 'ALTER TABLE goods RENAME TO wares', {}, /no table "goods"/u],
    [
      'a column gets another type, which no statement trips over',
      'DROP TABLE goods; CREATE TABLE goods (id INTEGER PRIMARY KEY, name BLOB, price INTEGER, at TEXT)',
      {},
      /column "name" was/u,
    ],
  ])('%s: SchemaDrift, and no complete listing', async (_name, statement, extra, sentence) => {
    const { change, config } = table();
    const env = sourceEnv();
    const kinds: string[] = [];
    const reading = (async () => {
      for await (const { kind } of database.open({ ...config, ...extra }).read(null, env)) {
        kinds.push(kind);
        if (kinds.length === 2) change(statement);
      }
    })();

    const error = await failureOf(reading);
    env.remove();

    expect(error).toMatchObject({ type: 'SchemaDrift', message: expect.stringMatching(sentence) });
    expect(kinds).not.toContain('listing');
  });

  test.each([
    ['evolve', 'DROP COLUMN name', /"name"/u],
    ['freeze', 'DROP COLUMN price', /column "price" is gone/u],
    ['freeze', 'ADD COLUMN colour TEXT', /column "colour" is new/u],
    ['discard', 'DROP COLUMN name', /"name"/u],
  ])('%s: a new attempt sees that it lost its ground: %s', async (contract, clause, sentence) => {
    const { change, config } = table();
    const error = await failureOf(
      resumed({ ...config, contract, body: ['name'] }, () => change(`ALTER TABLE goods ${clause}`)),
    );

    expect(error).toMatchObject({ type: 'SchemaDrift', message: expect.stringMatching(sentence) });
  });

  test('freeze: one changed column of a very wide table is SchemaDrift', async () => {
    const many = Array.from({ length: 80 }, (_, index) => `a_long_name_${index} TEXT`).join(', ');
    const { change, config } = table(`id INTEGER PRIMARY KEY, name TEXT, ${many}`);
    const drop = (): void => change('ALTER TABLE goods DROP COLUMN a_long_name_7');

    expect(await failureOf(resumed({ ...config, contract: 'freeze' }, drop))).toMatchObject({
      type: 'SchemaDrift',
    });
  });

  test.each([
    ['evolve', 'ADD COLUMN colour TEXT'],
    ['evolve', 'DROP COLUMN price'],
    ['discard', 'DROP COLUMN price'],
  ])('%s: what does no harm (%s) ends no run', async (contract, clause) => {
    const { change, config } = table();
    const rest = await resumed({ ...config, contract, body: ['name'] }, () =>
      change(`ALTER TABLE goods ${clause}`),
    );

    expect(documentsOf(rest)).toHaveLength(2);
  });
});

/** The second attempt of a run whose first one ended at its first checkpoint. */
async function resumed(config: Readonly<Record<string, unknown>>, between: () => void) {
  const startedAt = new Date();
  const first = await readAll(config, null, { startedAt });
  between();
  const checkpoint = first.find((one) => one.kind === 'checkpoint');
  return readAll(config, checkpoint?.cursor, { startedAt });
}

describe('D8 a column that marks deleted rows', () => {
  test.each([
    ['a time', `name = '2026-01-01'`, { column: 'name' }],
    ['a number', 'price = 1', { column: 'price' }],
    ['true where the database has no booleans', 'price = 1', { column: 'price', value: true }],
    ['a word', `name = 'D'`, { column: 'name', value: 'D' }],
  ])(
    '%s: the document goes, for sure, and comes back with its row',
    async (_name, set, deleted) => {
      const { change, config } = table();
      change(
        `UPDATE goods SET name = ${deleted.column === 'name' && !('value' in deleted) ? `''` : `'x'`}, price = 0`,
      );
      const source = keeping({ ...config, deleted, body: ['id'] });
      const first = await source.run();
      change(`UPDATE goods SET ${set} WHERE id = 2`);
      const second = await source.run();
      change(`UPDATE goods SET name = '', price = 0 WHERE id = 2`);
      const third = await source.run();

      expect(first.written).toHaveLength(3);
      expect(second.removed).toStrictEqual(['["2"]']);
      expect(second.messages).toContainEqual({
        kind: 'gone',
        id: '["2"]',
        why: `Column "${deleted.column}" marks the row as deleted.`,
      });
      expect(third.written).toStrictEqual(['["2"]']);
    },
  );

  test('with a cursor, a marked row is gone in the run that reads its change, and no key scan brings it back', async () => {
    const { change, config } = table();
    change(`UPDATE goods SET at = '2026-01-01 10:00:00', price = NULL`);
    const source = keeping({ ...config, cursor: 'at', deleted: { column: 'price' } });
    await source.run();
    change(`UPDATE goods SET at = '2026-01-01 11:00:00', price = 1 WHERE id = 2`);

    const second = await source.run();
    const third = await source.run();

    expect(second.removed).toStrictEqual(['["2"]']);
    expect(second.messages).not.toContainEqual({ kind: 'seen', id: '["2"]' });
    expect(third.messages.filter((one) => one.kind === 'gone')).toHaveLength(1);
    expect(third.removed).toStrictEqual([]);
  });

  test('a mark without a change of the cursor is noticed by the key scan', async () => {
    const { change, config } = table();
    change(
      `UPDATE goods SET at = '2026-01-01 10:00:00' WHERE id = 1; UPDATE goods SET at = '2026-02-01 10:00:00' WHERE id > 1`,
    );
    const source = keeping({
      ...config,
      cursor: 'at',
      deleted: { column: 'price' },
      lag: '1 second',
    });
    await source.run();
    change('UPDATE goods SET price = 1 WHERE id = 1');

    const { messages, removed } = await source.run();

    expect(removed).toStrictEqual(['["1"]']);
    expect(messages).toContainEqual(expect.objectContaining({ kind: 'gone', id: '["1"]' }));
  });

  test('the mark is no part of an open body', async () => {
    const { change, config } = table();
    change('UPDATE goods SET price = 0');

    const [document] = documentsOf(await readAll({ ...config, deleted: { column: 'price' } }));

    expect(document?.body).toStrictEqual({ kind: 'markdown', text: '**id:** 1\n\n**name:** a' });
  });
});

test('D2 a collation that takes two keys for equal is refused before a row is lost', async () => {
  const { change, config } = table('id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE');
  change(`DELETE FROM goods; INSERT INTO goods (name) VALUES ('a'), ('A'), ('b')`);

  const error = await failureOf(readAll({ ...config, primaryKey: ['name'] }));
  const inOnePage = await failureOf(readAll({ ...config, primaryKey: ['name'], pageSize: 2 }));
  const declared = documentsOf(await readAll({ ...config, primaryKey: ['name', 'id'] }));

  expect(error).toMatchObject({
    type: 'InvalidConfig',
    message: expect.stringMatching(/"name" is not unique.*takes the values of two rows for equal/u),
  });
  expect(inOnePage).toMatchObject({ type: 'InvalidConfig' });
  expect(declared).toHaveLength(3);
});
