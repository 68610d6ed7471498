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
 * Reads the dead letters that are due again, without the rest of the source; nothing where the type cannot. What it says nothing about stays
 * as it is. After a whole read a source that breaks off here ends this alone: what was read must not be read again for it.
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
    try {
      yield* source.readAgain(chunk, env);
    } catch (error) {
      if (requested || env.signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      env.log.warn('dead letters were not read again', { reason: context.redact(reason) });
      return;
    }
  }
}
