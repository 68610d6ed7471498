/** A move from one spec to another that lies over what the files hold. */
export interface SpecMove {
  /** Digest of the spec that it leads away from. */
  readonly from: string;
  readonly to: string;
}

export interface LaidPointers<Move extends SpecMove> {
  /** What is in force; undefined: what the files hold. */
  readonly inForce?: Move;
  /** The files hold what these lead to: their work is done. */
  readonly landed: readonly Move[];
  /** The files went elsewhere; they win. */
  readonly superseded: readonly Move[];
}

/**
 * Lays the open moves of a source, oldest first and each from where the one before leads, over the spec that the files hold (undefined: they
 * hold none). Files that stand anywhere on the way keep the last move in force; files at its end have landed; all others win. Total.
 */
export function layPointers<Move extends SpecMove>(
  files: string | undefined,
  open: readonly Move[],
): LaidPointers<Move> {
  const last = open.at(-1);
  if (!last) return { landed: [], superseded: [] };
  if (files === last.to) return { landed: open, superseded: [] };
  const at = open.findLastIndex(({ from }) => from === files);
  if (at === -1) return { landed: [], superseded: open };
  return { inForce: last, landed: open.slice(0, at), superseded: [] };
}
