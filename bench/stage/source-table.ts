import type { Client } from 'pg';

/** The table that every collecting bench reads: about 1.5 KB of text a row, never the same twice. */
export async function fillSourceTable(client: Client, rows: number): Promise<void> {
  await client.query(`create table articles (
    id bigint primary key, section text not null, title text not null, summary text not null, content text not null,
    updated_at timestamptz not null)`);
  await client.query(
    `insert into articles
     select i, 'section-' || i % 20, 'Résumé of article ' || i, 'What article ' || i || ' says, in short: ' || md5(i::text) || '.',
       (select string_agg(md5(i || '/' || k), case k % 6 when 0 then E'\n\n' else ' ' end) from generate_series(1, 40) k),
       timestamptz '2026-01-01 00:00:00+00' + i * interval '1 second'
     from generate_series(1, $1::bigint) i`,
    [rows],
  );
  await client.query('create table nothing (like articles including all)');
  await client.query('vacuum analyze articles');
}

/** The first rows of the table under a name of their own, for a source that reads no more. */
export async function limitedView(client: Client, name: string, rows: number): Promise<void> {
  await client.query(
    `create view ${client.escapeIdentifier(name)} as select * from articles where id <= ${Math.floor(rows)}`,
  );
}
