import { sql } from 'kysely';
import type { Revision, SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { WebhookDefinition } from '../../workflows/notices/webhook.ts';
import { canonicalJson, definitionDigest } from '../definitions/digest.ts';
import type { Database } from './database.ts';

export interface NewRevision {
  readonly definitions: readonly SourceDefinition[];
  /** Who is told; nobody where it is left out. */
  readonly notifications?: readonly WebhookDefinition[];
  /** Who applied it: `ana@laptop`, `git`. */
  readonly author: string;
  /** The Git commit that the files came from. */
  readonly commit?: string;
}

export interface StoredRevision {
  readonly revision: Revision;
  /** False when the revision in force had the same contents already; then nothing was written. */
  readonly changed: boolean;
}

/**
 * Puts definitions in force, in one transaction: each is stored under its digest, the revision names all of them.
 * Idempotent by contents: the same definitions make no new revision, whoever applies them. Appliers at the same time wait for each other.
 */
export async function storeRevision(db: Database, wanted: NewRevision): Promise<StoredRevision> {
  const named = wanted.definitions.map((definition) => ({
    id: definition.id,
    digest: definitionDigest(definition),
    definition,
  }));
  const sorted = named.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const sources = Object.fromEntries(sorted.map(({ id, digest }) => [id, digest]));
  const notifications = (wanted.notifications ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return db.transaction().execute(async (transaction) => {
    await sql`lock table revisions in share row exclusive mode`.execute(transaction);
    const current = await revisionInForce(transaction);
    const told = await notificationsInForce(transaction);
    if (current && isSame(current.sources, sources) && isSame(told, notifications)) {
      return { revision: current, changed: false };
    }
    await storeDefinitions(transaction, named);
    return {
      revision: await putInForce(transaction, { ...wanted, sources, notifications }),
      changed: true,
    };
  });
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
  const row = await db
    .selectFrom('revisions')
    .select('notifications')
    .where('in_force', '=', true)
    .executeTakeFirst();
  // Written by `storeRevision` alone.
  return (row?.notifications ?? []) as readonly WebhookDefinition[];
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

interface SortedRevision extends Required<Pick<NewRevision, 'notifications'>> {
  readonly author: string;
  readonly commit?: string;
  readonly sources: Readonly<Record<string, string>>;
}

async function putInForce(
  db: Database,
  { author, commit, sources, notifications }: SortedRevision,
): Promise<Revision> {
  await db.updateTable('revisions').set({ in_force: false }).where('in_force', '=', true).execute();
  const row = await db
    .insertInto('revisions')
    .values({
      author,
      commit: commit ?? null,
      sources: JSON.stringify(sources),
      notifications: JSON.stringify(notifications),
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
