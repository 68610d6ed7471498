import { laggedBaseline, recordsOf, talliesOf } from './baseline.ts';
import type { Finding, RunFacts } from './finding.ts';
import { beyondRange, percent } from './rate.ts';

/** Fields that are empty or missing far more often than runs a while ago had them. A page that lacks an optional field is no news. */
export function fieldEmptiness({ run, good }: RunFacts): readonly Finding[] {
  const baseline = laggedBaseline(good);
  const emptier = run.fields.flatMap((field) => {
    const before = talliesOf(baseline, field.name).map((one) => ({
      hits: one.missing,
      of: recordsOf(one),
    }));
    const verdict = beyondRange({ hits: field.missing, of: recordsOf(field) }, before);
    return verdict ? [{ field, verdict }] : [];
  });
  const [first] = emptier;
  if (!first) return [];
  const { field, verdict } = first;
  const more = emptier.length > 1 ? ` So are ${emptier.length - 1} more.` : '';
  return [
    {
      detector: 'field-emptiness',
      failure: 'SelectorMissing',
      fields: emptier.map((one) => one.field.name).toSorted(),
      because: `Field "${field.name}" is empty in ${field.missing} of ${recordsOf(field)} records (${percent(field.missing / recordsOf(field))}); ${baseline.length} earlier good ${baseline.length === 1 ? 'run' : 'runs'} had ${percent(verdict.usual)}, and up to ${percent(verdict.limit)} is usual.${more}`,
      severity: 'hold',
    },
  ];
}
