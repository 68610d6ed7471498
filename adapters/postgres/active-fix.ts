import type { Database } from './database.ts';
import { openPointers, type PointerRow } from './spec-overlay.ts';

/** What runs instead of what the files hold. */
export interface ActiveFix {
  readonly tenant: string;
  readonly source: string;
  readonly incident: string;
  readonly patchDigest: string;
  /** `revert`: the files contain a fix that was rolled back, and it stays out. */
  readonly kind: 'fix' | 'revert';
  /** Digest of the spec in the files, and of the one in force. */
  readonly from: string;
  readonly to: string;
  /** Digests of all specs that files may hold under it: fixes on top of each other have several. */
  readonly under: readonly string[];
  /** The written `extract` of both. */
  readonly fromExtract: Readonly<Record<string, unknown>>;
  readonly toExtract: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly since: string;
}

/** The fix that lies over the files of a source; undefined where the files are in force. */
export async function activeFix(db: Database, source: string): Promise<ActiveFix | undefined> {
  const open = await openPointers(db, source);
  return active(open);
}

/** Of all sources, by id. */
export async function activeFixes(db: Database): Promise<readonly ActiveFix[]> {
  const open = Map.groupBy(await openPointers(db), ({ source }) => source);
  return [...open.values()]
    .flatMap((pointers) => active(pointers) ?? [])
    .toSorted((a, b) => (a.source < b.source ? -1 : 1));
}

function active(open: readonly PointerRow[]): ActiveFix | undefined {
  const [first, last] = [open[0], open.at(-1)];
  if (!first || !last) return undefined;
  return {
    tenant: last.tenant,
    source: last.source,
    incident: last.incident,
    patchDigest: last.patch_digest,
    kind: last.kind,
    from: first.from_digest,
    to: last.to_digest,
    under: open.map((row) => row.from_digest),
    fromExtract: first.from_extract,
    toExtract: last.to_extract,
    since: last.since.toISOString(),
  };
}
