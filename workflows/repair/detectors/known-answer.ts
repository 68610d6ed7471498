import type { Finding, RunFacts } from './finding.ts';

/** Bodies that were archived do not change: another value of a stable field on one of them means that our reading has changed. */
export function knownAnswer({ known = [] }: RunFacts): readonly Finding[] {
  const changed = known.filter(({ same }) => !same);
  const [first] = changed;
  if (!first) return [];
  const fields = [...new Set(changed.map(({ field }) => field))].toSorted();
  return [
    {
      detector: 'known-answer',
      failure: 'SchemaDrift',
      fields,
      because: `${changed.length} of ${known.length} values that must not change did on archived bodies, the first of field "${first.field}".`,
      severity: 'hold',
    },
  ];
}
