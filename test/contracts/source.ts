import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReadMessage } from '../../activities/sources/contract.ts';
import type { BoundSourceType } from '../../activities/sources/define-source.ts';
import type { Discovery } from '../../workflows/collection/inspection.ts';
import { sourceEnv, type SourceEnvOverrides, type TestSourceEnv } from '../fakes/source-env.ts';
import { EmittedDocument } from './source-document.ts';

export interface SourceCase {
  readonly type: BoundSourceType;
  /** A good config with its secrets resolved. The source must hold at least one document and not change meanwhile. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The ids of all documents, in any order. */
  readonly expectedIds?: readonly string[];
  readonly badConfigs?: readonly BadConfig[];
  /** Texts that no message, verdict, error or log line may contain. */
  readonly secrets?: readonly string[];
  /** The body of the same thing may differ between two reads (models, clocks). Default: it may not. */
  readonly contentVaries?: boolean;
  /** Makes the environment of each step; `overrides` carries the time of the run, the same in all attempts. Default: `sourceEnv`. */
  readonly env?: (overrides: SourceEnvOverrides) => TestSourceEnv;
  cleanup?(): Promise<void> | void;
}

interface BadConfig {
  /** What is wrong, for the name of the step. */
  readonly why: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** `InvalidConfig` when it is refused before any I/O, else the verdict that one result of `check` must have. */
  readonly outcome: 'FAIL' | 'INDETERMINATE' | 'InvalidConfig';
  /** What the sentence must name: the field, the table, the host. */
  readonly naming?: RegExp;
}

type Message = ReadMessage<unknown>;

/**
 * The conformance kit of a source type: whatever passes it can be resumed, reconciled and cancelled by the collection workflow.
 * Registers its tests under `name`; `setup` runs once before them, `cleanup` once after them.
 */
export function describeSource(name: string, setup: () => Promise<SourceCase>): void {
  describe(`the contract of a source type, kept by ${name}`, () => {
    let source: SourceCase;
    const envs: TestSourceEnv[] = [];
    const spoken: unknown[] = [];
    const startedAt = new Date();
    beforeAll(async () => {
      source = await setup();
    });
    afterAll(async () => {
      for (const env of envs) env.remove();
      await source.cleanup?.();
    });

    function env(): TestSourceEnv {
      const made = (source.env ?? sourceEnv)({ startedAt });
      envs.push(made);
      return made;
    }

    async function readAll(from: unknown = null): Promise<Message[]> {
      const messages = await Array.fromAsync(source.type.open(source.config).read(from, env()));
      spoken.push(...messages);
      return messages;
    }

    describe('spec', () => {
      test('its schema is JSON Schema 2020-12 that refuses unknown keys', () => {
        const { configSchema, version } = source.type.spec;

        expect(configSchema).toMatchObject({ $schema: expect.stringContaining('2020-12') });
        expect(JSON.stringify(configSchema)).toContain('"additionalProperties":false');
        expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      });

      test('an unknown key is refused as InvalidConfig before any I/O', () => {
        expect(caught(() => source.type.open({ ...source.config, tabel: 'x' }))).toMatchObject({
          type: 'InvalidConfig',
          message: expect.stringContaining('tabel'),
        });
      });
    });

    describe('check', () => {
      test('a good config gets verdicts and no FAIL', async () => {
        const results = await source.type.open(source.config).check(env());
        spoken.push(...results);

        expect(results.length).toBeGreaterThan(0);
        expect(results.filter((one) => one.verdict !== 'PASS')).toStrictEqual([]);
      });

      test('each bad config gets the verdict that its case says, with a remedy', async () => {
        for (const bad of source.badConfigs ?? []) {
          const found = await outcomeOf(source.type, bad, env());
          spoken.push(found);

          expect.soft(found, bad.why).toMatchObject({ outcome: bad.outcome });
          expect.soft(found.sentence, bad.why).toMatch(bad.naming ?? /./u);
        }
      });
    });

    describe('discover', () => {
      test('says the same twice', async () => {
        const first = await source.type.open(source.config).discover(env());
        const second = await source.type.open(source.config).discover(env());
        spoken.push(first);

        expect(first.streams.length).toBeGreaterThan(0);
        expect(withoutCounts(second)).toStrictEqual(withoutCounts(first));
      });
    });

    describe('read', () => {
      let first: Message[];
      beforeAll(async () => {
        first = await readAll();
      });

      test('every document is valid and no id comes twice', () => {
        const documents = documentsOf(first);
        const ids = documents.map((one) => one.id);

        expect(documents.length).toBeGreaterThan(0);
        for (const one of documents) EmittedDocument.parse(one);
        expect(ids).toHaveLength(new Set(ids).size);
        expect(sorted(ids)).toStrictEqual(sorted(source.expectedIds ?? ids));
      });

      test('a second read gives the same documents', async () => {
        const second = await readAll();

        expect(contents(second, source.contentVaries)).toStrictEqual(
          contents(first, source.contentVaries),
        );
      });

      test('it ends with a checkpoint, and a listing comes once, after all documents', () => {
        const kinds = first.map((message) => message.kind);
        const afterListing = kinds.includes('listing')
          ? kinds.slice(kinds.indexOf('listing') + 1)
          : [];

        expect(kinds.findLast((kind) => kind !== 'listing')).toBe('checkpoint');
        expect(kinds.filter((kind) => kind === 'listing').length).toBeLessThan(2);
        expect(afterListing.filter((kind) => kind !== 'checkpoint')).toStrictEqual([]);
      });

      test('cursors are JSON below 2 KB', () => {
        for (const cursor of cursorsOf(first)) {
          expect(JSON.parse(JSON.stringify(cursor))).toStrictEqual(cursor);
          expect(JSON.stringify(cursor).length).toBeLessThan(2048);
        }
      });

      test('a resume from each checkpoint ends with the same set of documents', async () => {
        for (const [index, cursor] of sample(checkpointsOf(first))) {
          const before = idsOf(first.slice(0, index));
          const after = idsOf(await readAll(JSON.parse(JSON.stringify(cursor))));

          expect(sorted([...new Set([...before, ...after])])).toStrictEqual(
            sorted([...idsOf(first)]),
          );
        }
      });

      test('a rerun from the last checkpoint invents nothing', async () => {
        const last = cursorsOf(first).at(-1) ?? null;

        const again = await readAll(last);

        const known = idsOf(first);
        expect([...idsOf(again)].filter((id) => !known.has(id))).toStrictEqual([]);
        // `null` means that the next run begins from the start: it must see everything again.
        expect(idsOf(again).size).toBeGreaterThanOrEqual(last === null ? known.size : 0);
      });

      test('it ends within 5 seconds of a cancellation, before the start and in the middle', async () => {
        for (const messagesBefore of [0, 1]) {
          const cancelled = env();
          const elapsedMs = await readUntilCancelled(source, cancelled, messagesBefore);

          expect(elapsedMs).toBeLessThan(5_000);
        }
      });
    });

    test('no secret is in any message, verdict, error or log line', () => {
      const everything = JSON.stringify([spoken, envs.map((one) => one.records)]);

      for (const secret of source.secrets ?? []) expect(everything).not.toContain(secret);
    });
  });
}

