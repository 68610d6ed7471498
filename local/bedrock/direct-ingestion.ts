import { readDocument, uriOf, type ListedDocument } from './read-document.ts';
import type { Workshop } from './service.ts';
import type { Shelf, StoredDocument } from './shelf.ts';
import { SIDECAR_SUFFIX } from './sidecar.ts';
import type { DataSourceRecord } from './state.ts';

/** Brings single documents into the index, or out of it, without a job. */
export interface DirectIngestion {
  /** Makes the document STARTING; its object is read a little later. */
  ingest(dataSource: DataSourceRecord, uri: string): StoredDocument;
  /** Makes the document DELETING; the object in the bucket stays. `undefined`: it is not in the index. */
  remove(dataSource: DataSourceRecord, uri: string): StoredDocument | undefined;
  /** Goes on with what a killed process left behind. */
  resume(): void;
  close(): Promise<void>;
}

export function createDirectIngestion(workshop: Workshop): DirectIngestion {
  const { state, library, timing } = workshop;
  const closing = new AbortController();
  const pending = new Set<Promise<void>>();

  function later(dataSource: DataSourceRecord, waiting: StoredDocument): StoredDocument {
    const work = finish(dataSource, waiting, workshop, closing.signal).finally(() =>
      pending.delete(work),
    );
    pending.add(work);
    return waiting;
  }

  function mark(
    { knowledgeBaseId, id }: DataSourceRecord,
    document: StoredDocument,
    status: 'STARTING' | 'DELETING',
  ): StoredDocument {
    const { statusReason: _, job: __, ...rest } = document;
    const waiting = { ...rest, status, updatedAt: timing.clock.now() };
    library.shelf(knowledgeBaseId, id).put(waiting);
    return waiting;
  }

  return {
    ingest(dataSource, uri) {
      const known = library.shelf(dataSource.knowledgeBaseId, dataSource.id).get(uri);
      return later(dataSource, mark(dataSource, known ?? blank(uri), 'STARTING'));
    },
    remove(dataSource, uri) {
      const known = library.shelf(dataSource.knowledgeBaseId, dataSource.id).get(uri);
      return known && later(dataSource, mark(dataSource, known, 'DELETING'));
    },
    resume() {
      for (const dataSource of state.dataSources.all()) {
        const documents = library.shelf(dataSource.knowledgeBaseId, dataSource.id).all();
        for (const document of documents) if (isWaiting(document)) later(dataSource, document);
      }
    },
    async close() {
      closing.abort();
      await Promise.allSettled(pending);
    },
  };
}

async function finish(
  dataSource: DataSourceRecord,
  waiting: StoredDocument,
  workshop: Workshop,
  closing: AbortSignal,
): Promise<void> {
  const shelf = workshop.library.shelf(dataSource.knowledgeBaseId, dataSource.id);
  try {
    await workshop.timing.clock.wait(workshop.timing.documentMs, closing);
    if (waiting.status === 'DELETING') removeIfSame(shelf, waiting);
    else putIfSame(shelf, waiting, await readNow(dataSource, waiting, workshop));
  } catch (error) {
    if (closing.aborted) return;
    const statusReason = error instanceof Error ? error.message : String(error);
    putIfSame(shelf, waiting, { ...waiting, passages: [], status: 'FAILED', statusReason });
  }
}

async function readNow(
  dataSource: DataSourceRecord,
  waiting: StoredDocument,
  workshop: Workshop,
): Promise<StoredDocument> {
  const knowledgeBase = workshop.state.knowledgeBases.get(dataSource.knowledgeBaseId);
  const listed = await findObject(dataSource.bucket, waiting.uri, workshop);
  if (!listed) {
    const statusReason = 'The object does not exist in the bucket.';
    return { ...waiting, passages: [], status: 'FAILED', statusReason };
  }
  const reading = await readDocument(listed, {
    objects: workshop.objects,
    faults: workshop.faults,
    dataSource,
    storageType: knowledgeBase?.storageType,
    now: workshop.timing.clock.now(),
  });
  return reading.document;
}

async function findObject(
  bucket: string,
  uri: string,
  { objects }: Workshop,
): Promise<ListedDocument | undefined> {
  const key = uri.slice(uriOf(bucket, '').length);
  let object: Omit<ListedDocument, 'sidecarEtag'> | undefined;
  let sidecarEtag: string | null = null;
  for await (const listed of objects.list(bucket, key)) {
    if (listed.key === key) object = listed;
    if (listed.key === key + SIDECAR_SUFFIX) sidecarEtag = listed.etag;
  }
  return object && { ...object, sidecarEtag };
}

/** A later request or a job may have changed the document meanwhile; then that state stands. */
function putIfSame(shelf: Shelf, waiting: StoredDocument, next: StoredDocument): void {
  if (isUnchanged(shelf, waiting)) shelf.put(next);
}

function removeIfSame(shelf: Shelf, waiting: StoredDocument): void {
  if (isUnchanged(shelf, waiting)) shelf.remove(waiting.uri);
}

function isUnchanged(shelf: Shelf, waiting: StoredDocument): boolean {
  const now = shelf.get(waiting.uri);
  return now?.status === waiting.status && now.updatedAt === waiting.updatedAt;
}

function isWaiting({ status }: StoredDocument): boolean {
  return status === 'STARTING' || status === 'DELETING';
}

function blank(uri: string): StoredDocument {
  return {
    uri,
    status: 'STARTING',
    etag: null,
    sidecarEtag: null,
    attributes: {},
    embedded: [],
    passages: [],
    updatedAt: 0,
  };
}
