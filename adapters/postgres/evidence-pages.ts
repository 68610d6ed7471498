import { sql, type RawBuilder } from 'kysely';
import type { EvidenceSide } from '../../workflows/repair/evidence-choice.ts';
import type { Database } from './database.ts';
import type { EvidenceFacts } from './evidence-commit.ts';
import { IS_GOOD } from './evidence-state.ts';
import type { SourceReference } from './source-state.ts';

/** A version of a page, with where its body and values lie. */
export interface EvidenceRow {
  readonly docId: string;
  readonly run: string;
  readonly bucket: string;
  readonly bodyKey: string;
  readonly valuesKey: string;
  readonly specDigest: string;
  readonly facts: EvidenceFacts;
}

/** Versions that are known to be good, newest first; of each document at most so many. */
export async function readGoodPages(
  db: Database,
  { tenant, source, side }: SourceReference & { readonly side: EvidenceSide },
  versions: number,
): Promise<readonly EvidenceRow[]> {
  const rows = await select(
    db,
    sql`(select p.*, row_number() over (partition by p.doc_hash order by p.confirmed_at desc, p.at desc) as version from evidence_pages p
      where p.tenant = ${tenant} and p.source = ${source} and p.role = 'good' and p.side = ${side} and ${IS_GOOD}) p
      where p.version <= ${versions} order by p.version, p.confirmed_at desc, p.at desc, p.doc_hash`,
  );
  return rows;
}

/** Pages of a run that may be shown: those that failed, then those that its spec could read but that are not known to be good. */
export function readPagesOfRun(
  db: Database,
  { tenant, source, run }: SourceReference & { readonly run: string },
): Promise<readonly EvidenceRow[]> {
  return select(
    db,
    sql`evidence_pages p where p.tenant = ${tenant} and p.source = ${source} and p.side = 'shown'
      and ((p.role = 'failing' and p.run = ${run}) or (p.role = 'good' and ${run} = any(p.confirmed) and not ${IS_GOOD}))
      order by p.role, p.at desc, p.doc_hash limit 25`,
  );
}

/** The newest pages that failed in any run, and may be shown. */
export function readLatestFailing(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<readonly EvidenceRow[]> {
  return select(
    db,
    sql`evidence_pages p where p.tenant = ${tenant} and p.source = ${source} and p.side = 'shown' and p.role = 'failing'
      order by p.at desc, p.doc_hash limit 5`,
  );
}

/** Why evidence of a run could not be kept; undefined when it was, or when the run witnessed nothing. */
export async function readEvidenceProblem(db: Database, run: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('run_tallies')
    .select('problem')
    .where('run', '=', run)
    .executeTakeFirst();
  return row?.problem ?? undefined;
}

async function select(db: Database, from: RawBuilder<unknown>): Promise<readonly EvidenceRow[]> {
  const { rows } = await sql<EvidenceRow>`
    select p.doc_id as "docId", p.run, p.bucket, p.body_key as "bodyKey", p.values_key as "valuesKey", p.spec_digest as "specDigest", p.facts
    from ${from}`.execute(db);
  return rows;
}
