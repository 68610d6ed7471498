import type { ReadMessage, SourceDocument } from '../../../../activities/sources/contract.ts';
import { database } from '../../../../activities/sources/database.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';

type Message = ReadMessage<unknown>;
type Config = Readonly<Record<string, unknown>>;
interface RunOptions {
  readonly startedAt?: Date;
  readonly known?: ReadonlySet<string>;
  /** Of them those whose last reading failed. */
  readonly failed?: ReadonlySet<string>;
}

/** One read from a cursor to its end. */
export async function readAll(
  config: Config,
  from: unknown = null,
  { known, failed, startedAt }: RunOptions = {},
): Promise<Message[]> {
  const env = sourceEnv({
    ...(startedAt ? { startedAt } : {}),
    known: new Map([...(known ?? [])].map((id) => [id, failed?.has(id) ? { failed: true } : {}])),
  });
  try {
    return await Array.fromAsync(database.open(config).read(from, env));
  } finally {
    env.remove();
  }
}

/** Runs one after another, each from the last checkpoint of the one before. */
export function runs(config: Config): (options?: RunOptions) => Promise<Message[]> {
  let from: unknown = null;
  return async (options) => {
    const messages = await readAll(config, from, options);
    from = messages.findLast((one) => one.kind === 'checkpoint')?.cursor ?? null;
    return messages;
  };
}

/** What a manifest holds of a document after some runs. */
interface KeptDocument {
  readonly text: string;
  readonly etag?: string;
}

interface KeptRun {
  readonly messages: readonly Message[];
  /** Ids that were new or whose text changed: what would be written. */
  readonly written: readonly string[];
  /** Ids that left: said to be gone, or missing from a complete listing. */
  readonly removed: readonly string[];
}

/** A source whose runs follow one another as in production: what they emit is kept, and told to the next one as `known`. */
export function keeping(config: Config) {
  const kept = new Map<string, KeptDocument>();
  let from: unknown = null;
  async function run(startedAt = new Date()): Promise<KeptRun> {
    const env = sourceEnv({ startedAt, known: kept });
    const messages: Message[] = [];
    const written: string[] = [];
    const gone = new Set<string>();
    try {
      for await (const message of database.open(config).read(from, env)) {
        messages.push(message);
        if (message.kind === 'checkpoint') from = structuredClone(message.cursor);
        if (message.kind === 'gone' && kept.has(message.id)) gone.add(message.id);
        if (message.kind === 'document' && keep(kept, message.document))
          written.push(message.document.id);
      }
    } finally {
      env.remove();
    }
    const isComplete = messages.some((one) => one.kind === 'listing' && one.complete);
    const seen = idsOf(messages);
    const missing = [...kept.keys()].filter((id) => isComplete && !seen.has(id));
    const removed = [...new Set([...gone, ...missing])];
    for (const id of removed) kept.delete(id);
    return { messages, written, removed };
  }
  return { run, kept: kept as ReadonlyMap<string, KeptDocument> };
}

function keep(
  kept: Map<string, KeptDocument>,
  { id, body, validators = {} }: SourceDocument,
): boolean {
  const text = 'text' in body ? body.text : body.path;
  const isNew = kept.get(id)?.text !== text;
  kept.set(id, { text, ...validators });
  return isNew;
}

export function documentsOf(messages: readonly Message[]): SourceDocument[] {
  return messages.flatMap((one) => (one.kind === 'document' ? [one.document] : []));
}

/** What a run would count as present. */
export function idsOf(messages: readonly Message[]): Set<string> {
  return new Set(
    messages.flatMap((one) => {
      if (one.kind === 'document') return [one.document.id];
      return one.kind === 'seen' ? [one.id] : [];
    }),
  );
}

/** The error that a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}
