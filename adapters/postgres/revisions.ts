import { sql } from 'kysely';
import type { Revision, SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { WebhookDefinition } from '../../workflows/notices/webhook.ts';
import type { RepairDefinition } from '../../workflows/repair/policy.ts';
import { canonicalJson, definitionDigest } from '../definitions/digest.ts';
import type { Database } from './database.ts';
import { closePointers, layPointersOver, type FixNote } from './spec-overlay.ts';

export interface NewRevision {
  readonly definitions: readonly SourceDefinition[];
  /** Who is told; nobody where it is left out. */
  readonly notifications?: readonly WebhookDefinition[];
  /** How far repairs may go by themselves; the defaults where it is left out. */
  readonly repair?: RepairDefinition;
  /** Who applied it: `ana@laptop`, `git`. */
  readonly author: string;
  /** The Git commit that the files came from. */
  readonly commit?: string;
}

export interface StoredRevision {
  readonly revision: Revision;
  /** False when the revision in force had the same contents already; then nothing was written. */
  readonly changed: boolean;
  /** What became of fixes that were in force before the files contained them; absent where there is none. */
  readonly fixes?: readonly FixNote[];
}

/**
 * Puts definitions in force, in one transaction: each is stored under its digest, the revision names all of them. A fix that is deployed stays
 * in force until the files contain it, or say something else.
 * Idempotent by contents: the same definitions make no new revision, whoever applies them. Appliers at the same time wait for each other.
 */
export async function storeRevision(db: Database, wanted: NewRevision): Promise<StoredRevision> {
  const named = wanted.definitions.map(withDigest);
  const notifications = (wanted.notifications ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return db.transaction().execute(async (transaction) => {
    await lockRevisions(transaction);
    const laid = await layPointersOver(transaction, wanted.definitions);
    const effective = named.map((one) => {
      const fixed = laid.fixed.get(one.definition.id);
      return fixed ? withDigest(fixed) : one;
    });
    const repair = wanted.repair ?? NO_REPAIR_SETTINGS;
    const stored = await storeUnlessSame(
      transaction,
      { ...wanted, notifications, repair },
      effective,
    );
    const { author } = wanted;
    await closePointers(transaction, laid, { author, revision: stored.revision.id });
    return laid.notes.length === 0 ? stored : { ...stored, fixes: laid.notes };
  });
}

async function storeUnlessSame(
  db: Database,
  wanted: NewRevision & Beside,
  named: readonly NamedDefinition[],
): Promise<StoredRevision> {
  const sorted = named.toSorted((a, b) => (a.definition.id < b.definition.id ? -1 : 1));
  const sources = Object.fromEntries(
    sorted.map(({ definition, digest }) => [definition.id, digest]),
  );
  const current = await revisionInForce(db);
  const beside = await besideInForce(db);
  const { notifications, repair } = wanted;
  if (current && isSame(current.sources, sources) && isSame(beside, { notifications, repair })) {
    return { revision: current, changed: false };
  }
  await storeDefinitions(db, named);
  return { revision: await putInForce(db, { ...wanted, sources }), changed: true };
}

/** Who changes what is in force waits here for whoever does so already; readers do not. Inside a transaction, until its end. */
export async function lockRevisions(transaction: Database): Promise<void> {
  await sql`lock table revisions in share row exclusive mode`.execute(transaction);
}

/**
 * Puts one other definition of a source in force and leaves everything else; answers the number of the new revision.
 * Inside a transaction that has called `lockRevisions`.
 */
export async function replaceDefinition(
  transaction: Database,
  current: Revision,
  { definition, author }: { readonly definition: SourceDefinition; readonly author: string },
): Promise<number> {
  const digest = await storeDefinition(transaction, definition);
  const { id } = await putInForce(transaction, {
    author,
    sources: { ...current.sources, [definition.id]: digest },
    ...(await besideInForce(transaction)),
  });
  return id;
}

/** The revision that everything follows; undefined before the first `apply`. */
export async function revisionInForce(db: Database): Promise<Revision | undefined> {
  const row = await db
    .selectFrom('revisions')
    .selectAll()
    .where('in_force', '=', true)
    .executeTakeFirst();
  return row && toRevision(row);
}

/** Who is told, sorted by id; empty before the first `apply`. */
export async function notificationsInForce(db: Database): Promise<readonly WebhookDefinition[]> {
  return (await besideInForce(db)).notifications;
}

/** How far repairs may go by themselves: what was said of it, without defaults. */
export async function repairInForce(db: Database): Promise<RepairDefinition> {
  return (await besideInForce(db)).repair;
}

const NO_REPAIR_SETTINGS: RepairDefinition = { version: 1 };

/** What a revision says beside its sources. */
type Beside = Required<Pick<NewRevision, 'notifications' | 'repair'>>;

async function besideInForce(db: Database): Promise<Beside> {
  const row = await db
    .selectFrom('revisions')
    .select(['notifications', 'repair'])
    .where('in_force', '=', true)
    .executeTakeFirst();
  // Written by `storeRevision` alone.
  return {
    notifications: (row?.notifications ?? []) as readonly WebhookDefinition[],
    repair: (row?.repair ?? NO_REPAIR_SETTINGS) as RepairDefinition,
  };
}

/** All definitions in force, sorted by source id; empty before the first `apply`. */
export async function definitionsInForce(db: Database): Promise<readonly SourceDefinition[]> {
  const { rows } = await sql<{ body: SourceDefinition }>`
    select d.body from revisions r
    cross join lateral jsonb_each_text(r.sources) s
    join definitions d on d.digest = s.value
    where r.in_force
    order by s.key collate "C"`.execute(db);
  return rows.map(({ body }) => body);
}

/** The definition with these contents, in force or not. */
export async function definitionByDigest(
  db: Database,
  digest: string,
): Promise<SourceDefinition | undefined> {
  const row = await db
    .selectFrom('definitions')
    .select('body')
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row && toDefinition(row.body);
}

/** Keeps a definition under its digest without putting it in force, so that a worker can look at its source. Answers the digest. */
export async function storeDefinition(db: Database, definition: SourceDefinition): Promise<string> {
  const digest = definitionDigest(definition);
  await storeDefinitions(db, [{ digest, definition }]);
  return digest;
}

export interface DefinitionInForce {
  readonly definition: SourceDefinition;
  readonly digest: string;
}

/** What is in force for one source; undefined when it is not in the revision in force. */
export async function definitionOf(
  db: Database,
  source: string,
): Promise<DefinitionInForce | undefined> {
  const { rows } = await sql<{ body: SourceDefinition; digest: string }>`
    select d.body, d.digest from revisions r
    join definitions d on d.digest = r.sources ->> ${source}
    where r.in_force`.execute(db);
  const [row] = rows;
  return row && { definition: row.body, digest: row.digest };
}

interface NamedDefinition {
  readonly digest: string;
  readonly definition: SourceDefinition;
}

function withDigest(definition: SourceDefinition): NamedDefinition {
  return { digest: definitionDigest(definition), definition };
}

/** Rows a statement: three parameters each, of PostgreSQL's 65,535. */
const CHUNK = 1000;

async function storeDefinitions(db: Database, named: readonly NamedDefinition[]): Promise<void> {
  for (let from = 0; from < named.length; from += CHUNK) {
    const rows = named.slice(from, from + CHUNK).map(({ digest, definition }) => ({
      digest,
      kind: 'source' as const,
      body: canonicalJson(definition),
    }));
    await db
      .insertInto('definitions')
      .values(rows)
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute();
  }
}

function isSame(one: object, other: object): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

interface SortedRevision extends Beside {
  readonly author: string;
  readonly commit?: string;
  readonly sources: Readonly<Record<string, string>>;
}

async function putInForce(
  db: Database,
  { author, commit, sources, notifications, repair }: SortedRevision,
): Promise<Revision> {
  await db.updateTable('revisions').set({ in_force: false }).where('in_force', '=', true).execute();
  const row = await db
    .insertInto('revisions')
    .values({
      author,
      commit: commit ?? null,
      sources: JSON.stringify(sources),
      notifications: JSON.stringify(notifications),
      repair: JSON.stringify(repair),
      in_force: true,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toRevision(row);
}

interface RevisionRow {
  readonly id: number;
  readonly created_at: Date;
  readonly author: string;
  readonly commit: string | null;
  readonly sources: Readonly<Record<string, string>>;
}

/** jsonb sorts keys by length first; ours are sorted as text. */
function toRevision({ id, created_at, author, commit, sources }: RevisionRow): Revision {
  const sorted = Object.entries(sources).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    id,
    createdAt: created_at.toISOString(),
    author,
    ...(commit === null ? {} : { commit }),
    sources: Object.fromEntries(sorted),
  };
}

/** Written by `storeRevision` alone, so it has its type. */
function toDefinition(body: object): SourceDefinition {
  return body as SourceDefinition;
}
