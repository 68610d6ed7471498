import { sql } from 'kysely';
import type { RunSummary, ExtractionTally } from '../../workflows/repair/run-summary.ts';
import type { Database } from './database.ts';

/** The counts of one run; undefined where it read no page of a web source. */
export async function readRunSummary(db: Database, run: string): Promise<RunSummary | undefined> {
  const { rows } = await sql<SummaryRow>`${SUMMARIES} where t.run = ${run}`.execute(db);
  return rows[0] && toSummary(rows[0]);
}

interface SummaryRow extends Omit<RunSummary, keyof ExtractionTally | 'endedAtMs'> {
  readonly endedAt: Date;
  readonly tally: ExtractionTally;
}

const SUMMARIES = sql`
  select t.run, r.status, r.trigger, coalesce(r.finished_at, now()) as "endedAt", t.spec_digest as "specDigest", t.tally
  from run_tallies t join runs r on r.id = t.run`;

function toSummary({ endedAt, tally, ...row }: SummaryRow): RunSummary {
  return { ...row, ...tally, endedAtMs: endedAt.getTime() };
}