async function outcomeOf(
  type: BoundSourceType,
  bad: BadConfig,
  env: TestSourceEnv,
): Promise<{ outcome: string; sentence: string }> {
  try {
    const results = await type.open(bad.config).check(env);
    const worst =
      results.find((one) => one.verdict === 'FAIL') ??
      results.find((one) => one.verdict === 'INDETERMINATE');
    return {
      outcome: worst?.verdict ?? 'PASS',
      sentence: `${worst?.detail ?? ''} ${worst?.remedy ?? ''}`,
    };
  } catch (error) {
    return { outcome: typeOf(error), sentence: String(error) };
  }
}

/** Milliseconds between the abort and the end of the read. How it ends (a throw or a short read) is the type's business. */
async function readUntilCancelled(
  source: SourceCase,
  env: TestSourceEnv,
  messagesBefore: number,
): Promise<number> {
  let abortedAt = 0;
  const abort = (): void => {
    abortedAt = performance.now();
    env.abort();
  };
  if (messagesBefore === 0) abort();
  try {
    let count = 0;
    for await (const _message of source.type.open(source.config).read(null, env)) {
      count += 1;
      if (count === messagesBefore) abort();
    }
  } catch (error) {
    if (abortedAt === 0) throw error;
  }
  return performance.now() - abortedAt;
}

/** Counts are estimates of the source and may move between two looks. */
function withoutCounts({ streams }: Discovery): unknown {
  return streams.map(({ count: _count, ...shape }) => shape);
}

function documentsOf(messages: readonly Message[]) {
  return messages.flatMap((message) => (message.kind === 'document' ? [message.document] : []));
}

/** What a run would count as present. */
function idsOf(messages: readonly Message[]): Set<string> {
  return new Set(
    messages.flatMap((message) => {
      if (message.kind === 'document') return [message.document.id];
      return message.kind === 'seen' ? [message.id] : [];
    }),
  );
}

function contents(messages: readonly Message[], idsOnly = false): Map<string, unknown> {
  return new Map(
    documentsOf(messages)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((one) => [one.id, idsOnly || one.body.kind === 'file' ? '' : one]),
  );
}

function checkpointsOf(messages: readonly Message[]): [number, unknown][] {
  return messages.flatMap((message, index): [number, unknown][] =>
    message.kind === 'checkpoint' ? [[index, message.cursor]] : [],
  );
}

function cursorsOf(messages: readonly Message[]): unknown[] {
  return checkpointsOf(messages).map(([, cursor]) => cursor);
}

/** All of a few, else the ends and some in between, so that a large source does not take minutes. */
function sample<T>(all: readonly T[], most = 12): readonly T[] {
  if (all.length <= most) return all;
  const step = (all.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => all[Math.round(index * step)]).filter(
    (one) => one !== undefined,
  );
}

function sorted(ids: readonly string[]): string[] {
  return ids.toSorted();
}

function caught(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

function typeOf(error: unknown): string {
  return error instanceof Error && 'type' in error ? String(error.type) : 'unknown error';
}
