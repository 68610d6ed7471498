import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { reportFailure } from '../../adapters/postgres/report-failure.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { findIncident, requiredIncident } from '../../client/find-incident.ts';
import { withDatabase } from '../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());
beforeEach(async () => void (await db.deleteFrom('incidents').execute()));

async function open(source: string, tenant = 'default'): Promise<string> {
  const { incident } = await db.transaction().execute((tx) =>
    reportFailure(tx, {
      v: 1,
      tenant,
      source,
      name: 'SelectorMissing',
      fingerprint: 'f00d4bad'.repeat(8),
      specDigest: 'spec',
      definitionDigest: 'definition',
      detector: 'person',
      fields: ['title'],
      because: 'Field "title" is empty.',
      atMs: Date.now(),
      heals: true,
    }),
  );
  return incident;
}

test('a source without an incident is not taken for another one whose name begins like it', async () => {
  const other = await open('shop-2');

  expect(await findIncident(db, 'shop')).toBeUndefined();
  await expect(requiredIncident(db, 'shop')).rejects.toThrow(
    `"shop" begins the id of an incident.`,
  );
  expect((await findIncident(db, 'shop-2-f00d'))?.id).toBe(other);
});

test('the beginning of an id names its tenant, too', async () => {
  const other = await open('shop', 'acme');

  expect((await findIncident(db, 'acme.shop-f0'))?.id).toBe(other);
  expect(await findIncident(db, 'acme.sh')).toBeUndefined();
});
