import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createPassageIndex, type PassageIndex } from './search/passage-index.ts';
import { openShelf, type Shelf, type StoredDocument } from './shelf.ts';

/** A document in the index of its knowledge base. */
export interface IndexedDocument extends StoredDocument {
  readonly dataSourceId: string;
}

/** The documents of every data source, and one index a knowledge base over them. */
export interface Library {
  shelf(knowledgeBaseId: string, dataSourceId: string): Shelf;
  /** Kept in step with the shelves. Waits until it is built from what was stored: seconds for 10,000 documents. */
  index(knowledgeBaseId: string): Promise<PassageIndex<IndexedDocument>>;
  /** Forgets all documents of the data source. */
  dropShelf(knowledgeBaseId: string, dataSourceId: string): void;
  dropKnowledgeBase(knowledgeBaseId: string): void;
  close(): void;
}

export function openLibrary(directory: string): Library {
  const rooms = new Map<string, Room>();
  function roomOf(knowledgeBaseId: string): Room {
    const known = rooms.get(knowledgeBaseId);
    if (known) return known;
    const room = openRoom(join(directory, knowledgeBaseId));
    rooms.set(knowledgeBaseId, room);
    return room;
  }
  return {
    shelf: (knowledgeBaseId, dataSourceId) => shelfIn(roomOf(knowledgeBaseId), dataSourceId),
    async index(knowledgeBaseId) {
      const room = roomOf(knowledgeBaseId);
      await room.built;
      return room.index;
    },
    dropShelf(knowledgeBaseId, dataSourceId) {
      const room = roomOf(knowledgeBaseId);
      const shelf = shelfIn(room, dataSourceId);
      for (const { uri } of shelf.all()) room.index.remove(keyOf(dataSourceId, uri));
      shelf.destroy();
      room.shelves.delete(dataSourceId);
    },
    dropKnowledgeBase(knowledgeBaseId) {
      const room = roomOf(knowledgeBaseId);
      closeRoom(room);
      rooms.delete(knowledgeBaseId);
      rmSync(room.directory, { recursive: true, force: true });
    },
    close: () => [...rooms.values()].forEach(closeRoom),
  };
}

/** One knowledge base. */
interface Room {
  readonly directory: string;
  readonly shelves: Map<string, Shelf>;
  readonly index: PassageIndex<IndexedDocument>;
  readonly built: Promise<void>;
}

const SUFFIX = '.ndjson';

function openRoom(directory: string): Room {
  mkdirSync(directory, { recursive: true });
  const ids = readdirSync(directory)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length));
  const index = createPassageIndex<IndexedDocument>();
  const shelves = new Map(
    ids.map((id) => [id, indexed(openShelf(join(directory, id + SUFFIX)), id, index)]),
  );
  return { directory, shelves, index, built: build(index, shelves) };
}

function shelfIn({ directory, shelves, index }: Room, dataSourceId: string): Shelf {
  const known = shelves.get(dataSourceId);
  if (known) return known;
  const path = join(directory, dataSourceId + SUFFIX);
  const opened = indexed(openShelf(path), dataSourceId, index);
  shelves.set(dataSourceId, opened);
  return opened;
}

function closeRoom({ shelves }: Room): void {
  for (const shelf of shelves.values()) shelf.close();
  shelves.clear();
}

/** A shelf whose changes reach the index of its knowledge base. */
function indexed(shelf: Shelf, dataSourceId: string, index: PassageIndex<IndexedDocument>): Shelf {
  return {
    ...shelf,
    put(document) {
      shelf.put(document);
      index.put(keyOf(dataSourceId, document.uri), { ...document, dataSourceId });
    },
    remove(uri, jobId) {
      shelf.remove(uri, jobId);
      index.remove(keyOf(dataSourceId, uri));
    },
  };
}

/** Between two slices of building, requests are answered. */
const DOCUMENTS_PER_SLICE = 50;

/** Fills the index with what the shelves hold, also with what changes meanwhile. Ends early when they are closed. */
async function build(
  index: PassageIndex<IndexedDocument>,
  shelves: ReadonlyMap<string, Shelf>,
): Promise<void> {
  for (const [dataSourceId, shelf] of shelves) {
    for (const [count, { uri }] of shelf.all().entries()) {
      if (count % DOCUMENTS_PER_SLICE === 0) await setImmediate();
      if (!shelves.has(dataSourceId)) break;
      const document = shelf.get(uri);
      if (document) index.put(keyOf(dataSourceId, uri), { ...document, dataSourceId });
    }
  }
}

function keyOf(dataSourceId: string, uri: string): string {
  return `${dataSourceId} ${uri}`;
}
