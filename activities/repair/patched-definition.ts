import { patchExtract } from '../../adapters/definitions/patch-extract.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { failure } from '../../workflows/failures.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';

/** The definition that a patch makes, as people would have written it. @throws CheckFailed - the patch does not fit the definition. */
export function patchedDefinition(
  definition: SourceDefinition,
  patch: SpecPatch,
): SourceDefinition {
  const patched = patchExtract(definition.config['extract'], patch);
  if ('refused' in patched)
    throw failure(
      'CheckFailed',
      `A patch of source "${definition.id}" cannot be written into its definition: ${patched.refused}`,
    );
  return { ...definition, config: { ...definition.config, extract: patched.extract } };
}
