import type { IndexedState } from '../../adapters/aws/knowledge-documents.ts';
import {
  readRowsByPrefix,
  type ExaminedRow,
  type ManifestFolder,
} from '../../adapters/postgres/examinations.ts';
import type { Database } from '../../adapters/postgres/database.ts';

export interface KnownPlaces {
  readonly bucket: string;
  readonly byPath: ReadonlyMap<string, ManifestFolder>;
}

/** A document of the index that lies where one of ours could. */
export interface KnownDocument {
  readonly state: IndexedState;
  readonly folder: ManifestFolder;
  readonly key: string;
  /** The first 32 digits of the document's hash. */
  readonly prefix: string;
  readonly row: ExaminedRow | undefined;
}

const BATCH = 500;

export function foldersByPath(
  folders: readonly ManifestFolder[],
  bucket: string,
): ReadonlyMap<string, ManifestFolder> {
  const own = folders.filter((one) => one.bucket === bucket);
  return new Map(own.map((one) => [one.folder, one]));
}

/** The documents of an index with their rows. Memory holds a batch. */
export async function* knownDocuments(
  states: AsyncIterable<IndexedState>,
  places: KnownPlaces,
  db: Database,
): AsyncGenerator<KnownDocument> {
  let batch: IndexedState[] = [];
  for await (const state of states) {
    batch.push(state);
    if (batch.length < BATCH) continue;
    yield* withRows(batch, places, db);
    batch = [];
  }
  yield* withRows(batch, places, db);
}

async function* withRows(
  states: readonly IndexedState[],
  places: KnownPlaces,
  db: Database,
): AsyncGenerator<KnownDocument> {
  const placed = states.flatMap((state) => placeOf(state, places));
  for (const [folder, members] of Map.groupBy(placed, (one) => one.folder)) {
    const rows = await readRowsByPrefix(
      db,
      folder,
      members.map(({ prefix }) => prefix),
    );
    const byKey = new Map(rows.map((row) => [row.key, row]));
    for (const one of members) yield { ...one, row: byKey.get(one.key) };
  }
}

function placeOf(
  state: IndexedState,
  { bucket, byPath }: KnownPlaces,
): readonly Omit<KnownDocument, 'row'>[] {
  const start = `s3://${bucket}/`;
  if (!state.uri.startsWith(start)) return [];
  const key = state.uri.slice(start.length);
  const folder = byPath.get(key.replace(/[^/]*\/[^/]*$/, ''));
  const prefix = /([0-9a-f]{32})\.[^/]*$/.exec(key)?.[1];
  return folder && prefix ? [{ state, folder, key, prefix }] : [];
}
