import type { FailedDocument, GoneDocument } from '../../adapters/postgres/manifest.ts';
import type { FailureName } from '../../workflows/failures.ts';
import type { ReadMessage, SourceDocument } from '../sources/contract.ts';
import { documentHash } from './identity.ts';
import { singleLine } from './normalise.ts';
import { prepareDocument, type PreparedDocument } from './prepare-document.ts';
import type { StoreContext } from './store-context.ts';

/** A message about one document. */
export type DocumentMessage = Exclude<ReadMessage<unknown>, { kind: 'checkpoint' | 'listing' }>;

/** The messages of a batch by what has to be done about them. */
export interface Sorted {
  readonly prepared: readonly PreparedDocument[];
  readonly seen: ReadonlyMap<string, string>;
  readonly failed: readonly FailedDocument[];
  readonly gone: readonly GoneDocument[];
}

/**
 * By document, the last message of each; documents are rendered and hashed, refused ones are among the failed. That a document is there
 * says nothing about its content: `seen` takes the place of no document and of no failure.
 */
export async function sortMessages(
  messages: readonly DocumentMessage[],
  context: StoreContext,
): Promise<Sorted> {
  const last = new Map<string, DocumentMessage>();
  for (const message of messages) {
    const hash = hashOf(message);
    const earlier = last.get(hash)?.kind;
    if (message.kind === 'seen' && (earlier === 'document' || earlier === 'failed')) continue;
    last.delete(hash);
    last.set(hash, message);
  }
  const prepared: PreparedDocument[] = [];
  const failed: FailedDocument[] = [];
  const gone: GoneDocument[] = [];
  const seen = new Map<string, string>();
  for (const [hash, message] of last) {
    if (message.kind === 'seen') seen.set(hash, message.id);
    else if (message.kind === 'gone')
      gone.push({
        hash,
        why: cleanDetail(message.why, context),
        weight: message.tentative ? 1 : 2,
      });
    else if (message.kind === 'failed')
      failed.push(failedDocument(hash, message.id, message, context));
    else {
      const result = await prepare(message.document, context);
      if ('failure' in result)
        failed.push(failedDocument(hash, message.document.id, result, context));
      else prepared.push(result);
    }
  }
  return { prepared, seen, failed, gone };
}

/** A document that breaks our code is that document's misfortune, not the batch's. */
async function prepare(
  document: SourceDocument,
  context: StoreContext,
): Promise<PreparedDocument | { readonly failure: FailureName; readonly detail: string }> {
  try {
    const result = await prepareDocument(document, context);
    return 'refused' in result ? { failure: 'InvalidDocument', detail: result.refused } : result;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { failure: 'Defect', detail: `The document could not be prepared: ${message}.` };
  }
}

function hashOf(message: DocumentMessage): string {
  if (message.kind === 'document') return documentHash(message.document.id);
  return documentHash(message.kind === 'failed' ? (message.id ?? message.detail) : message.id);
}

/** A dead letter, cleaned of secrets and of what PostgreSQL cannot hold. */
export function failedDocument(
  hash: string,
  id: string | undefined,
  { failure, detail }: { readonly failure: FailureName; readonly detail: string },
  context: StoreContext,
): FailedDocument {
  const docId = id === undefined ? {} : { docId: singleLine(id).slice(0, 2048) };
  return { hash, ...docId, failure, detail: cleanDetail(detail, context) };
}

/** Secrets go first: one with line ends in it would not be found any more in a single line. */
export function cleanDetail(text: string, { redact }: Pick<StoreContext, 'redact'>): string {
  return singleLine(redact(text)).slice(0, 1000).toWellFormed();
}
