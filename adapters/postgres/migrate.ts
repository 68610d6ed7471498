import { readdir } from 'node:fs/promises';
import { Migrator, type Migration, type MigrationProvider } from 'kysely/migration';
import { failure } from '../../workflows/failures.ts';
import type { Database } from './database.ts';

/**
 * Brings the schema to the newest version and returns the names of what it applied, empty when it was current.
 * Safe to call from any number of processes at once: one applies, the others wait.
 * @throws Unavailable - the database did not answer or a migration failed; nothing of that migration remains.
 */
export async function migrate(db: Database): Promise<readonly string[]> {
  const migrator = new Migrator({ db, provider: fileProvider });
  const { error, results } = await migrator.migrateToLatest();
  if (error) {
    const broken = results?.find((result) => result.status === 'Error')?.migrationName;
    const what = broken
      ? `The migration "${broken}" was not applied`
      : 'The database could not be migrated';
    throw failure(
      'Unavailable',
      `${what}: ${messageOf(error)} Mend the database, then run "npm run cli -- migrate".`,
      {
        cause: error,
      },
    );
  }
  return (results ?? []).map((result) => result.migrationName);
}

const FOLDER = new URL('./migrations/', import.meta.url);

const fileProvider: MigrationProvider = {
  async getMigrations() {
    const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.ts')).toSorted();
    const loaded = names.map(async (name) => {
      const migration = (await import(new URL(name, FOLDER).href)) as Migration;
      return [name.replace(/\.ts$/, ''), migration] as const;
    });
    return Object.fromEntries(await Promise.all(loaded));
  },
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
