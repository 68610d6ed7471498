import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { database } from '../../../../activities/sources/database.ts';
import {
  compareDiscoveries,
  shapeOf,
  type ShapeChanges,
  type SourceShape,
} from '../../../../workflows/collection/compare-discoveries.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';

const folder = mkdtempSync(join(tmpdir(), 'wellspring-shape-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ORDERS = `CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT, updated_at TEXT NOT NULL);
  INSERT INTO orders VALUES (1, 'One', '2026-01-01');`;

function run(path: string, statements: string): void {
  const file = new DatabaseSync(path);
  file.exec(statements);
  file.close();
}

async function look(config: Readonly<Record<string, unknown>>): Promise<SourceShape> {
  const env = sourceEnv({});
  try {
    const shape = await database.open(config).shape?.(env);
    if (!shape) throw new Error('A database tells its shape.');
    return shapeOf(shape);
  } finally {
    env.remove();
  }
}

let files = 0;

/** What became of the table, as a definition sees it. */
async function changes(
  statements: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<ShapeChanges> {
  const path = join(folder, `${(files += 1)}.db`);
  run(path, ORDERS);
  const config = { url: `sqlite:${path}`, table: 'orders', cursor: 'updated_at', ...more };
  const before = await look(config);
  run(path, statements);
  return compareDiscoveries(before, await look(config));
}

test('rows come and go without a change', async () => {
  const none = await changes(`INSERT INTO orders VALUES (2, 'Two', '2026-01-02')`);

  expect(none).toEqual({ noted: [], broken: [] });
});

test.each([
  ['DROP TABLE orders', {}, ['is gone']],
  ['ALTER TABLE orders DROP COLUMN note', {}, ['"note" of', 'is gone']],
  [
    'ALTER TABLE orders RENAME COLUMN updated_at TO changed_at',
    {},
    ['"updated_at" of', 'can no longer be a cursor'],
  ],
  [
    `DROP TABLE orders; CREATE TABLE orders (id TEXT PRIMARY KEY, note TEXT, updated_at TEXT NOT NULL)`,
    {},
    ['"id" of', 'was INTEGER, it is TEXT now'],
  ],
  ['ALTER TABLE orders ADD COLUMN vat REAL', { contract: 'freeze' }, ['"vat" of', 'is new']],
  [
    'ALTER TABLE orders ADD COLUMN vat REAL',
    { contract: 'freeze', body: ['note'] },
    ['"vat" of', 'is new'],
  ],
])('D11 %s breaks it', async (statements, more, words) => {
  const { broken } = await changes(statements, more);

  for (const word of words) expect(broken.join('; ')).toContain(word);
});

test('D11 a new column is noted', async () => {
  const { noted, broken } = await changes('ALTER TABLE orders ADD COLUMN vat REAL');

  expect(broken).toEqual([]);
  expect(noted.join('; ')).toContain('"vat" of');
});

test('D11 columns that the definition does not read may come and go', async () => {
  const body = { body: '{{note}}' };
  const table = `CREATE TABLE more (id INTEGER PRIMARY KEY, note TEXT, updated_at TEXT, old TEXT)`;

  expect(await changes('ALTER TABLE orders ADD COLUMN vat REAL', body)).toEqual({
    noted: [],
    broken: [],
  });
  expect(await changes(table, body)).toEqual({ noted: [], broken: [] });
});

test('a query that is wrong is said to be, and is no shape', async () => {
  const path = join(folder, 'query.db');
  run(path, ORDERS);

  const config = { url: `sqlite:${path}`, query: 'SELECT nothing FROM orders', primaryKey: ['id'] };
  await expect(look(config)).rejects.toMatchObject({ type: 'InvalidConfig' });
});
