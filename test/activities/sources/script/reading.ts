import { afterAll, afterEach } from 'vitest';
import type { ReadMessage, SourceDocument } from '../../../../activities/sources/contract.ts';
import { script } from '../../../../activities/sources/script.ts';
import { descendants, eventually } from '../../../fakes/processes.ts';
import {
  sourceEnv,
  type SourceEnvOverrides,
  type TestSourceEnv,
} from '../../../fakes/source-env.ts';

export interface Outcome {
  readonly messages: readonly ReadMessage<unknown>[];
  readonly documents: readonly SourceDocument[];
  readonly ids: readonly string[];
  /** The reasons of the dead letters. */
  readonly dead: readonly string[];
  readonly cursors: readonly unknown[];
  readonly listing: ReadMessage<unknown> | undefined;
  readonly error: unknown;
  readonly env: TestSourceEnv;
}

export type Config = Readonly<Record<string, unknown>>;

/** Registers the clean-up; call the results inside tests. After each test no process may be left. */
export function withReading() {
  const envs: TestSourceEnv[] = [];
  afterEach(async () => {
    if (await eventually(() => descendants().length === 0)) return;
    throw new Error(`These processes remain: ${descendants().join(', ')}.`);
  });
  afterAll(() => {
    for (const env of envs) env.remove();
  });
  const env = (overrides: SourceEnvOverrides = {}): TestSourceEnv => {
    const made = sourceEnv(overrides);
    envs.push(made);
    return made;
  };
  const read = async (config: Config, from: unknown = null, using = env()): Promise<Outcome> => {
    const messages: ReadMessage<unknown>[] = [];
    let error: unknown;
    try {
      for await (const message of script.open(config).read(from, using)) messages.push(message);
    } catch (caught) {
      error = caught;
    }
    return { ...partsOf(messages), messages, error, env: using };
  };
  return { env, read };
}

/** The text of a body; files have none here. */
export function textOf(documents: readonly SourceDocument[], id: string): string {
  const body = documents.findLast((one) => one.id === id)?.body;
  return body === undefined || body.kind === 'file' ? `no text of ${id}` : body.text;
}

function partsOf(messages: readonly ReadMessage<unknown>[]) {
  const documents = messages.flatMap((one) => (one.kind === 'document' ? [one.document] : []));
  return {
    documents,
    ids: documents.map(({ id }) => id),
    dead: messages.flatMap((one) => (one.kind === 'failed' ? [one.detail] : [])),
    cursors: messages.flatMap((one) => (one.kind === 'checkpoint' ? [one.cursor] : [])),
    listing: messages.find((one) => one.kind === 'listing'),
  };
}
