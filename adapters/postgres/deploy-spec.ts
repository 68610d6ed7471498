import type { Revision, SourceDefinition } from '../../workflows/collection/definitions.ts';
import { failure } from '../../workflows/failures.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import { patchExtract } from '../definitions/patch-extract.ts';
import { specDigest } from '../definitions/spec-digest.ts';
import type { Database } from './database.ts';
import { readRepairSwitch } from './repair-switch.ts';
import { definitionOf, lockRevisions, replaceDefinition, revisionInForce } from './revisions.ts';
import { withExtract } from './spec-overlay.ts';
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
