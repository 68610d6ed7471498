import { sql } from 'kysely';
import type { Database } from './database.ts';
import { IS_GOOD } from './evidence-state.ts';
import type { SourceReference } from './source-state.ts';

/** One body, read by one spec, that gave other values than it did before. */
export interface DifferentReading {
  readonly url: string;
  readonly bucket: string;
  /** Where the values lie that the last good run has read, and those of this run. */
  readonly before: string;
  readonly after: string;
}

/** All that a reading is made of, beside the spec: links are resolved against the address, bytes decoded by the type, and a cut body is not all of it. */
const SAME_BODY = sql.raw(
  ['bodySha256', 'finalUrl', 'contentType', 'rendered', 'cut']
    .map((fact) => `p.facts->'${fact}' is not distinct from n.facts->'${fact}'`)
    .join(' and '),
);

/**
 * Pages of a run whose body the last good run with it has read, too, by the same spec, with another result; at most twenty. A run that is held for it is
 * no good one, so the next is held as well, until somebody changes the spec, or says that the source is right as it is: what was read before
 * is no measure then.
 */
export async function differentReadings(
  db: Database,
  { tenant, source, run }: SourceReference & { readonly run: string },
): Promise<readonly DifferentReading[]> {
  const { rows } = await sql<DifferentReading>`
    with good as (
      select p.*, coalesce((select max(r.finished_at) from runs r where r.id = any(p.confirmed) and r.status in ('succeeded', 'partial')), p.at) as good_at
      from evidence_pages p
      where p.tenant = ${tenant} and p.source = ${source} and p.role = 'good' and p.values_key is not null and ${IS_GOOD}
    ), compared as (
      select distinct on (n.page) n.doc_hash, n.facts->>'url' as url, n.bucket, p.values_key as before, n.values_key as after,
        p.facts->>'valuesSha256' <> n.facts->>'valuesSha256' as differs
      from evidence_pages n join good p on p.doc_hash = n.doc_hash and p.spec_digest = n.spec_digest and ${SAME_BODY}
        and (p.page = n.page or not ${run} = any(p.confirmed))
        and p.good_at > coalesce((select at from baseline_resets b where b.tenant = ${tenant} and b.source = ${source}), '-infinity')
      where n.tenant = ${tenant} and n.source = ${source} and n.role = 'good' and ${run} = any(n.confirmed) and n.values_key is not null
      order by n.page, p.good_at desc, (p.page = n.page) desc
    )
    select url, bucket, before, after from compared where differs order by doc_hash limit 20`.execute(
    db,
  );
  return rows;
}
