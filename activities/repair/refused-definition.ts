import { ApplicationFailure } from '@temporalio/activity';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import type { RepairDependencies } from './dependencies.ts';
import { patchedDefinition } from './patched-definition.ts';

/**
 * Why the source's own type would refuse the definition that a patch makes, as a sentence: `decode` in a source that decodes by itself is a
 * valid spec, and no valid source. Undefined when it takes it.
 */
export function refusedDefinition(
  definition: SourceDefinition,
  patch: SpecPatch,
  { sourceTypes }: Pick<RepairDependencies, 'sourceTypes'>,
): string | undefined {
  try {
    const { type, config } = patchedDefinition(definition, patch);
    sourceTypes.get(type)?.open(config);
    return undefined;
  } catch (error) {
    if (error instanceof ApplicationFailure && REFUSALS.has(error.type ?? '')) return error.message;
    throw error;
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['InvalidConfig', 'CheckFailed']);
