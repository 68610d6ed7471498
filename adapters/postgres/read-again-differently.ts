import { sql } from 'kysely';
import type { Database } from './database.ts';
import { IS_GOOD } from './evidence-state.ts';
import type { SourceReference } from './source-state.ts';

/** One body, read by one spec, that gave other values than it did before. */
export interface DifferentReading {
  readonly url: string;
  readonly bucket: string;
  /** Where the values lie that a good run has read, and those of this run. */
  readonly before: string;
  readonly after: string;
}

/** Pages of a run whose body is one that a good run has read as well, by the same spec, with another result; at most twenty. */
export async function differentReadings(
  db: Database,
  { tenant, source, run }: SourceReference & { readonly run: string },
): Promise<readonly DifferentReading[]> {
  const { rows } = await sql<DifferentReading>`
    select distinct on (n.doc_hash) n.facts->>'url' as url, n.bucket, p.values_key as before, n.values_key as after
    from evidence_pages n join evidence_pages p on p.tenant = n.tenant and p.source = n.source and p.doc_hash = n.doc_hash
      and p.spec_digest = n.spec_digest and p.page <> n.page and p.role = 'good'
      and p.facts->>'bodySha256' = n.facts->>'bodySha256' and p.facts->>'valuesSha256' <> n.facts->>'valuesSha256'
    where n.tenant = ${tenant} and n.source = ${source} and n.role = 'good' and n.run = ${run} and not ${run} = any(p.confirmed)
      and p.values_key is not null and n.values_key is not null and ${IS_GOOD}
    order by n.doc_hash, p.confirmed_at desc limit 20`.execute(db);
  return rows;
}
