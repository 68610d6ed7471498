import type { Revision, SourceDefinition } from '../../workflows/collection/definitions.ts';
import { failure } from '../../workflows/failures.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import { patchExtract } from '../definitions/patch-extract.ts';
import { specDigest } from '../definitions/spec-digest.ts';
import type { Database } from './database.ts';
import { readRepairSwitch } from './repair-switch.ts';
import { definitionOf, lockRevisions, replaceDefinition, revisionInForce } from './revisions.ts';
import {
  endPointer,
  openPointers,
  pinPointer,
  withExtract,
  type PointerRow,
} from './spec-overlay.ts';
import type { PointerState } from './spec-pointer-tables.ts';

export interface SpecDeploy {
  readonly tenant: string;
  readonly source: string;
  readonly incident: string;
  /** What was decided; with the incident it names this deploy. */
  readonly patchDigest: string;
  /** `specDigest` that the fix starts from. */
  readonly from: string;
  /** `specDigest` that was proved and decided: what the patch gives must have it. */
  readonly to: string;
  readonly patch: SpecPatch;
  /** Nothing is deployed from then on: whoever was frozen for so long has been overtaken. By this machine's clock; default: never. */
  readonly notAfterMs?: number;
}

export interface DeployedSpec {
  /** False: this deploy was done before. */
  readonly changed: boolean;
  /** What has become of it by now. */
  readonly standing: PointerState;
  /** Number of the revision that put it in force. */
  readonly revision: number;
  readonly from: string;
  readonly to: string;
}

/**
 * Puts a fix in force, in one transaction: the patched definition under its digest, a revision by `repair:<incident>`, the pointer that keeps
 * it over the files. Idempotent by incident and patch digest: also after a rollback a second call only answers. What `alongside` writes stands
 * when the deploy does.
 * @throws StaleDecision - the source or its spec moved meanwhile, its incident is over, or the patch does not give what was decided.
 * @throws InvalidAgentOutput - the patch is none. @throws PolicyDenied - the kill switch is on.
 */
export async function deploySpec(
  db: Database,
  deploy: SpecDeploy,
  alongside: (transaction: Database, deployed: DeployedSpec) => Promise<unknown> = async () => {},
): Promise<DeployedSpec> {
  return db.transaction().execute(async (transaction) => {
    await lockRevisions(transaction);
    const done = await deployedSpec(transaction, deploy);
    if (done) return done;
    await refuseWhileSwitched(transaction, deploy.tenant);
    await refuseWhenOver(transaction, deploy);
    const deployed = await move(transaction, deploy);
    await alongside(transaction, deployed);
    return deployed;
  });
}

/** What has become of a deploy that was done; undefined when it never was. */
export async function deployedSpec(
  db: Database,
  { source, incident, patchDigest }: Pick<SpecDeploy, 'source' | 'incident' | 'patchDigest'>,
): Promise<DeployedSpec | undefined> {
  const row = await db
    .selectFrom('spec_pointers as p')
    .innerJoin('spec_moves as m', (join) =>
      join.onRef('m.pointer', '=', 'p.id').on('m.move', '=', 'deployed'),
    )
    .select(['p.state', 'p.from_digest', 'p.to_digest', 'm.revision'])
    .where('p.kind', '=', 'fix')
    .where('p.source', '=', source)
    .where('p.incident', '=', incident)
    .where('p.patch_digest', '=', patchDigest)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    changed: false,
    standing: row.state,
    revision: row.revision ?? 0,
    from: row.from_digest,
    to: row.to_digest,
  };
}

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

async function refuseWhileSwitched(db: Database, tenant: string): Promise<void> {
  const { on, by, reason, at } = await readRepairSwitch(db, tenant);
  if (!on) return;
  throw failure(
    'PolicyDenied',
    `No fix is deployed for tenant "${tenant}": the kill switch is on since ${at}, by ${by} (${reason}). Turn it off to go on.`,
  );
}

/** Who waited for long, or was frozen, may come after the end: its decision is none any more. The incident cannot end until this has. */
async function refuseWhenOver(
  db: Database,
  { source, incident, notAfterMs = Infinity }: SpecDeploy,
): Promise<void> {
  const row = await db
    .selectFrom('incidents')
    .select('state')
    .where('id', '=', incident)
    .forShare()
    .executeTakeFirst();
  if (row?.state === 'closed') throw stale(source, `incident "${incident}" is over`);
  if (Date.now() >= notAfterMs) throw stale(source, 'the time to deploy it was over');
}

async function move(transaction: Database, deploy: SpecDeploy): Promise<DeployedSpec> {
  const { source, incident, from, to } = deploy;
  const { definition, revision } = await standing(transaction, deploy);
  const written = definition.config['extract'] as Written;
  const patched = patchExtract(written, deploy.patch);
  if ('refused' in patched) throw failure('InvalidAgentOutput', patched.refused);
  if (specDigest(source, patched.extract) !== to || to === from) {
    throw stale(source, 'the patch does not give the spec that was decided');
  }
  const author = `repair:${incident}`;
  const fixed = withExtract(definition, patched.extract);
  const id = await replaceDefinition(transaction, revision, { definition: fixed, author });
  const pointer = {
    ...deploy,
    fromExtract: written,
    toExtract: patched.extract,
  } as const;
  await openPointer(transaction, pointer, { revision: id, author });
  return { changed: true, standing: 'in-force', revision: id, from, to };
}

type Written = Readonly<Record<string, unknown>>;

interface Standing {
  readonly definition: SourceDefinition;
  readonly revision: Revision;
}

/** What is in force, if it is still what the fix starts from. */
async function standing(db: Database, { tenant, source, from }: SpecDeploy): Promise<Standing> {
  const found = await definitionOf(db, source);
  const revision = await revisionInForce(db);
  if (!found || !revision || found.definition.tenant !== tenant) {
    throw stale(source, 'it left the definitions');
  }
  const { definition } = found;
  if (specDigest(source, definition.config['extract']) !== from) {
    throw stale(source, 'another spec is in force than the one that the fix starts from');
  }
  return { definition, revision };
}

function stale(source: string, why: string): Error {
  return failure(
    'StaleDecision',
    `The fix of source "${source}" was not deployed: ${why}. Nothing was changed; look at the source, then repair it anew.`,
  );
}

interface NewPointer {
  readonly tenant: string;
  readonly source: string;
  readonly incident: string;
  readonly patchDigest: string;
  readonly from: string;
  readonly to: string;
  readonly fromExtract: Written;
  readonly toExtract: Written;
}

interface Event {
  readonly revision: number;
  readonly author: string;
}

async function openPointer(db: Database, pointer: NewPointer, event: Event): Promise<void> {
  const { id } = await db
    .insertInto('spec_pointers')
    .values({
      tenant: pointer.tenant,
      source: pointer.source,
      incident: pointer.incident,
      patch_digest: pointer.patchDigest,
      kind: 'fix',
      from_digest: pointer.from,
      to_digest: pointer.to,
      from_extract: JSON.stringify(pointer.fromExtract),
      to_extract: JSON.stringify(pointer.toExtract),
      state: 'in-force',
      author: event.author,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('spec_moves')
    .values({ pointer: id, move: 'deployed', ...event })
    .execute();
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
  { extract, author }: { readonly extract: Written; readonly author: string },
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
