import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Client } from 'pg';
import { DATABASES } from './materials.ts';

/** The definition of one table of Sakila without its references, and its rows, in the order of the dump. */
export async function loadSakilaTable(client: Client, table: string): Promise<void> {
  const folder = join(DATABASES, 'sakila');
  const schema = readFileSync(join(folder, 'postgres-sakila-schema.sql'), 'utf8');
  const [definition] =
    new RegExp(`CREATE TABLE ${table} \\([\\s\\S]*?\\n\\);`, 'u').exec(schema) ?? [];
  if (definition === undefined) throw new Error(`Sakila has no table "${table}".`);
  // The numbers come with the rows, so the sequence behind the default is not needed.
  await client.query(definition.replace(/DEFAULT nextval\([^)]*\)/u, ''));
  const copy = gunzipSync(
    readFileSync(join(folder, 'postgres-sakila-insert-data-using-copy.sql.gz')),
  );
  const block = new RegExp(
    `COPY public\\.${table} \\(([^)]*)\\) FROM stdin;\\n([\\s\\S]*?)\\n\\\\\\.`,
    'u',
  );
  const [, columns = '', lines = ''] = block.exec(copy.toString('utf8')) ?? [];
  const names = columns.split(', ');
  const rows = lines.split('\n').map((line) => objectOf(names, line.split('\t')));
  await client.query(
    `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`,
    [JSON.stringify(rows)],
  );
}

/** No table that the tests load holds a tab, a line break or a backslash, so `\N` is the only escape. */
function objectOf(names: readonly string[], values: readonly string[]): object {
  return Object.fromEntries(
    names.map((name, index) => [name, values[index] === '\\N' ? null : values[index]]),
  );
}
