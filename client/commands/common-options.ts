/** `--limit` of a list. */
export const LIMIT = {
  type: 'whole',
  value: 'N',
  default: 20,
  min: 1,
  max: 10_000,
  summary: 'how many at most',
} as const;
/** A source that must be named. */
export const SOURCE = { name: 'source', required: true } as const;
/** A source, or all. */
export const ANY_SOURCE = { name: 'source', required: false } as const;
/** What a person may add to an answer. */
export const DECISION = {
  reason: { type: 'text', value: 'TEXT', summary: 'why, for others' },
  yes: { type: 'flag', summary: 'do not ask again' },
} as const;
