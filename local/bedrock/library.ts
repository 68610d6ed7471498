import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createPassageIndex, type PassageIndex } from './search/passage-index.ts';
import { openShelf, type Shelf, type StoredDocument } from './shelf.ts';

/** A document in the index of its knowledge base. */
export interface IndexedDocument extends StoredDocument {
  readonly dataSourceId: string;
}

/** The documents of every data source, and one index a knowledge base over them. */
export interface Library {
  shelf(knowledgeBaseId: string, dataSourceId: string): Shelf;
  /** Built from the shelves when it is first asked for; kept in step from then on. */
  index(knowledgeBaseId: string): PassageIndex<IndexedDocument>;
  /** Forgets all documents of the data source. */
  dropShelf(knowledgeBaseId: string, dataSourceId: string): void;
  dropKnowledgeBase(knowledgeBaseId: string): void;
  close(): void;
}

export function openLibrary(directory: string): Library {
  const shelves = new Map<string, Map<string, Shelf>>();
  const indexes = new Map<string, PassageIndex<IndexedDocument>>();

  function shelvesOf(knowledgeBaseId: string): Map<string, Shelf> {
    const known = shelves.get(knowledgeBaseId);
    if (known) return known;
    const opened = openShelves(join(directory, knowledgeBaseId), (dataSourceId, shelf) =>
      indexed(shelf, dataSourceId, () => indexes.get(knowledgeBaseId)),
    );
    shelves.set(knowledgeBaseId, opened);
    return opened;
  }

  function shelf(knowledgeBaseId: string, dataSourceId: string): Shelf {
    const own = shelvesOf(knowledgeBaseId);
    const known = own.get(dataSourceId);
    if (known) return known;
    const path = join(directory, knowledgeBaseId, `${dataSourceId}${SUFFIX}`);
    const opened = indexed(openShelf(path), dataSourceId, () => indexes.get(knowledgeBaseId));
    own.set(dataSourceId, opened);
    return opened;
  }

  return {
    shelf,
    index(knowledgeBaseId) {
      const known = indexes.get(knowledgeBaseId);
      if (known) return known;
      const built = builtIndex(shelvesOf(knowledgeBaseId));
      indexes.set(knowledgeBaseId, built);
      return built;
    },
    dropShelf(knowledgeBaseId, dataSourceId) {
      shelf(knowledgeBaseId, dataSourceId).destroy();
      shelvesOf(knowledgeBaseId).delete(dataSourceId);
      indexes.delete(knowledgeBaseId);
    },
    dropKnowledgeBase(knowledgeBaseId) {
      for (const one of shelvesOf(knowledgeBaseId).values()) one.close();
      shelves.delete(knowledgeBaseId);
      indexes.delete(knowledgeBaseId);
      rmSync(join(directory, knowledgeBaseId), { recursive: true, force: true });
    },
    close() {
      for (const own of shelves.values()) for (const one of own.values()) one.close();
    },
  };
}

const SUFFIX = '.ndjson';

function openShelves(
  directory: string,
  wrap: (dataSourceId: string, shelf: Shelf) => Shelf,
): Map<string, Shelf> {
  mkdirSync(directory, { recursive: true });
  const ids = readdirSync(directory)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length));
  return new Map(ids.map((id) => [id, wrap(id, openShelf(join(directory, `${id}${SUFFIX}`)))]));
}

/** A shelf whose changes reach the index of its knowledge base, as soon as there is one. */
function indexed(
  shelf: Shelf,
  dataSourceId: string,
  index: () => PassageIndex<IndexedDocument> | undefined,
): Shelf {
  return {
    ...shelf,
    put(document) {
      shelf.put(document);
      index()?.put(keyOf(dataSourceId, document.uri), { ...document, dataSourceId });
    },
    remove(uri, jobId) {
      shelf.remove(uri, jobId);
      index()?.remove(keyOf(dataSourceId, uri));
    },
  };
}

function builtIndex(shelves: ReadonlyMap<string, Shelf>): PassageIndex<IndexedDocument> {
  const index = createPassageIndex<IndexedDocument>();
  for (const [dataSourceId, shelf] of shelves) {
    for (const document of shelf.all()) {
      index.put(keyOf(dataSourceId, document.uri), { ...document, dataSourceId });
    }
  }
  return index;
}

function keyOf(dataSourceId: string, uri: string): string {
  return `${dataSourceId} ${uri}`;
}
