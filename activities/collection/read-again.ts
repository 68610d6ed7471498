import { readDue } from '../../adapters/postgres/dead-letters.ts';
import type { AgainMessage, SourceEnv } from '../sources/contract.ts';
import type { OpenSource } from '../sources/define-source.ts';
import { reference, type StoreContext } from './store-context.ts';

/** A run reads no more dead letters again than this. */
const MAX_DOCUMENTS = 1000;
/** So many ids a request to the source type. */
const CHUNK = 100;

export interface AgainOptions {
  /** Only those that a person asked for; else all that are due. */
  readonly requested: boolean;
}

/**
 * Reads the dead letters that are due again, without the rest of the source; nothing where the type cannot. Each is answered: an id that the
 * type said nothing about stays a dead letter.
 */
export async function* readAgain(
  context: StoreContext & { readonly source: OpenSource },
  env: SourceEnv,
  { requested }: AgainOptions,
): AsyncGenerator<AgainMessage> {
  const { source, db, run } = context;
  if (!source.readAgain) return;
  const query = { ...reference(context), run, requested, limit: MAX_DOCUMENTS };
  const ids = await readDue(db, query);
  for (let from = 0; from < ids.length; from += CHUNK) {
    const chunk = ids.slice(from, from + CHUNK);
    yield* answered(source.readAgain(chunk, env), chunk);
  }
}

async function* answered(
  messages: AsyncIterable<AgainMessage>,
  ids: readonly string[],
): AsyncGenerator<AgainMessage> {
  const open = new Set(ids);
  for await (const message of messages) {
    const id = message.kind === 'document' ? message.document.id : message.id;
    if (id !== undefined) open.delete(id);
    yield message;
  }
  for (const id of open) yield { kind: 'failed', id, failure: 'SourceUnavailable', detail: SILENT };
}

const SILENT = 'The source was asked for this document alone and said nothing about it.';
