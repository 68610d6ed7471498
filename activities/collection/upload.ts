import type {
  FailedDocument,
  ManifestRow,
  StoredDocument,
} from '../../adapters/postgres/manifest.ts';
import { holdsClaim, isOvertaken, overtaken } from '../../adapters/postgres/source-state.ts';
import { refuseShrunken } from '../../workflows/collection/content-guard.ts';
import { concurrently } from './concurrently.ts';
import { isOurs, patiently, type OurFailure } from './patiently.ts';
import type { PreparedDocument } from './prepare-document.ts';
import { cleanDetail, failedDocument } from './sort-messages.ts';
import { reference, type StoreContext } from './store-context.ts';
import { storeDocument, type Put } from './store-document.ts';

/** What one document needs: nothing, some of its objects written, or a person who looks at it. */
export type Write =
  | { readonly kind: 'none'; readonly prepared: PreparedDocument }
  | { readonly kind: 'held'; readonly prepared: PreparedDocument; readonly detail: string }
  | Put;

/** Compares with the manifest: equal hashes in the right place cost no write, and a text that lost most of itself is not written. */
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
  const detail = shrunken(prepared, row);
  if (detail !== undefined) return { kind: 'held', prepared, detail };
  return { kind: 'put', prepared, row, inPlace, content, sidecar };
}

/** Only text tells by its size how much of it there is; another kind of file is another document. */
function shrunken({ content }: PreparedDocument, row: ManifestRow | undefined): string | undefined {
  const wasText = row?.state === 'live' && row.key.endsWith('.md');
  if (!wasText || content.kind !== 'text') return undefined;
  const { bytes: lastBytes, acceptedBytes } = row;
  return refuseShrunken({ bytes: content.bytes, lastBytes, acceptedBytes });
}

/** What an upload did. */
export interface Uploaded {
  readonly stored: readonly StoredDocument[];
  readonly failed: readonly FailedDocument[];
  readonly putRequests: number;
  readonly putBytes: number;
}

/**
 * Puts what changed into S3, sidecar before content. Running it twice writes nothing twice: what lies there is recognised by its hash.
 * A document that S3 does not take, in spite of some tries, is reported as failed. Where nothing at all was taken of what was not refused
 * before, it is not the documents' fault, and the failure of the first one is thrown.
 * @throws Conflict - a newer attempt has taken over.
 */
export async function upload(
  writes: readonly Write[],
  refusedBefore: ReadonlySet<string>,
  context: StoreContext,
): Promise<Uploaded> {
  const puts = writes.filter((write) => write.kind === 'put');
  const stored: StoredDocument[] = [];
  const refused: Refusal[] = [];
  const share = {
    checkClaim: claimCheck(context),
    traffic: { putRequests: 0, putBytes: 0 },
  };
  await concurrently(puts, context.uploads, async (put) => {
    try {
      stored.push(await patiently(() => storeDocument(put, context, share), context.signal));
    } catch (error) {
      if (!isOurs(error) || isOvertaken(error)) throw error;
      refused.push({ put, error });
      // As many in a row as are under way at once: the rest need not be tried.
      if (refused.length >= context.uploads) throwIfHopeless(stored, refused, refusedBefore);
    }
  });
  throwIfHopeless(stored, refused, refusedBefore);
  const failed = refused.map((refusal) => toFailed(refusal, context));
  return { stored, failed, ...share.traffic };
}

interface Refusal {
  readonly put: Put;
  readonly error: OurFailure;
}

/** `InvalidDocument` is what S3 says of exactly this object (its key, its size); anything else may concern the bucket or the service. */
function throwIfHopeless(
  stored: readonly StoredDocument[],
  refused: readonly Refusal[],
  refusedBefore: ReadonlySet<string>,
): void {
  if (stored.length > 0) return;
  const common = refused.find(
    ({ put, error }) => error.type !== 'InvalidDocument' && !refusedBefore.has(put.prepared.hash),
  );
  if (common) throw common.error;
}

/** With what identifies the input, so that the same one is not tried for ever. */
function toFailed({ put, error }: Refusal, context: StoreContext): FailedDocument {
  const { hash, document, contentHash, metaHash } = put.prepared;
  const { url } = document;
  const failed = { failure: error.type, detail: error.message };
  return {
    ...failedDocument(hash, document.id, failed, context),
    ...(url === undefined ? {} : { inputRef: cleanDetail(url, context) }),
    inputSha256: contentHash,
    inputMetaSha256: metaHash,
    configSig: context.configSig,
  };
}

/** How long an answer about the claim is good for. A process that slept through it (a zombie) asks again before its next write. */
const CLAIM_FRESH_MS = 5000;

/** A zombie stops before its first write, and after a pause; what is under way then, the conditional writes and the commit stop. */
function claimCheck(context: StoreContext): () => Promise<void> {
  let asked: { readonly atMs: number; readonly held: Promise<boolean> } | undefined;
  return async () => {
    if (!asked || performance.now() - asked.atMs > CLAIM_FRESH_MS) {
      const held = holdsClaim(context.db, reference(context), context.claim.fence);
      asked = { atMs: performance.now(), held };
    }
    if (!(await asked.held)) throw overtaken(reference(context));
  };
}
