import {
  AfterToolCallEvent,
  Agent,
  configureLogging,
  NullConversationManager,
  tool,
  type JSONValue,
  type Model,
} from '@strands-agents/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { failure } from '../../workflows/failures.ts';

export interface AgentQuestion<Answer> {
  readonly model: Model;
  readonly systemPrompt: string;
  readonly question: string;
  /** The only thing that it may do. */
  readonly fetchPage: AgentTool;
  readonly answer: z.ZodType<Answer>;
  readonly signal: AbortSignal;
}

export interface AgentTool {
  readonly name: string;
  readonly description: string;
  /** What the model is told. An error that it throws ends the agent and is thrown by `askAgent`. */
  fetch(url: string): Promise<JSONValue>;
}

/**
 * Lets a Strands agent answer one question with a tool, in the form of a schema.
 * @throws InvalidAgentOutput - it refused, wrote too much, or came to no answer of that form; and what model and tool throw.
 * Rethrows the reason of `signal` when that is aborted.
 */
export async function askAgent<Answer>(asked: AgentQuestion<Answer>): Promise<Answer> {
  asked.signal.throwIfAborted();
  configureLogging(SILENT);
  const stopped: { by?: unknown } = {};
  const stop = new AbortController();
  const end = (error: unknown): void => {
    stopped.by ??= error;
    stop.abort();
  };
  const signal = AbortSignal.any([asked.signal, stop.signal]);
  const agent = new Agent({
    model: asked.model,
    systemPrompt: asked.systemPrompt,
    tools: [toolOf(asked.fetchPage, end)],
    structuredOutputSchema: asked.answer,
    // Errors come to the caller: Temporal retries, and nothing of what was read is silently left out.
    retryStrategy: null,
    conversationManager: new NullConversationManager(),
    toolExecutor: 'sequential',
    printer: false,
    sandbox: false,
  });
  agent.addHook(AfterToolCallEvent, refuseClumsiness(end));
  try {
    const invoked = agent.invoke(asked.question, {
      cancelSignal: signal,
      limits: { turns: MAX_TURNS },
    });
    const { structuredOutput, stopReason } = await untilAborted(invoked, asked.signal);
    if ('by' in stopped) throw stopped.by;
    asked.signal.throwIfAborted();
    if (structuredOutput === undefined) throw noAnswer(stopReason);
    return asked.answer.parse(structuredOutput);
  } catch (error) {
    if ('by' in stopped) throw stopped.by;
    asked.signal.throwIfAborted();
    throw agentFailure(error);
  }
}

/** No question needs as many; an agent that goes in circles does. */
const MAX_TURNS = 50;

/** It would write to the console of the worker, and what it writes may hold what pages say. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

function toolOf(agentTool: AgentTool, onError: (error: unknown) => void): ReturnType<typeof tool> {
  return tool({
    name: agentTool.name,
    description: agentTool.description,
    inputSchema: z.strictObject({ url: z.string().describe('The whole address of the page.') }),
    async callback({ url }) {
      try {
        return await agentTool.fetch(url);
      } catch (error) {
        onError(error);
        throw error;
      }
    },
  });
}

/** A page that cannot be read is a good answer of the tool: errors are calls without sense, and each of them costs a step. */
function refuseClumsiness(end: (error: unknown) => void): (event: AfterToolCallEvent) => void {
  let errors = 0;
  return ({ result, toolUse: { name } }) => {
    if (result.status !== 'error') return;
    errors += 1;
    if (errors >= MAX_WRONG_CALLS)
      end(
        failure(
          'InvalidAgentOutput',
          `The model called its tools wrongly ${errors} times, the last time "${name.slice(0, 100)}". Use another model, or mend the instructions.`,
        ),
      );
  };
}

const MAX_WRONG_CALLS = 5;

/** A model that does not heed its signal must not hold up a worker that ends. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}

/** Errors of the model and the tool come wrapped. */
function agentFailure(error: unknown): unknown {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at instanceof ApplicationFailure) return at;
  }
  if (!(error instanceof Error)) return error;
  const { cause, constructor } = error;
  // What broke below the model, our database for example, is no fault of its answer.
  const isForeign = constructor.name === 'ModelError' && cause instanceof Error;
  if (isForeign && !(cause instanceof SyntaxError)) return cause;
  const sentence = SENTENCES.get(constructor.name);
  return sentence === undefined ? error : failure('InvalidAgentOutput', sentence, { cause: error });
}

/** By name: bundles of the SDK for models have their own copies of these classes. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  [
    'MaxTokensError',
    'The model reached the end of what one answer may hold ("maxTokens"). Raise "model.maxTokens", or ask for less.',
  ],
  [
    'ContextWindowOverflowError',
    'The pages that the agent read are more than its model can hold ("context window"). Lower "tools.fetch.pageCharacters" or "budget.perRun.toolCalls", or ask for less.',
  ],
  [
    'StructuredOutputError',
    'The model gave no answer in the form that it was told ("claims"). Use another model, or mend the instructions.',
  ],
  [
    'ModelError',
    'The model gave an answer that cannot be read ("tool input"). Use another model, or raise "model.maxTokens".',
  ],
  [
    'ZodError',
    'The model gave an answer of another form than it was told ("claims"). Use another model, or mend the instructions.',
  ],
]);

function noAnswer(stopReason: string): Error {
  return failure(
    'InvalidAgentOutput',
    stopReason === 'limitTurns'
      ? `The agent came to no answer within ${MAX_TURNS} steps ("${stopReason}"). Ask for less, or mend the instructions.`
      : `The model ended without an answer ("${stopReason}"). Mend the instructions or the question.`,
  );
}
