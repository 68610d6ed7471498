import { createHash } from 'node:crypto';
import {
  Model,
  type BaseModelConfig,
  type Message,
  type ModelStreamEvent,
  type StreamOptions,
} from '@strands-agents/sdk';
import { z } from 'zod';
import { decodeJson, encodeJson } from './bytes-json.ts';

/** Where the steps of an agent are kept, so that the same question to the same model is paid once. */
export interface StepBook {
  find(key: string): Promise<string | undefined>;
  /** Called before a step is paid. @throws BudgetExceeded */
  admit(estimatedTokens: number): void;
  /** Durable when it returns. */
  keep(step: PaidStep): Promise<void>;
}

export interface PaidStep {
  readonly key: string;
  /** JSON. */
  readonly result: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface StoredModelOptions {
  readonly inner: Model;
  readonly book: StepBook;
  /** All settings of the model that shape its answer. */
  readonly identity: unknown;
  failureOf(error: unknown): Error;
}

/**
 * A model whose answers are stored under the hash of everything that it was given: asked the same again, it answers from there. Strands wants
 * a subclass. An answer is stored before anybody sees a part of it.
 */
export class StoredModel extends Model {
  readonly #options: StoredModelOptions;

  constructor(options: StoredModelOptions) {
    super();
    this.#options = options;
  }

  override updateConfig(config: BaseModelConfig): void {
    this.#options.inner.updateConfig(config);
  }

  override getConfig(): BaseModelConfig {
    return this.#options.inner.getConfig();
  }

  override async *stream(
    messages: Message[],
    options: StreamOptions = {},
  ): AsyncGenerator<ModelStreamEvent> {
    const { book, identity } = this.#options;
    const key = keyOf(identity, messages, options);
    const stored = await book.find(key);
    if (stored !== undefined) {
      yield* StoredEvents.parse(decodeJson(stored)) as unknown as ModelStreamEvent[];
      return;
    }
    book.admit(await super.countTokens(messages, options));
    const events = await this.#ask(messages, options);
    await book.keep({ key, result: encodeJson(events), ...usageOf(events) });
    yield* events;
  }

  async #ask(messages: Message[], options: StreamOptions): Promise<ModelStreamEvent[]> {
    try {
      return await Array.fromAsync(this.#options.inner.stream(messages, options));
    } catch (error) {
      options.cancelSignal?.throwIfAborted();
      throw isOverflow(error) ? error : this.#options.failureOf(error);
    }
  }
}

const StoredEvents = z.array(z.looseObject({ type: z.string() }));

/** Without what differs between two attempts at the same: times, ids of the agent, what was measured. */
function keyOf(
  identity: unknown,
  messages: readonly Message[],
  { systemPrompt, toolSpecs, toolChoice }: StreamOptions,
): string {
  const said = messages.map(({ role, content }) => ({ role, content }));
  const input = { identity, systemPrompt, toolSpecs, toolChoice, said };
  return createHash('sha256').update(encodeJson(input)).digest('hex');
}

/** All that is not output was input, also what came out of a cache. */
function usageOf(events: readonly ModelStreamEvent[]): {
  readonly inputTokens: number;
  readonly outputTokens: number;
} {
  const last = events.findLast((event) => event.type === 'modelMetadataEvent');
  const { inputTokens = 0, outputTokens = 0, totalTokens = 0 } = last?.usage ?? {};
  return { inputTokens: Math.max(inputTokens, totalTokens - outputTokens), outputTokens };
}

/** Known by its name: two copies of the SDK would not know each other's classes. */
function isOverflow(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'ContextWindowOverflowError';
}
