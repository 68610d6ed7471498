/** One thing that is wrong, or worth knowing, in the definitions. `sentence` says it all, place and remedy included. */
export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Id of the source, knowledge base or webhook that it is about. */
  readonly about?: string;
  readonly sentence: string;
}

export type DefinitionError = Finding;
export type DefinitionNotice = Finding;

/** What an entry describes, as sentences name it. */
export type EntryKind = 'source' | 'knowledge base' | 'webhook';

/** Where a key or value stands. */
export interface Place {
  readonly file: string;
  readonly line: number;
  /** For example `source "docs"`. Left out where the entry has no usable id. */
  readonly entry?: { readonly kind: EntryKind; readonly id: string };
}

/** Keys and list positions from the top of a file, or of an entry. */
export type Path = readonly (string | number)[];

/** A finding before its place is known: `what` is a clause without full stop, `remedy` whole sentences. */
export interface Problem {
  readonly path: Path;
  readonly what: string;
  readonly remedy: string;
}

/** Builds the sentence: what is wrong, where, what to do (S12). */
export function finding(place: Place, what: string, remedy: string): Finding {
  const { file, line, entry } = place;
  const where = entry ? `, ${entry.kind} "${entry.id}"` : '';
  return {
    file,
    line,
    ...(entry ? { about: entry.id } : {}),
    sentence: `${what} in ${file} line ${line}${where}. ${remedy}`,
  };
}
