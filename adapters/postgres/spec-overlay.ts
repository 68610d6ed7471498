import { sql, type Selectable } from 'kysely';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { layPointers } from '../../workflows/repair/lay-pointers.ts';
import { specDigest } from '../definitions/spec-digest.ts';
import type { Database } from './database.ts';
import type { PointerState, SpecPointerTables } from './spec-pointer-tables.ts';

/** What applying files means for a fix that is deployed, or for the revert of one that they contain. */
export interface FixNote {
  readonly source: string;
  readonly incident: string;
  readonly kind: 'fix' | 'revert';
  /** `kept`: in force, and not in the files. `landed`: the files say the same now. `superseded`: the files say something else, and win. */
  readonly became: 'kept' | 'landed' | 'superseded';
}

export interface LaidDefinitions {
  /** By source id: definitions whose `extract` is not that of the files. */
  readonly fixed: ReadonlyMap<string, SourceDefinition>;
  readonly notes: readonly FixNote[];
  readonly closing: readonly { readonly pointer: number; readonly as: 'landed' | 'superseded' }[];
  /** Fixes that were rolled back before the files contained them, and that these files bring all the same. */
  readonly returning: readonly PointerRow[];
}

/** Lays deployed fixes over the definitions of files. Reads only: what it finds is written by `closePointers`. */
export async function layPointersOver(
  db: Database,
  definitions: readonly SourceDefinition[],
): Promise<LaidDefinitions> {
  const open = Map.groupBy(await openPointers(db), ({ source }) => source);
  const taken = await takenBack(db);
  if (open.size === 0 && taken.length === 0) return NOTHING;
  const byId = new Map(definitions.map((one) => [one.id, one]));
  const laid = [...open].map(([source, pointers]) => layOver(byId.get(source), pointers));
  const closed = taken.filter(({ source }) => !open.has(source));
  const returning = await returningIn(db, byId, closed);
  const kept = returning.map((row): LaidSource => {
    const definition = byId.get(row.source);
    const fixed = definition && withExtract(definition, row.from_extract);
    const notes = [note({ ...row, kind: 'revert' }, 'kept')];
    return { ...(fixed ? { fixed } : {}), notes, closing: [] };
  });
  const all = [...laid, ...kept];
  return {
    fixed: new Map(all.flatMap(({ fixed }) => (fixed ? [[fixed.id, fixed] as const] : []))),
    notes: all.flatMap(({ notes }) => notes),
    closing: all.flatMap(({ closing }) => closing),
    returning,
  };
}

export interface EffectiveDefinitions {
  /** What applying these files would put in force. */
  readonly definitions: readonly SourceDefinition[];
  readonly fixes: readonly FixNote[];
}

/** What files mean under the fixes that are deployed, as `storeRevision` would see it. Writes nothing. */
export async function effectiveDefinitions(
  db: Database,
  files: readonly SourceDefinition[],
): Promise<EffectiveDefinitions> {
  const { fixed, notes } = await layPointersOver(db, files);
  return { definitions: files.map((one) => fixed.get(one.id) ?? one), fixes: notes };
}

const NOTHING: LaidDefinitions = { fixed: new Map(), notes: [], closing: [], returning: [] };

/** Writes what `layPointersOver` found, in the transaction that puts the definitions in force. */
export async function closePointers(
  transaction: Database,
  { closing, returning }: LaidDefinitions,
  by: { readonly author: string; readonly revision: number },
): Promise<void> {
  for (const { pointer, as } of closing) await endPointer(transaction, pointer, as, by);
  for (const row of returning) await pinPointer(transaction, row, by);
}

