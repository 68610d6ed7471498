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
