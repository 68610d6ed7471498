import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Client } from 'pg';
import { DATABASES } from './materials.ts';

/** All of Sakila as it is, with its triggers, rules and views. */
export async function loadSakila(client: Client): Promise<void> {
  const schema = readFileSync(join(DATABASES, 'sakila', 'postgres-sakila-schema.sql'), 'utf8');
  // Owners and rights are those of a server that has a role of this name.
  await client.query(schema.replaceAll(/^(ALTER [^;]* OWNER TO|REVOKE|GRANT) [^;]*;/gmu, ''));
  // References and triggers are off while rows are copied, as in a restore.
  await client.query(`SET session_replication_role = 'replica'; SET search_path = public`);
  for (const [, table = '', columns = '', lines = ''] of copyOfSakila().matchAll(COPY))
    await insert(client, table, { columns, lines });
  await client.query(`RESET session_replication_role`);
}

/** All of Chinook: 11 tables without any column of changes. */
export async function loadChinook(client: Client): Promise<void> {
  const text = readFileSync(join(DATABASES, 'chinook', 'Chinook_PostgreSql.sql'), 'utf8');
  await client.query(text.replaceAll(/^(DROP DATABASE|CREATE DATABASE|\\c) .*$/gmu, ''));
}

const COPY = /COPY public\.(\w+) \(([^)]*)\) FROM stdin;\n([\s\S]*?)\n?\\\./gu;

function copyOfSakila(): string {
  const path = join(DATABASES, 'sakila', 'postgres-sakila-insert-data-using-copy.sql.gz');
  return gunzipSync(readFileSync(path)).toString('utf8');
}

async function insert(
  client: Client,
  table: string,
  { columns, lines }: { readonly columns: string; readonly lines: string },
): Promise<void> {
  const names = columns.split(', ');
  const rows = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => objectOf(names, line.split('\t')));
  await client.query(
    `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`,
    [JSON.stringify(rows)],
  );
}

/** The definition of one table of Sakila without its references, and its rows, in the order of the dump. */
export async function loadSakilaTable(client: Client, table: string): Promise<void> {
  const folder = join(DATABASES, 'sakila');
  const schema = readFileSync(join(folder, 'postgres-sakila-schema.sql'), 'utf8');
  const [definition] =
    new RegExp(`CREATE TABLE ${table} \\([\\s\\S]*?\\n\\);`, 'u').exec(schema) ?? [];
  if (definition === undefined) throw new Error(`Sakila has no table "${table}".`);
  // The numbers come with the rows, so the sequence behind the default is not needed.
  await client.query(definition.replace(/DEFAULT nextval\([^)]*\)/u, ''));
  const [, , columns = '', lines = ''] =
    [...copyOfSakila().matchAll(COPY)].find(([, name]) => name === table) ?? [];
  await insert(client, table, { columns, lines });
}

/** No table that the tests load holds a tab, a line break or a backslash, so `\N` is the only escape. */
function objectOf(names: readonly string[], values: readonly string[]): object {
  return Object.fromEntries(
    names.map((name, index) => [name, values[index] === '\\N' ? null : values[index]]),
  );
}
