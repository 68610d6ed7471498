import { failure } from '../../workflows/failures.ts';
import { specDigest } from '../definitions/spec-digest.ts';
import type { Database } from './database.ts';
import { definitionOf, lockRevisions, replaceDefinition, revisionInForce } from './revisions.ts';
import {
  endPointer,
  openPointers,
  pinPointer,
  withExtract,
  type PointerRow,
} from './spec-overlay.ts';

export interface RolledBackSpec {
  /** False: nothing was left to do, because it was rolled back before, never deployed, or the files went elsewhere. */
  readonly moved: boolean;
  /** The fix had landed: until the files no longer hold it, applying them keeps the reverted spec out. */
  readonly pinned: boolean;
  readonly tenant?: string;
  readonly source?: string;
  /** `specDigest` in force now, where it moved. */
  readonly inForce?: string;
  readonly revision?: number;
}

/**
 * Takes the fix of an incident out of force, in one transaction. Idempotent, and never refused by the kill switch.
 * @throws StaleDecision - a newer fix, of another incident, is in force: that one goes first.
 */
export async function rollbackSpec(
  db: Database,
  { incident, author = `repair:${incident}` }: SpecRollback,
): Promise<RolledBackSpec> {
  return db.transaction().execute(async (transaction) => {
    await lockRevisions(transaction);
    const last = await lastFix(transaction, incident);
    if (!last) return STAYED;
    if (last.state === 'in-force') return takeBack(transaction, last, author);
    return last.state === 'landed' ? pinOut(transaction, last, author) : stayed(last);
  });
}

export interface SpecRollback {
  readonly incident: string;
  /** Default: `repair:<incident>`. */
  readonly author?: string;
}

async function lastFix(db: Database, incident: string): Promise<PointerRow | undefined> {
  return db
    .selectFrom('spec_pointers')
    .selectAll()
    .where('incident', '=', incident)
    .where('kind', '=', 'fix')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

const STAYED: RolledBackSpec = { moved: false, pinned: false };

function stayed({ tenant, source }: PointerRow): RolledBackSpec {
  return { ...STAYED, tenant, source };
}

/** Back to before the first of the fixes that the incident has on top of each other. */
async function takeBack(
  transaction: Database,
  last: PointerRow,
  author: string,
): Promise<RolledBackSpec> {
  const open = await openPointers(transaction, last.source);
  const isOwn = ({ kind, incident }: PointerRow): boolean =>
    kind === 'fix' && incident === last.incident;
  const below = open.findLastIndex((row) => !isOwn(row));
  const [first, ...others] = open.slice(below + 1);
  if (!first) throw newerFix(last, open.at(-1));
  const revision = await backTo(transaction, last, { extract: first.from_extract, author });
  for (const { id } of [first, ...others]) {
    await endPointer(transaction, id, 'rolled-back', { author, revision: revision ?? null });
  }
  if (revision === undefined) return stayed(last);
  return { ...stayed(last), moved: true, inForce: first.from_digest, revision };
}

/** The files contain the fix, so a pointer must lead away from them. */
async function pinOut(
  transaction: Database,
  last: PointerRow,
  author: string,
): Promise<RolledBackSpec> {
  const revision = await backTo(transaction, last, { extract: last.from_extract, author });
  if (revision === undefined) {
    await refuseUnderNewer(transaction, last);
    return stayed(last);
  }
  await endPointer(transaction, last.id, 'rolled-back', { author, revision });
  await pinPointer(transaction, last, { author, revision });
  return { ...stayed(last), moved: true, pinned: true, inForce: last.from_digest, revision };
}

/** A revision with the former `extract`; undefined when the fix is not what is in force. */
async function backTo(
  transaction: Database,
  { source, tenant, to_digest }: PointerRow,
  { extract, author }: { readonly extract: PointerRow['from_extract']; readonly author: string },
): Promise<number | undefined> {
  const found = await definitionOf(transaction, source);
  const revision = await revisionInForce(transaction);
  if (!found || !revision || found.definition.tenant !== tenant) return undefined;
  if (specDigest(source, found.definition.config['extract']) !== to_digest) return undefined;
  const definition = withExtract(found.definition, extract);
  return replaceDefinition(transaction, revision, { definition, author });
}

async function refuseUnderNewer(db: Database, last: PointerRow): Promise<void> {
  const found = await definitionOf(db, last.source);
  const newest = await db
    .selectFrom('spec_pointers')
    .selectAll()
    .where('source', '=', last.source)
    .where('kind', '=', 'fix')
    .where('state', 'in', ['in-force', 'landed'])
    .where('id', '>', last.id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const inForce = found && specDigest(last.source, found.definition.config['extract']);
  if (newest && newest.to_digest === inForce) throw newerFix(last, newest);
}

function newerFix({ source, incident }: PointerRow, newer: PointerRow | undefined): Error {
  return failure(
    'StaleDecision',
    `The fix of incident "${incident}" was not rolled back: source "${source}" runs with a newer one, of incident "${newer?.incident}". Roll that one back first.`,
  );
}
