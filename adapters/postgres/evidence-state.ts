import { sql } from 'kysely';
import type { EvidenceSide, KeptPage } from '../../workflows/repair/evidence-choice.ts';
import type { ExtractionTally } from '../../workflows/repair/run-summary.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** What is kept of a source, as the attempt that adds to it has to know it. */
export interface EvidenceState {
  /** What the run has counted so far, and in which crawl. */
  readonly tally?: { readonly crawl: string; readonly tally: ExtractionTally };
  readonly pages: readonly KeptEvidence[];
  readonly objects: readonly KeptObject[];
  /** Where they differ from what the hashes say. */
  readonly sides: Readonly<Record<string, EvidenceSide>>;
}

export interface KeptEvidence extends KeptPage {
  readonly bucket: string;
  readonly bodyKey: string | null;
  readonly valuesKey: string | null;
  /** Of failing pages: those with the same text fail alike. */
  readonly group: string | null;
}

export interface KeptObject {
  readonly bucket: string;
  readonly key: string;
  /** It may be gone already. */
  readonly removing: boolean;
}

/**
 * What a fix of ours has read is no measure while nobody knows whether the fix is right: not before its incident has ended well, or people have
 * written the fix into their files; and never, where it was rolled back, what was read until then.
 */
const IS_UNPROVEN = sql`exists (
  select 1 from spec_pointers f left join incidents i on i.id = f.incident
  where f.tenant = p.tenant and f.source = p.source and f.kind = 'fix' and f.to_digest = p.spec_digest and case f.state
    when 'landed' then false
    when 'rolled-back' then coalesce((select r.started_at from runs r where r.id = p.run), p.at)
      <= (select max(m.at) from spec_moves m where m.pointer = f.id and m.move = 'rolled-back')
    else coalesce(i.outcome not in ('auto-deployed-ok', 'pr-merged-unchanged', 'pr-merged-edited'), true) end)`;

/** A version is known good once a run that found it so has ended well. */
export const IS_GOOD = sql`((p.known_good or exists (select 1 from runs r where r.id = any(p.confirmed) and r.status in ('succeeded', 'partial')))
  and not ${IS_UNPROVEN})`;

/** Everything that is kept of a source, in one statement; a few hundred short rows at most. */
export async function readEvidenceState(
  db: Database,
  { tenant, source, run }: SourceReference & { readonly run: string },
): Promise<EvidenceState> {
  const { rows } = await sql<
    Omit<EvidenceState, 'tally'> & { tally: EvidenceState['tally'] | null }
  >`
    select
      (select jsonb_build_object('crawl', t.crawl, 'tally', t.tally) from run_tallies t where t.run = ${run}) as tally,
      (select coalesce(jsonb_agg(k), '[]'::jsonb) from (
        select p.page, p.role, p.doc_hash as "docHash", p.shape, p.side, p.run, p.bucket, p.body_key as "bodyKey", p.values_key as "valuesKey",
          coalesce(p.facts->>'bodySha256', '') as "bodySha256", coalesce(p.facts->>'valuesSha256', '') as "valuesSha256",
          (extract(epoch from p.at) * 1000)::bigint as "atMs", (extract(epoch from p.confirmed_at) * 1000)::bigint as "confirmedAtMs",
          p.facts->>'group' as "group",
          case when ${IS_GOOD} then 'good' when ${run} = any(p.confirmed) then 'pending' else 'bad' end as standing,
          exists (select 1 from documents d where d.tenant = p.tenant and d.source = p.source and d.hash = p.doc_hash
            and d.state = 'deleted') as gone
        from evidence_pages p where p.tenant = ${tenant} and p.source = ${source}) as k) as pages,
      (select coalesce(jsonb_agg(jsonb_build_object('bucket', o.bucket, 'key', o.key, 'removing', o.removing)), '[]'::jsonb)
        from evidence_objects o where o.tenant = ${tenant} and o.source = ${source}) as objects,
      (select coalesce(jsonb_object_agg(s.doc_hash, s.side), '{}'::jsonb)
        from evidence_sides s where s.tenant = ${tenant} and s.source = ${source}) as sides`.execute(
    db,
  );
  const [row] = rows;
  if (row === undefined) return { pages: [], objects: [], sides: {} };
  const { tally, ...state } = row;
  return { ...state, ...(tally ? { tally } : {}) };
}

/** After the objects are gone: their rows. What was stored anew meanwhile keeps its row. */
export async function forgetEvidenceObjects(
  db: Database,
  { tenant, source }: SourceReference,
  objects: readonly Pick<KeptObject, 'bucket' | 'key'>[],
): Promise<void> {
  await sql`
    delete from evidence_objects o using jsonb_to_recordset(${JSON.stringify(objects)}::jsonb) as r(bucket text, key text)
    where o.tenant = ${tenant} and o.source = ${source} and o.bucket = r.bucket and o.key = r.key and o.removing`.execute(
    db,
  );
}

/** Forgets everything that is kept of a source, but for its sides: a document that comes back is where it was. */
export async function forgetEvidence(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<void> {
  await sql`
    with pages as (delete from evidence_pages where tenant = ${tenant} and source = ${source}),
      tallies as (delete from run_tallies where tenant = ${tenant} and source = ${source})
    delete from evidence_objects where tenant = ${tenant} and source = ${source}`.execute(db);
}

/** Where objects of a source lie, by their rows. */
export async function readEvidencePlaces(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<readonly Pick<KeptObject, 'bucket' | 'key'>[]> {
  return db
    .selectFrom('evidence_objects')
    .select(['bucket', 'key'])
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .orderBy('key')
    .execute();
}
