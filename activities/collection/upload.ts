import { ApplicationFailure } from '@temporalio/common';
import type { Objects } from '../../adapters/aws/objects.ts';
import type {
  FailedDocument,
  ManifestRow,
  StoredDocument,
} from '../../adapters/postgres/manifest.ts';
import { holdsClaim, overtaken } from '../../adapters/postgres/source-state.ts';
import type { SourceDocument } from '../sources/contract.ts';
import { concurrently } from './concurrently.ts';
import { sidecarKey } from './identity.ts';
import { singleLine } from './normalise.ts';
import type { PreparedDocument } from './prepare-document.ts';
import { renderSidecar } from './sidecar.ts';
import { failedDocument } from './sort-messages.ts';
import { reference, type StoreContext } from './store-context.ts';

/** What one document needs: nothing, or some of its objects written. */
export type Write =
  | { readonly kind: 'none'; readonly prepared: PreparedDocument }
  | {
      readonly kind: 'put';
      readonly prepared: PreparedDocument;
      readonly row: ManifestRow | undefined;
      /** The objects are where the row says: write only the one that changed, over exactly that version. */
      readonly inPlace: boolean;
      readonly content: boolean;
      readonly sidecar: boolean;
    };

/** Compares with the manifest: equal hashes in the right place cost no write. */
export function decideWrite(
  prepared: PreparedDocument,
  row: ManifestRow | undefined,
  { definition }: StoreContext,
): Write {
  const inPlace =
    row?.state === 'live' &&
    row.key === prepared.key &&
    row.bucket === definition.knowledgeBase.bucket;
  const content = !inPlace || row.contentHash !== prepared.contentHash;
  const sidecar = !inPlace || row.metaHash !== prepared.metaHash || content;
  if (!content && !sidecar) return { kind: 'none', prepared };
  return { kind: 'put', prepared, row, inPlace, content, sidecar };
}

type Put = Extract<Write, { kind: 'put' }>;

/** What an upload did. */
export interface Uploaded {
  readonly stored: readonly StoredDocument[];
  readonly failed: readonly FailedDocument[];
  readonly putRequests: number;
  readonly putBytes: number;
}

/**
 * Puts what changed into S3, sidecar before content. Running it twice writes nothing twice: what lies there is recognised by its hash.
 * @throws Conflict - a newer attempt has taken over.
 */
export async function upload(writes: readonly Write[], context: StoreContext): Promise<Uploaded> {
  const puts = writes.filter((write) => write.kind === 'put');
  if (puts.length === 0) return { stored: [], failed: [], putRequests: 0, putBytes: 0 };
  // A zombie stops here, before its first write; a later one is stopped by the conditional writes and by the commit.
  if (!(await holdsClaim(context.db, reference(context), context.claim.fence)))
    throw overtaken(reference(context));
  const stored: StoredDocument[] = [];
  const failed: FailedDocument[] = [];
  const traffic = { putRequests: 0, putBytes: 0 };
  await concurrently(puts, context.uploads, async (put) => {
    try {
      stored.push(await store(put, context, traffic));
    } catch (error) {
      if (!isOneDocumentsFault(error)) throw error;
      const { hash, document } = put.prepared;
      failed.push(
        failedDocument(
          hash,
          document.id,
          { failure: 'InvalidDocument', detail: messageOf(error) },
          context,
        ),
      );
    }
  });
  return { stored, failed, ...traffic };
}

