import { sql } from 'kysely';

/** What a note about an execution begins with that had the row of its run before. */
export const EARLIER_EXECUTION = 'Earlier execution';

/** Of the notes of a row of `runs` those about earlier executions, which nothing overwrites. */
export const keptExecutions = sql`coalesce((select jsonb_agg(note) from jsonb_array_elements(coalesce(runs.notes, '[]')) note
  where starts_with(note #>> '{}', ${EARLIER_EXECUTION})), '[]'::jsonb)`;
