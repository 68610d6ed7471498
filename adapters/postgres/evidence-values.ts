import { sql } from 'kysely';
import type { Database } from './database.ts';
import { IS_GOOD } from './evidence-state.ts';
import type { SourceReference } from './source-state.ts';

/** Where the values lie that a page gave. */
export interface KeptValues {
  readonly docId: string;
  readonly bucket: string;
  readonly valuesKey: string;
}

/** The newest known-good values of each document as a spec has read them, shown and held-out ones alike; at most fifty. */
export async function goodValues(
  db: Database,
  { tenant, source }: SourceReference,
  specDigest: string,
): Promise<readonly KeptValues[]> {
  const { rows } = await sql<KeptValues>`
    select distinct on (p.doc_hash) p.doc_id as "docId", p.bucket, p.values_key as "valuesKey" from evidence_pages p
    where p.tenant = ${tenant} and p.source = ${source} and p.role = 'good' and p.spec_digest = ${specDigest}
      and p.values_key is not null and ${IS_GOOD}
    order by p.doc_hash, p.confirmed_at desc limit 50`.execute(db);
  return rows;
}

/** What runs have read well, whatever became of them: the newest of each document; at most fifty. */
export async function valuesOfRuns(
  db: Database,
  { tenant, source }: SourceReference,
  runs: readonly string[],
): Promise<readonly KeptValues[]> {
  const { rows } = await sql<KeptValues>`
    select distinct on (p.doc_hash) p.doc_id as "docId", p.bucket, p.values_key as "valuesKey" from evidence_pages p
    where p.tenant = ${tenant} and p.source = ${source} and p.role = 'good' and p.confirmed && ${[...runs]}::text[]
      and p.values_key is not null
    order by p.doc_hash, p.confirmed_at desc, p.at desc limit 50`.execute(db);
  return rows;
}