/** Opens the way back from a fix that the files contain: until they no longer do, it stays out of force. */
export async function pinPointer(
  transaction: Database,
  row: PointerRow,
  { author, revision }: { readonly author: string; readonly revision: number },
): Promise<void> {
  const { id: _, since: __, ...fix } = row;
  const { id: pointer } = await transaction
    .insertInto('spec_pointers')
    .values({
      ...fix,
      kind: 'revert',
      from_digest: fix.to_digest,
      to_digest: fix.from_digest,
      from_extract: JSON.stringify(fix.to_extract),
      to_extract: JSON.stringify(fix.from_extract),
      state: 'in-force',
      author,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await transaction
    .insertInto('spec_moves')
    .values({ pointer, move: 'pinned', revision, author })
    .execute();
}

/** Ends one move and writes its history. */
export async function endPointer(
  transaction: Database,
  pointer: number,
  state: Exclude<PointerState, 'in-force'>,
  { author, revision }: { readonly author: string; readonly revision: number | null },
): Promise<void> {
  await transaction.updateTable('spec_pointers').set({ state }).where('id', '=', pointer).execute();
  await transaction
    .insertInto('spec_moves')
    .values({ pointer, move: state, revision, author })
    .execute();
}

export type PointerRow = Selectable<SpecPointerTables['spec_pointers']>;

/** The moves that lie over the files, of one source or of all, oldest first. */
export async function openPointers(db: Database, source?: string): Promise<readonly PointerRow[]> {
  const all = db.selectFrom('spec_pointers').selectAll().where('state', '=', 'in-force');
  const wanted = source === undefined ? all : all.where('source', '=', source);
  return wanted.orderBy('id').execute();
}

/** The definition with another written `extract`. */
export function withExtract(
  definition: SourceDefinition,
  extract: Readonly<Record<string, unknown>>,
): SourceDefinition {
  return { ...definition, config: { ...definition.config, extract } };
}

interface LaidSource extends Pick<LaidDefinitions, 'notes' | 'closing'> {
  readonly fixed?: SourceDefinition;
}

function layOver(
  definition: SourceDefinition | undefined,
  pointers: readonly PointerRow[],
): LaidSource {
  const moves = pointers.map((row) => ({ row, from: row.from_digest, to: row.to_digest }));
  const files = pointers[0] && specOfFiles(definition, pointers[0]);
  const { inForce, landed, superseded } = layPointers(files, moves);
  const fixed = definition && inForce && withExtract(definition, inForce.row.to_extract);
  return {
    ...(fixed ? { fixed } : {}),
    notes: [
      ...landed.map(({ row }) => note(row, 'landed')),
      ...superseded.map(({ row }) => note(row, 'superseded')),
      ...(inForce ? [note(inForce.row, 'kept')] : []),
    ],
    closing: [
      ...landed.map(({ row }) => ({ pointer: row.id, as: 'landed' as const })),
      ...superseded.map(({ row }) => ({ pointer: row.id, as: 'superseded' as const })),
    ],
  };
}

function note({ source, incident, kind }: PointerRow, became: FixNote['became']): FixNote {
  return { source, incident, kind, became };
}

/** Fixes that were rolled back and never kept out of files that contain them: a commit with one may still be on its way. */
async function takenBack(db: Database): Promise<readonly PointerRow[]> {
  return db
    .selectFrom('spec_pointers as p')
    .selectAll('p')
    .where('p.kind', '=', 'fix')
    .where('p.state', '=', 'rolled-back')
    .where((where) => {
      const pin = where
        .selectFrom('spec_pointers as pin')
        .select('pin.id')
        .where('pin.kind', '=', 'revert')
        .whereRef('pin.source', '=', 'p.source')
        .whereRef('pin.incident', '=', 'p.incident')
        .whereRef('pin.patch_digest', '=', 'p.patch_digest');
      return where.not(where.exists(pin));
    })
    .orderBy('p.id')
    .execute();
}

/**
 * Of each source the newest that its files hold, if what is in force is what some fix was rolled back to; that stays, whatever number of
 * fixes on top of each other lay between.
 */
async function returningIn(
  db: Database,
  files: ReadonlyMap<string, SourceDefinition>,
  taken: readonly PointerRow[],
): Promise<readonly PointerRow[]> {
  const held = taken.filter((row) => specOfFiles(files.get(row.source), row) === row.to_digest);
  const newest = new Map(held.map((row) => [row.source, row]));
  const found: PointerRow[] = [];
  for (const row of newest.values()) {
    const inForce = await digestInForce(db, row.source);
    const former = taken.find(
      ({ source, from_digest }) => source === row.source && from_digest === inForce,
    );
    if (!former || inForce === row.to_digest) continue;
    const { from_digest, from_extract } = former;
    found.push({ ...row, from_digest, from_extract });
  }
  return found;
}

function specOfFiles(
  definition: SourceDefinition | undefined,
  { tenant }: PointerRow,
): string | undefined {
  return definition?.tenant === tenant
    ? specDigest(definition.id, definition.config['extract'])
    : undefined;
}

async function digestInForce(db: Database, source: string): Promise<string | undefined> {
  const { rows } = await sql<{ body: SourceDefinition }>`
    select d.body from revisions r
    join definitions d on d.digest = r.sources ->> ${source}
    where r.in_force`.execute(db);
  return rows[0] && specDigest(source, rows[0].body.config['extract']);
}
