import type { KnownDocument, SourceDocument } from '../contract.ts';
import type { Message } from './trial.ts';

type Messages = readonly Message[];

export function documentsOf(messages: Messages): readonly SourceDocument[] {
  return messages.flatMap((one) => (one.kind === 'document' ? [one.document] : []));
}

/** What a run would count as present. */
export function presentIds(messages: Messages): ReadonlySet<string> {
  return new Set(
    messages.flatMap((one) => {
      if (one.kind === 'document') return [one.document.id];
      return one.kind === 'seen' ? [one.id] : [];
    }),
  );
}

/** The last content of each document, as text that can be compared. Files are compared by their presence: their paths differ. */
export function contentsOf(messages: Messages, idsOnly = false): ReadonlyMap<string, string> {
  return new Map(
    documentsOf(messages).map((one) => [
      one.id,
      idsOnly || one.body.kind === 'file' ? '' : JSON.stringify(one),
    ]),
  );
}

export interface Checkpoint {
  /** Messages before it. */
  readonly index: number;
  readonly cursor: unknown;
}

export function checkpointsOf(messages: Messages): readonly Checkpoint[] {
  return messages.flatMap((one, index) =>
    one.kind === 'checkpoint' ? [{ index, cursor: one.cursor }] : [],
  );
}

/** Where the next run would begin. */
export function lastCursor(messages: Messages): unknown {
  return checkpointsOf(messages).at(-1)?.cursor ?? null;
}

export function listingOf(messages: Messages): Extract<Message, { kind: 'listing' }> | undefined {
  return messages.find((one) => one.kind === 'listing');
}

/** What the manifest would know after a run. */
export function knownAfter(messages: Messages): ReadonlyMap<string, KnownDocument> {
  const lastChanged = new Date().toISOString();
  return new Map(
    documentsOf(messages).map(({ id, validators, modifiedAt }) => [
      id,
      { ...validators, lastChanged, ...(modifiedAt === undefined ? {} : { modifiedAt }) },
    ]),
  );
}

/** What differs between two sets of documents, each as a clause; empty where nothing does. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): {
  readonly missing: readonly string[];
  readonly added: readonly string[];
  readonly changed: readonly string[];
} {
  return {
    missing: [...before.keys()].filter((id) => !after.has(id)),
    added: [...after.keys()].filter((id) => !before.has(id)),
    changed: [...before]
      .filter(([id, text]) => after.has(id) && after.get(id) !== text)
      .map(([id]) => id),
  };
}
