import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../../../adapters/postgres/database.ts';
import type { Arena } from '../arena.ts';
import type { StoredObject } from '../evidence.ts';

/** Everything in which a secret could stand: logs, histories, objects and their keys, all rows of all tables. */
export async function gatherTexts(
  { crew, db, stage }: Arena,
  found: {
    readonly objects: readonly StoredObject[];
    readonly histories: ReadonlyMap<string, string>;
  },
): Promise<ReadonlyMap<string, string>> {
  const logs = [...crew.logFiles, join(stage.folder, 'temporal.log')];
  const texts = new Map<string, string>();
  for (const file of logs)
    texts.set(`the log "${basename(file)}"`, await readFile(file, 'utf8').catch(() => ''));
  for (const [id, text] of found.histories) texts.set(`the history of "${id}"`, text);
  for (const { key, text } of found.objects) texts.set(`the object "${key}"`, `${key}\n${text}`);
  for (const [table, text] of await tables(db)) texts.set(`the table "${table}"`, text);
  return texts;
}

async function tables(db: Database): Promise<readonly (readonly [string, string])[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(
    db,
  );
  return Promise.all(
    rows.map(async ({ name }) => {
      const found = await sql<{ text: string | null }>`
        select string_agg(row_to_json(t)::text, E'\n') as text from ${sql.table(name)} t`.execute(
        db,
      );
      return [name, found.rows[0]?.text ?? ''] as const;
    }),
  );
}