/** Sidecar first, so that no ingestion ever sees content without its attributes. */
async function store(
  put: Put,
  context: StoreContext,
  traffic: { putRequests: number; putBytes: number },
): Promise<StoredDocument> {
  const { prepared, row, inPlace } = put;
  const collectedAt = put.content ? context.startedAt : (row?.lastChanged ?? context.startedAt);
  let sidecarEtag = inPlace ? row?.sidecarEtag : null;
  if (put.sidecar) {
    const body = renderSidecar(prepared.attributes, collectedAt);
    const key = sidecarKey(prepared.key);
    sidecarEtag = await putFenced(context, expectedVersion(inPlace, row?.sidecarEtag), (expected) =>
      context.objects.put({
        ...target(put, context),
        key,
        body,
        contentType: 'application/json',
        expected,
      }),
    );
    traffic.putRequests += 1;
    traffic.putBytes += body.byteLength;
  }
  let contentEtag = inPlace ? row?.contentEtag : null;
  if (put.content) {
    contentEtag = await putFenced(context, expectedVersion(inPlace, row?.contentEtag), (expected) =>
      putContent(put, context, expected),
    );
    traffic.putRequests += 1;
    traffic.putBytes += prepared.content.bytes;
  }
  return storedDocument(put, context, {
    contentEtag: contentEtag ?? '',
    sidecarEtag: sidecarEtag ?? '',
  });
}

type Expected = NonNullable<Parameters<Objects['put']>[0]['expected']>;

function expectedVersion(inPlace: boolean, etag: string | null | undefined): Expected {
  return inPlace && etag ? { etag } : 'absent';
}

function putContent(
  put: Put,
  context: StoreContext,
  expected: Expected,
): Promise<{ readonly etag: string }> {
  const { content, key } = put.prepared;
  const shared = { ...target(put, context), key, contentType: content.contentType, expected };
  return content.kind === 'text'
    ? context.objects.put({ ...shared, body: content.body })
    : context.objects.putFile({ ...shared, path: content.path });
}

function target(put: Put, { definition, run, signal }: StoreContext) {
  const metadata = { 'doc-id-hash': put.prepared.hash, 'run-id': run };
  return { bucket: definition.knowledgeBase.bucket, metadata, signal };
}

const PUT_TRIES = 4;

/** Another version than the recorded one lies there: written by a crash before its row, or by a newer attempt. Only the owner of the claim goes on. */
async function putFenced(
  context: StoreContext,
  first: Expected,
  put: (expected: Expected) => Promise<{ readonly etag: string }>,
): Promise<string> {
  let expected = first;
  for (let tries = 1; ; tries += 1) {
    try {
      return (await put(expected)).etag;
    } catch (error) {
      if (!isConflict(error) || tries >= PUT_TRIES) throw error;
      if (!(await holdsClaim(context.db, reference(context), context.claim.fence)))
        throw overtaken(reference(context));
      const etag = currentEtag(error);
      expected = etag ? { etag } : 'absent';
    }
  }
}

function isConflict(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && error.type === 'Conflict';
}

function currentEtag(error: ApplicationFailure): string | undefined {
  const etag = (error.details?.[0] as { etag?: unknown } | undefined)?.etag;
  return typeof etag === 'string' ? etag : undefined;
}

/** S3 refuses exactly this object (its key, its metadata, its size); anything else concerns the bucket or the service. */
function isOneDocumentsFault(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === 'InvalidDocument';
}

function storedDocument(
  { prepared, content: contentChanged }: Put,
  { definition, configSig }: StoreContext,
  etags: { readonly contentEtag: string; readonly sidecarEtag: string },
): StoredDocument {
  const { hash, document, key, content, contentHash, metaHash, attributes } = prepared;
  return {
    hash,
    docId: singleLine(document.id),
    bucket: definition.knowledgeBase.bucket,
    key,
    contentHash,
    metaHash,
    configSig,
    ...etags,
    ...document.validators,
    ...optionalFields(document),
    bytes: content.bytes,
    notes: attributes.notes,
    contentChanged,
  };
}

function optionalFields({ title, url, modifiedAt }: SourceDocument) {
  const valid = modifiedAt !== undefined && !Number.isNaN(Date.parse(modifiedAt));
  return {
    ...(title ? { title: singleLine(title).slice(0, 500).toWellFormed() } : {}),
    ...(url ? { url: singleLine(url) } : {}),
    ...(valid ? { modifiedAt } : {}),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
