import type { BoundSourceType } from './define-source.ts';

/** Every source type, alphabetical. Adding one is one file beside this one and one line here. */
const types: readonly BoundSourceType[] = [];

export const sourceTypes: ReadonlyMap<string, BoundSourceType> = new Map(
  types.map((type) => [type.spec.name, type]),
);
