import { sql } from 'kysely';
import type { Finding } from '../../workflows/repair/detectors/finding.ts';
import type { ExtractionTally, RunSummary } from '../../workflows/repair/run-summary.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

export interface Lineage extends SourceReference {
  /** Of the extraction in force. */
  readonly specDigest: string;
  readonly definitionDigest: string;
  readonly limit: number;
  /** Those alone that had ended by then. Default: all. */
  readonly before?: Date;
}

/**
 * Good runs to compare with, newest first: those under the same configuration, but for fixes of ours that led to its extraction. What a
 * person changed begins anew, and so does what a person declared to be right as it is, or let go by approving its deletion.
 */
export async function readGoodRuns(
  db: Database,
  { tenant, source, specDigest, definitionDigest, limit, before }: Lineage,
): Promise<readonly RunSummary[]> {
  const { rows } = await sql<GoodRow>`
    with recursive lineage(digest) as (
      select ${specDigest}::text union
      select p.from_digest from spec_pointers p join lineage l on p.to_digest = l.digest
      where p.tenant = ${tenant} and p.source = ${source} and p.kind = 'fix' and p.state <> 'rolled-back'
    )
    select t.run, r.status, r.trigger, r.finished_at as "endedAt", t.spec_digest as "specDigest", t.tally
    from run_tallies t join runs r on r.id = t.run join definitions d on d.digest = r.definition_digest
    where t.tenant = ${tenant} and t.source = ${source} and r.status in ('succeeded', 'partial')
      and r.trigger not in ('dead-letters', 'shadow') and t.spec_digest in (select digest from lineage)
      and (d.body->'config') - 'extract' = (select (c.body->'config') - 'extract' from definitions c where c.digest = ${definitionDigest})
      and r.finished_at > coalesce((select at from baseline_resets b where b.tenant = ${tenant} and b.source = ${source}), '-infinity')
      and r.finished_at > coalesce((select max(h.decided_at) from held_sets h where h.tenant = ${tenant} and h.source = ${source}
        and h.kind = 'deletions' and h.state = 'approved'), '-infinity')
      and (${before ?? null}::timestamptz is null or r.finished_at < ${before ?? null})
    order by r.started_at desc limit ${limit}`.execute(db);
  return rows.map(({ endedAt, tally, ...row }) => ({
    ...row,
    ...tally,
    endedAtMs: endedAt.getTime(),
  }));
}

interface GoodRow extends Omit<RunSummary, keyof ExtractionTally | 'endedAtMs'> {
  readonly endedAt: Date;
  readonly tally: ExtractionTally;
}

export interface NotedFindings {
  readonly run: string;
  readonly findings: readonly Finding[];
}

/** Keeps what the detectors said of a run; warnings become notes of it. An attempt that is repeated says it again. */
export async function noteFindings(db: Database, { run, findings }: NotedFindings): Promise<void> {
  const stored = findings.length === 0 ? null : JSON.stringify(findings);
  await sql`update runs set findings = ${stored}::jsonb where id = ${run} and findings is distinct from ${stored}::jsonb`.execute(
    db,
  );
  for (const { severity, because } of findings)
    if (severity === 'warn') await noteOnRun(db, run, because);
}

/** What the detectors said when the read was over; nothing where it did not come to its end. */
export async function readFindings(db: Database, run: string): Promise<readonly Finding[]> {
  const { rows } = await sql<{ findings: readonly Finding[] | null }>`
    select findings from runs where id = ${run}`.execute(db);
  return rows[0]?.findings ?? [];
}

/** Adds a sentence to the notes of a run, once. */
export async function noteOnRun(db: Database, run: string, note: string): Promise<void> {
  const one = JSON.stringify([note]);
  await sql`
    update runs set notes = coalesce(notes, '[]'::jsonb) || ${one}::jsonb
    where id = ${run} and not coalesce(notes, '[]'::jsonb) @> ${one}::jsonb`.execute(db);
}

export interface BaselineReset extends SourceReference {
  readonly by: string;
  /** What a person said: the site is gone, this is no bug. */
  readonly because: string;
}

/**
 * A person says that the source is right as it is: earlier runs are no baseline any more, and the next good run begins a new one. What would
 * be deleted because of it is still asked about, for that is another question.
 */
export async function resetBaseline(
  db: Database,
  { tenant, source, by, because }: BaselineReset,
): Promise<void> {
  await sql`
    insert into baseline_resets (tenant, source, by, because) values (${tenant}, ${source}, ${by}, ${because})
    on conflict (tenant, source) do update set at = clock_timestamp(), by = excluded.by, because = excluded.because`.execute(
    db,
  );
}
