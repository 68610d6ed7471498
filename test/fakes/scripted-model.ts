import {
  Model,
  type BaseModelConfig,
  type Message,
  type ModelStreamEvent,
  type StreamOptions,
} from '@strands-agents/sdk';
import type { ModelProvider } from '../../adapters/models/model-provider.ts';
import { failure } from '../../workflows/failures.ts';

/** What a scripted model does in one step. */
export type Step =
  | { readonly fetch: readonly string[] }
  | { readonly claims: readonly object[] }
  | { readonly use: string; readonly input: object }
  | { readonly text: string; readonly stopReason?: 'endTurn' | 'maxTokens' | 'contentFiltered' }
  | { readonly throws: unknown };

/** Decides a step from what was said so far, as a real model does: the same input gives the same step. */
export type Script = (seen: Seen) => Step | Promise<Step>;

export interface Seen {
  readonly question: string;
  readonly systemPrompt: string;
  /** What the tools have answered, as JSON texts, in order. */
  readonly results: readonly string[];
  /** The names of the tools that it may use. */
  readonly tools: readonly string[];
  readonly signal: AbortSignal | undefined;
}

export interface ScriptedModels extends ModelProvider {
  /** Steps that were asked for: what a real model would be paid for. */
  readonly calls: readonly Seen[];
}

/** A provider of models for tests of the real agent loop: each step takes 100 tokens in and 10 out. */
export function scriptedModels(script: Script): ScriptedModels {
  const calls: Seen[] = [];
  return {
    calls,
    open: () =>
      Promise.resolve({
        model: new ScriptedModel((seen) => {
          calls.push(seen);
          return script(seen);
        }),
        reach: () => Promise.resolve(),
        failureOf: (error) => failure('Unavailable', `The model broke with "${String(error)}".`),
        close: () => undefined,
      }),
  };
}

class ScriptedModel extends Model {
  readonly #script: Script;

  constructor(script: Script) {
    super();
    this.#script = script;
  }

  override updateConfig(): void {
    // It has no settings.
  }

  override getConfig(): BaseModelConfig {
    return { modelId: 'scripted', contextWindowLimit: 1_000_000 };
  }

  override async *stream(
    messages: Message[],
    options: StreamOptions = {},
  ): AsyncGenerator<ModelStreamEvent> {
    const step = await this.#script(seenOf(messages, options));
    if ('throws' in step) throw step.throws;
    yield { type: 'modelMessageStartEvent', role: 'assistant' };
    if ('text' in step) yield* textBlock(step.text);
    else yield* toolUses(usesOf(step), messages.length);
    const stopReason = 'text' in step ? (step.stopReason ?? 'endTurn') : 'toolUse';
    yield { type: 'modelMessageStopEvent', stopReason };
    yield {
      type: 'modelMetadataEvent',
      usage: { inputTokens: 100, outputTokens: 10, totalTokens: 110 },
    };
  }
}

function seenOf(messages: readonly Message[], options: StreamOptions): Seen {
  const texts = messages.flatMap(({ content }) =>
    content.flatMap((block) => (block.type === 'textBlock' ? [block.text] : [])),
  );
  const results = messages.flatMap(({ content }) =>
    content.flatMap((block) =>
      block.type === 'toolResultBlock' ? [JSON.stringify(block.content)] : [],
    ),
  );
  return {
    question: texts[0] ?? '',
    systemPrompt: JSON.stringify(options.systemPrompt ?? ''),
    results,
    tools: (options.toolSpecs ?? []).map(({ name }) => name),
    signal: options.cancelSignal,
  };
}

function* textBlock(text: string): Generator<ModelStreamEvent> {
  yield { type: 'modelContentBlockStartEvent' };
  yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text } };
  yield { type: 'modelContentBlockStopEvent' };
}

function usesOf(step: Exclude<Step, { readonly text: string } | { readonly throws: unknown }>) {
  if ('fetch' in step) return step.fetch.map((url) => ({ name: 'fetch_page', input: { url } }));
  if ('use' in step) return [{ name: step.use, input: step.input }];
  return [{ name: 'strands_structured_output', input: { claims: step.claims } }];
}

function* toolUses(
  uses: readonly { name: string; input: object }[],
  at: number,
): Generator<ModelStreamEvent> {
  for (const [index, { name, input }] of uses.entries()) {
    yield {
      type: 'modelContentBlockStartEvent',
      start: { type: 'toolUseStart', name, toolUseId: `use-${at}-${index}` },
    };
    yield {
      type: 'modelContentBlockDeltaEvent',
      delta: { type: 'toolUseInputDelta', input: JSON.stringify(input) },
    };
    yield { type: 'modelContentBlockStopEvent' };
  }
}
