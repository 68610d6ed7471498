import type { RawEntry } from './files.ts';
import type { Problem } from './finding.ts';
import { valueAt } from './shown.ts';

export interface FirstPlaces {
  /** Every id that is given, once, in order. */
  readonly ids: readonly string[];
  /** A problem for an entry whose id an earlier entry has already. */
  doubled(entry: RawEntry): readonly Problem[];
}

/** Finds the ids that come twice: each must be unique over all files, or two entries would share state. */
export function firstPlaces(entries: readonly RawEntry[]): FirstPlaces {
  const first = new Map<string, RawEntry>();
  for (const entry of entries) {
    const id = valueAt(entry.value, ['id']);
    if (typeof id === 'string' && !first.has(id)) first.set(id, entry);
  }
  return { ids: [...first.keys()], doubled: (entry) => doubled(entry, first) };
}

function doubled(entry: RawEntry, first: ReadonlyMap<string, RawEntry>): readonly Problem[] {
  const id = valueAt(entry.value, ['id']);
  const earlier = typeof id === 'string' ? first.get(id) : undefined;
  if (!earlier || earlier === entry) return [];
  const { yaml, path } = earlier;
  return [
    {
      path: ['id'],
      what: `"id" is "${String(id)}" a second time`,
      remedy: `The first is in ${yaml.file} line ${yaml.lineOf(path)}. Give one of them another id.`,
    },
  ];
}
