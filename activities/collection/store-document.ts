import { ApplicationFailure } from '@temporalio/common';
import type { Objects } from '../../adapters/aws/objects.ts';
import type { ManifestRow, StoredDocument } from '../../adapters/postgres/manifest.ts';
import { holdsClaim, overtaken } from '../../adapters/postgres/source-state.ts';
import type { SourceDocument, Validators } from '../sources/contract.ts';
import { sidecarKey } from './identity.ts';
import { singleLine } from './normalise.ts';
import type { PreparedDocument } from './prepare-document.ts';
import { renderSidecar } from './sidecar.ts';
import { reference, type StoreContext } from './store-context.ts';

/** A document of which one or both objects have to be written. */
export interface Put {
  readonly kind: 'put';
  readonly prepared: PreparedDocument;
  readonly row: ManifestRow | undefined;
  /** The objects are where the row says: write only the one that changed, over exactly that version. */
  readonly inPlace: boolean;
  readonly content: boolean;
  readonly sidecar: boolean;
}

/** What all uploads of one batch share. */
export interface UploadShare {
  /** @throws Conflict - a newer attempt has taken over. */
  readonly checkClaim: () => Promise<void>;
  readonly traffic: { putRequests: number; putBytes: number };
}

/** Sidecar first, so that no ingestion ever sees content without its attributes. */
export async function storeDocument(
  put: Put,
  context: StoreContext,
  share: UploadShare,
): Promise<StoredDocument> {
  const { row, inPlace } = put;
  const sidecarEtag = put.sidecar
    ? await putSidecar(put, context, share)
    : ((inPlace ? row?.sidecarEtag : null) ?? '');
  const contentEtag = put.content
    ? await putContent(put, context, share)
    : ((inPlace ? row?.contentEtag : null) ?? '');
  return storedDocument(put, context, { contentEtag, sidecarEtag });
}

async function putSidecar(put: Put, context: StoreContext, share: UploadShare): Promise<string> {
  const { prepared, row, inPlace } = put;
  const collectedAt = put.content ? context.startedAt : (row?.lastChanged ?? context.startedAt);
  const body = renderSidecar(prepared.attributes, collectedAt);
  const shared = {
    ...target(put, context),
    key: sidecarKey(prepared.key),
    contentType: 'application/json',
  };
  await share.checkClaim();
  const etag = await putFenced(context, expectedVersion(inPlace, row?.sidecarEtag), (expected) =>
    context.objects.put({ ...shared, body, expected }),
  );
  count(share, body.byteLength);
  return etag;
}

async function putContent(put: Put, context: StoreContext, share: UploadShare): Promise<string> {
  const { content, key } = put.prepared;
  const shared = {
    ...target(put, context),
    key,
    contentType: content.contentType,
    ...apartFromDeleted(put.row),
  };
  await share.checkClaim();
  const first = expectedVersion(put.inPlace, put.row?.contentEtag);
  const etag = await putFenced(context, first, (expected) =>
    content.kind === 'text'
      ? context.objects.put({ ...shared, body: content.body, expected })
      : context.objects.putFile({ ...shared, path: content.path, expected }),
  );
  count(share, content.bytes);
  return etag;
}

/** A deletion of the document may still be under way, in an attempt that sleeps. The sidecar differs anyway: it says when it was made. */
function apartFromDeleted(row: ManifestRow | undefined): { apart?: { etag: string } } {
  const isGone = row !== undefined && row.state !== 'live';
  return isGone && row.contentEtag ? { apart: { etag: row.contentEtag } } : {};
}

function count({ traffic }: UploadShare, bytes: number): void {
  traffic.putRequests += 1;
  traffic.putBytes += bytes;
}

type Expected = NonNullable<Parameters<Objects['put']>[0]['expected']>;

function expectedVersion(inPlace: boolean, etag: string | null | undefined): Expected {
  return inPlace && etag ? { etag } : 'absent';
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
    ...storableValidators(document.validators),
    ...optionalFields(document),
    bytes: content.bytes,
    notes: attributes.notes,
    contentChanged,
  };
}

function optionalFields({ title = '', url = '', modifiedAt }: SourceDocument) {
  const shownTitle = singleLine(title).slice(0, 500).toWellFormed();
  const shownUrl = singleLine(url);
  const time = storableTime(modifiedAt);
  return {
    ...(shownTitle ? { title: shownTitle } : {}),
    ...(shownUrl ? { url: shownUrl } : {}),
    ...(time ? { modifiedAt: time } : {}),
  };
}

/** Validators as the manifest can keep them; one that PostgreSQL cannot hold is left out, so that it is never sent in another form. */
export function storableValidators({ etag, lastModified }: Validators = {}): Validators {
  return {
    ...(isStorable(etag) ? { etag } : {}),
    ...(isStorable(lastModified) ? { lastModified } : {}),
  };
}

function isStorable(text: string | undefined): text is string {
  return text !== undefined && !text.includes('\0') && text.isWellFormed();
}

/** JavaScript reads more forms of a date, and other years, than PostgreSQL does. */
function storableTime(text: string | undefined): string | undefined {
  const date = new Date(text ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return undefined;
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date.toISOString() : undefined;
}
