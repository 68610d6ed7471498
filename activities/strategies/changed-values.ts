import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { TriedBody } from '../../workflows/repair/spec-checks.ts';
import type { EvidenceView } from './contract.ts';
import { sameValue } from './evidence/same-value.ts';

/**
 * Values that a good body held before and that come out otherwise now, and pages that lead elsewhere: one sentence a place, without the
 * values. A body does not change, so whether a field is stable does not matter here.
 */
export function changedValues(
  bodies: readonly TriedBody[],
  { spec, failingFields }: EvidenceView,
  candidate: ExtractionSpec,
): readonly string[] {
  // Read in another charset, every text of a failing page may be another one.
  const isRedecoded = spec.decode?.charset !== candidate.decode?.charset;
  const compared = isRedecoded ? bodies.filter(({ role }) => role !== 'failing') : bodies;
  return compared.flatMap((body) => {
    const { url, role, before, after } = body;
    const isFailing = role === 'failing';
    if (!isFailing && before.records.length !== after.records.length) {
      return [
        `"${url}" gave ${before.records.length} records before, and gives ${after.records.length} now.`,
      ];
    }
    if (isFailing && before.records.length !== after.records.length) return [];
    const fields = Object.keys(spec.fields).filter(
      (name) => !isFailing || !failingFields.includes(name),
    );
    const changed = fields.filter((name) => differs(body, name, spec.fields[name]?.type ?? 'text'));
    const led = before.next !== undefined && before.next !== after.next;
    return [
      ...changed.map((name) => `Field "${name}" has another value on "${url}" than before.`),
      ...(led ? [`"${url}" leads to another following page than before.`] : []),
    ];
  });
}

function differs(
  { before, after }: TriedBody,
  name: string,
  type: Parameters<typeof sameValue>[2],
): boolean {
  return before.records.some((record, at) => {
    const [old, now] = [record[name], after.records[at]?.[name]];
    if (old === undefined) return false;
    return now === undefined || !sameValue(old, now, type);
  });
}
