import { patchedSpec } from '../../adapters/extraction/validate-spec.ts';
import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { AppliedPatch } from '../../workflows/repair/apply-patch.ts';
import { weakerDemands } from '../../workflows/repair/weaker-demands.ts';

/** What a patch makes of a spec, where that is valid and demands no less of documents than before: a failure is not mended by asking for less. */
export function demandingSpec(spec: ExtractionSpec, patch: unknown): AppliedPatch {
  const patched = patchedSpec(spec, patch);
  if ('refused' in patched) return patched;
  const [weaker] = weakerDemands(spec, patched.spec);
  return weaker === undefined
    ? patched
    : { refused: `${weaker} A fix may not ask for less: change the definition by hand.` };
}
