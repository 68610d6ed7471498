import licenceList from 'spdx-license-list/full.js';
import { Client } from 'pg';

interface Licence {
  readonly name: string;
  readonly url: string | null;
  readonly osiApproved: boolean;
  readonly licenseText: string;
}

/**
 * Fills the table `licences` with the SPDX list (npm package `spdx-license-list`, CC0). Rows that are equal already keep their `updated_at`, so
 * that a second start changes nothing. Returns the number of licences.
 */
export async function fillLicences(databaseUrl: string): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(TABLE);
    const rows = Object.entries(licenceList as Record<string, Licence>).map(
      ([id, { name, url, osiApproved, licenseText }]) => ({
        spdx_id: id,
        name,
        url,
        osi_approved: osiApproved,
        body: licenseText,
      }),
    );
    await client.query(FILL, [JSON.stringify(rows)]);
    return rows.length;
  } finally {
    await client.end();
  }
}

const TABLE = `create table if not exists licences (
  id bigint generated always as identity primary key,
  spdx_id text not null unique,
  name text not null,
  url text,
  osi_approved boolean not null,
  body text not null,
  updated_at timestamptz not null default clock_timestamp()
)`;

const FILL = `insert into licences as l (spdx_id, name, url, osi_approved, body)
select r.spdx_id, r.name, r.url, r.osi_approved, r.body
from jsonb_to_recordset($1::jsonb) as r(spdx_id text, name text, url text, osi_approved boolean, body text)
order by r.spdx_id
on conflict (spdx_id) do update set name = excluded.name, url = excluded.url, osi_approved = excluded.osi_approved, body = excluded.body,
  updated_at = clock_timestamp()
where (l.name, l.url, l.osi_approved, l.body) is distinct from (excluded.name, excluded.url, excluded.osi_approved, excluded.body)`;
