import { afterAll, beforeAll } from 'vitest';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { withDatabase } from './postgres.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** Where the product keeps what it knows. */
export interface Stores {
  /** With the product's tables, all of them empty. */
  readonly db: Database;
  readonly cloud: TestCloud;
}

/**
 * Gives the file that calls it a database and a cloud of its own. Call it before `withWorkers`: workers are stopped first then. Call the
 * result inside tests and hooks.
 */
export function withStores(): () => Stores {
  const url = withDatabase();
  const undo = new AsyncDisposableStack();
  let stores: Stores | undefined;
  beforeAll(async () => {
    const db = openDatabase(url());
    undo.defer(() => db.destroy());
    await migrate(db);
    const cloud = await startTestCloud();
    undo.defer(() => cloud.stop());
    stores = { db, cloud };
  });
  afterAll(() => undo.disposeAsync());
  return () => {
    if (!stores) throw new Error('The stores are there inside tests and hooks only.');
    return stores;
  };
}
