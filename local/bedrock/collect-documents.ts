import type { ListedObject } from './objects.ts';
import { readDocument, uriOf, type ListedDocument } from './read-document.ts';
import type { Workshop } from './service.ts';
import type { Shelf, StoredDocument } from './shelf.ts';
import { SIDECAR_SUFFIX } from './sidecar.ts';
import type { DataSourceRecord, JobRecord, JobStatistics } from './state.ts';

export interface CollectedDocuments {
  readonly statistics: JobStatistics;
  /** Not empty: the job as a whole failed, although good documents are indexed. */
  readonly failureReasons: readonly string[];
}

export const NO_STATISTICS: JobStatistics = {
  numberOfDocumentsScanned: 0,
  numberOfMetadataDocumentsScanned: 0,
  numberOfNewDocumentsIndexed: 0,
  numberOfModifiedDocumentsIndexed: 0,
  numberOfMetadataDocumentsModified: 0,
  numberOfDocumentsDeleted: 0,
  numberOfDocumentsFailed: 0,
  numberOfDocumentsSkipped: 0,
};

/**
 * Brings the index in step with what lies under the prefix: reads what is new or changed (content or sidecar), tries
 * again what failed, removes what is gone. Nothing is removed unless the whole prefix could be listed.
 * Idempotent for one job: called again after a kill, it goes on and counts what it did before.
 */
export async function collectDocuments(
  job: JobRecord,
  workshop: Workshop,
  signal: AbortSignal,
): Promise<CollectedDocuments> {
  const dataSource = workshop.state.dataSources.get(job.dataSourceId);
  if (!dataSource) throw new Error(`Data source "${job.dataSourceId}" does not exist any more.`);
  const listing = await listDocuments(dataSource, workshop, signal);
  const shelf = workshop.library.shelf(job.knowledgeBaseId, job.dataSourceId);
  const deeds = await readAll(listing.documents, { job, workshop, dataSource, shelf, signal });
  signal.throwIfAborted();
  removeMissing(listing.documents, { job, dataSource, shelf });

  const statistics = {
    ...countedDeeds(deeds),
    numberOfDocumentsScanned: listing.documents.length,
    numberOfMetadataDocumentsScanned: listing.sidecars,
    numberOfDocumentsDeleted: shelf.removedBy(job.id),
  };
  const refused = deeds.filter((deed) => deed === 'refused-by-store').length;
  const reason = `The vector store refused the metadata of ${refused} documents. Their status names the reason.`;
  return { statistics, failureReasons: refused > 0 ? [reason] : [] };
}

interface Listing {
  readonly documents: readonly ListedDocument[];
  readonly sidecars: number;
}

async function listDocuments(
  { bucket, prefix }: DataSourceRecord,
  { objects }: Workshop,
  signal: AbortSignal,
): Promise<Listing> {
  if (!(await objects.exists(bucket))) {
    throw new Error(`The S3 bucket "${bucket}" does not exist.`);
  }
  const found = new Map<string, ListedObject>();
  for await (const object of objects.list(bucket, prefix)) {
    signal.throwIfAborted();
    if (!object.key.endsWith('/')) found.set(object.key, object);
  }
  const documents = [...found.values()]
    .filter(({ key }) => !key.endsWith(SIDECAR_SUFFIX))
    .map(({ key, etag, size }) => {
      const sidecarEtag = found.get(key + SIDECAR_SUFFIX)?.etag ?? null;
      return { key, etag, size, sidecarEtag };
    });
  return { documents, sidecars: found.size - documents.length };
}

/** What a job did with a document; a document can be `modified` and `metadata` at once. */
type Deed = 'new' | 'modified' | 'metadata' | 'failed' | 'skipped' | 'refused-by-store';

interface Collecting {
  readonly job: JobRecord;
  readonly workshop: Workshop;
  readonly dataSource: DataSourceRecord;
  readonly shelf: Shelf;
  readonly signal: AbortSignal;
}

const MAX_READS_AT_ONCE = 8;

async function readAll(
  documents: readonly ListedDocument[],
  collecting: Collecting,
): Promise<readonly string[]> {
  const deeds: string[] = [];
  const queue = documents.values();
  async function readOn(): Promise<void> {
    for (const listed of queue) {
      collecting.signal.throwIfAborted();
      deeds.push(...(await collectOne(listed, collecting)));
    }
  }
  await Promise.all(Array.from({ length: MAX_READS_AT_ONCE }, readOn));
  return deeds;
}

async function collectOne(
  listed: ListedDocument,
  { job, workshop, dataSource, shelf }: Collecting,
): Promise<readonly string[]> {
  const known = shelf.get(uriOf(dataSource.bucket, listed.key));
  if (known && isSame(known, listed)) {
    if (known.job?.id === job.id) return known.job.did;
    if (known.status === 'IGNORED') return ['skipped'];
    if (known.status === 'INDEXED' || known.status === 'PARTIALLY_INDEXED') return [];
  }
  const knowledgeBase = workshop.state.knowledgeBases.get(dataSource.knowledgeBaseId);
  const { document, failsJob } = await readDocument(listed, {
    objects: workshop.objects,
    faults: workshop.faults,
    dataSource,
    storageType: knowledgeBase?.storageType,
    now: workshop.timing.clock.now(),
  });
  const did = failsJob
    ? [...deedsOf(known, document), 'refused-by-store']
    : deedsOf(known, document);
  shelf.put({ ...document, job: { id: job.id, did } });
  return did;
}

function isSame(known: StoredDocument, listed: ListedDocument): boolean {
  return known.etag === listed.etag && known.sidecarEtag === listed.sidecarEtag;
}

function deedsOf(before: StoredDocument | undefined, now: StoredDocument): readonly Deed[] {
  if (now.status === 'FAILED') return ['failed'];
  if (now.status === 'IGNORED') return ['skipped'];
  if (!before || before.passages.length === 0) return ['new'];
  return [
    ...(before.etag === now.etag ? [] : (['modified'] as const)),
    ...(before.sidecarEtag === now.sidecarEtag ? [] : (['metadata'] as const)),
  ];
}

function removeMissing(
  documents: readonly ListedDocument[],
  { job, dataSource, shelf }: Pick<Collecting, 'job' | 'dataSource' | 'shelf'>,
): void {
  const present = new Set(documents.map(({ key }) => uriOf(dataSource.bucket, key)));
  for (const { uri, passages } of shelf.all()) {
    // What was never indexed goes without being counted as deleted.
    if (!present.has(uri)) shelf.remove(uri, passages.length > 0 ? job.id : undefined);
  }
}

function countedDeeds(deeds: readonly string[]): JobStatistics {
  const count = (deed: Deed): number => deeds.filter((one) => one === deed).length;
  return {
    ...NO_STATISTICS,
    numberOfNewDocumentsIndexed: count('new'),
    numberOfModifiedDocumentsIndexed: count('modified'),
    numberOfMetadataDocumentsModified: count('metadata'),
    numberOfDocumentsFailed: count('failed'),
    numberOfDocumentsSkipped: count('skipped'),
  };
}
