import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';

/** How a source writes an id that a person typed: pages have one form of their address. Needs no secret. */
export function openSourceRules(
  { type, config }: SourceDefinition,
  { sourceTypes }: Pick<CollectionDependencies, 'sourceTypes'>,
): (about: string) => Promise<string> {
  return async (about) => {
    try {
      const ruling = await sourceTypes.get(type)?.open(config).ruleOn?.(about);
      return ruling?.id ?? about;
    } catch {
      // A reference where the config wants the secret itself: such types have no rules for ids.
      return about;
    }
  };
}
