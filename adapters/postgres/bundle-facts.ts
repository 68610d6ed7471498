import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** What a run has said of itself and of its documents. */
export interface RunWords {
  readonly text: string;
  readonly count: number;
}

/** The notes of a run and its dead letters, in the order in which they came; at most five thousand. */
export async function readRunWords(
  db: Database,
  { tenant, source, run }: SourceReference & { readonly run: string },
): Promise<readonly RunWords[]> {
  const { rows } = await sql<RunWords>`
    (select n.note as text, 1 as count from runs r, jsonb_array_elements_text(coalesce(r.notes, '[]'::jsonb)) n(note)
      where r.id = ${run} and r.tenant = ${tenant} and r.source = ${source} limit 500)
    union all
    (select l.failure || ': ' || l.detail as text, 1 as count from dead_letters l
      where l.tenant = ${tenant} and l.source = ${source} and l.run = ${run} order by l.last_seen, l.hash limit 4000)
    union all
    (select words as text, 1 as count from runs r,
      unnest(array[r.listing_note, r.failure || ': ' || coalesce(r.failure_message, ''), r.held->>'reason']) words
      where r.id = ${run} and r.tenant = ${tenant} and r.source = ${source} and words is not null)`.execute(
    db,
  );
  return rows;
}
