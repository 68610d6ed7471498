import type { ReadMessage } from '../../../../activities/sources/contract.ts';
import type { BoundSourceType } from '../../../../activities/sources/define-source.ts';
import { sourceEnv, type SourceEnvOverrides } from '../../../fakes/source-env.ts';
import type { Site } from '../../../fakes/site.ts';

export interface Reading {
  readonly messages: readonly ReadMessage<unknown>[];
  /** What ended it, if it did not end well. */
  readonly error?: unknown;
}

/** All messages of a read, and how it ended. */
export async function readAll(
  type: BoundSourceType,
  config: Readonly<Record<string, unknown>>,
  { from = null, ...overrides }: SourceEnvOverrides & { readonly from?: unknown } = {},
): Promise<Reading> {
  const messages: ReadMessage<unknown>[] = [];
  const env = sourceEnv(overrides);
  try {
    for await (const one of type.open(config).read(from, env)) messages.push(one);
    return { messages };
  } catch (error) {
    return { messages, error };
  } finally {
    env.remove();
  }
}

/** `kind path` of all messages about documents, sorted, each once. */
export function said(site: Site, ...readings: readonly Reading[]): readonly string[] {
  const lines = readings
    .flatMap(({ messages }) => messages)
    .flatMap((one) => {
      if (one.kind === 'checkpoint' || one.kind === 'listing') return [];
      const id = one.kind === 'document' ? one.document.id : (one.id ?? '(nameless)');
      return [`${one.kind} ${id.replace(site.origin, '')}`];
    });
  return [...new Set(lines)].toSorted();
}

export function listingOf({ messages }: Reading) {
  return messages.find((one) => one.kind === 'listing');
}

/** The cursors of a reading, with what was said before each. */
export function checkpointsOf({
  messages,
}: Reading): readonly { readonly cursor: unknown; readonly before: Reading }[] {
  return messages.flatMap((one, index) =>
    one.kind === 'checkpoint'
      ? [{ cursor: one.cursor, before: { messages: messages.slice(0, index) } }]
      : [],
  );
}
