import type { EvidenceView } from '../contract.ts';

/** Names of the fields that fail; the list of records itself is none. */
export function failingFields({ failingFields: names, spec }: EvidenceView): readonly string[] {
  return names.filter((name) => Object.hasOwn(spec.fields, name));
}
