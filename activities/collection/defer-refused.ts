import { readRefused, type RefusedInput } from '../../adapters/postgres/dead-letters.ts';
import type { FailedDocument } from '../../adapters/postgres/manifest.ts';
import type { PreparedDocument } from './prepare-document.ts';
import { reference, type StoreContext } from './store-context.ts';
import { isFailureName } from '../../workflows/failures.ts';
import { failedDocument } from './sort-messages.ts';
import type { Write } from './upload.ts';

export interface Deferred {
  readonly writes: readonly Write[];
  /** Still dead letters: not tried, and counted as failed. */
  readonly deferred: readonly FailedDocument[];
  /** Of the documents to write those that were refused before: that it happens again says nothing about the bucket. */
  readonly refusedBefore: ReadonlySet<string>;
}

/** Leaves out what storage has refused before as it is now, until it is due again. Another text, other attributes, another definition are tried at once. */
export async function deferRefused(
  writes: readonly Write[],
  context: StoreContext,
): Promise<Deferred> {
  const puts = writes.filter(({ kind }) => kind === 'put').map(({ prepared }) => prepared.hash);
  const refused = await readRefused(context.db, reference(context), puts);
  const isDeferred = ({ kind, prepared }: Write): boolean => {
    const before = refused.get(prepared.hash);
    return kind === 'put' && before?.due === false && isSame(before, prepared, context);
  };
  const deferred = writes.filter(isDeferred).map(({ prepared }) => prepared);
  return {
    writes: writes.filter((write) => !isDeferred(write)),
    deferred: deferred.map((prepared) =>
      stillFailed(prepared, refused.get(prepared.hash), context),
    ),
    refusedBefore: new Set(refused.keys()),
  };
}

function isSame(
  refused: RefusedInput,
  { contentHash, metaHash }: PreparedDocument,
  { configSig }: StoreContext,
): boolean {
  return (
    refused.contentHash === contentHash &&
    refused.metaHash === metaHash &&
    refused.configSig === configSig
  );
}

function stillFailed(
  { hash, document }: PreparedDocument,
  refused: RefusedInput | undefined,
  context: StoreContext,
): FailedDocument {
  const name = refused?.failure;
  const failure = isFailureName(name) ? name : 'InvalidDocument';
  const detail = refused?.detail ?? '';
  return { ...failedDocument(hash, document.id, { failure, detail }, context), deferred: true };
}
