import type { Selectable } from 'kysely';
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
}

/** Lays deployed fixes over the definitions of files. Reads only: what it finds is written by `closePointers`. */
export async function layPointersOver(
  db: Database,
  definitions: readonly SourceDefinition[],
): Promise<LaidDefinitions> {
  const open = Map.groupBy(await openPointers(db), ({ source }) => source);
  if (open.size === 0) return NOTHING;
  const byId = new Map(definitions.map((one) => [one.id, one]));
  const laid = [...open].map(([source, pointers]) => layOver(byId.get(source), pointers));
  return {
    fixed: new Map(laid.flatMap(({ fixed }) => (fixed ? [[fixed.id, fixed] as const] : []))),
    notes: laid.flatMap(({ notes }) => notes),
    closing: laid.flatMap(({ closing }) => closing),
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

const NOTHING: LaidDefinitions = { fixed: new Map(), notes: [], closing: [] };

/** Ends the moves that `layPointersOver` found landed or superseded, in the transaction that puts the definitions in force. */
export async function closePointers(
  transaction: Database,
  { closing }: LaidDefinitions,
  by: { readonly author: string; readonly revision: number },
): Promise<void> {
  for (const { pointer, as } of closing) await endPointer(transaction, pointer, as, by);
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

interface LaidSource extends Omit<LaidDefinitions, 'fixed'> {
  readonly fixed?: SourceDefinition;
}

function layOver(
  definition: SourceDefinition | undefined,
  pointers: readonly PointerRow[],
): LaidSource {
  const moves = pointers.map((row) => ({ row, from: row.from_digest, to: row.to_digest }));
  const tenant = pointers[0]?.tenant;
  const files =
    definition?.tenant === tenant
      ? definition && specDigest(definition.id, definition.config['extract'])
      : undefined;
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
