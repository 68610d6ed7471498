import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { sharedServer } from './servers.ts';

/** An empty database of its own for one test or one file. */
export interface FreshDatabase {
  readonly url: string;
  /** Removes it, with every connection that is still open. */
  drop(): Promise<void>;
}

/** Makes an empty database on the PostgreSQL that the whole run shares (about 50 ms once that is up). */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = await sharedServer('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await run(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(server, `drop database if exists ${name} with (force)`) };
}

/**
 * Gives the `describe` or file that calls it an empty database, made before its first test and dropped after its last.
 * Call the result inside tests and hooks for the URL.
 */
export function withDatabase(): () => string {
  let database: FreshDatabase | undefined;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(async () => {
    await database?.drop();
  });
  return () => {
    if (database === undefined)
      throw new Error('The database is there inside tests and hooks only.');
    return database.url;
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url, ssl: false });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
