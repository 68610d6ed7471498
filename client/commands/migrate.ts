import { migrate as migrateDatabase } from '../../adapters/postgres/migrate.ts';
import { plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** Brings the database to the newest schema. */
export async function migrate(context: Context<unknown>): Promise<Answer> {
  const applied = await migrateDatabase(await (await context.system()).database());
  return {
    data: { applied },
    text:
      applied.length === 0
        ? '✓ The database is up to date.'
        : `✓ Applied ${plural(applied.length, 'migration')}: ${applied.join(', ')}.`,
  };
}
