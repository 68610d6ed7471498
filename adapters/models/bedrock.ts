import type { BedrockModelOptions } from '@strands-agents/sdk/models/bedrock';
import { awsFailure } from '../aws/errors.ts';
import { requestHandler } from '../aws/request-handler.ts';
import type { ModelChoice, ModelProvider, OpenedModel } from './model-provider.ts';

export interface BedrockModelsOptions {
  /** Absent: the SDK looks into its own environment and profile; the same for the others. */
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * The models of Amazon Bedrock, by Converse: one request and one answer a step, so that what was paid is either stored or not. The SDK
 * retries nothing, because a repeat pays again.
 */
export function bedrockModels(options: BedrockModelsOptions = {}): ModelProvider {
  return { open: (choice) => openBedrock(choice, options) };
}

async function openBedrock(
  choice: ModelChoice,
  options: BedrockModelsOptions,
): Promise<OpenedModel> {
  const { BedrockModel } = await import('@strands-agents/sdk/models/bedrock');
  const handler = requestHandler(ANSWER_TIMEOUT_MS);
  const { endpoint, credentials } = options;
  const region = choice.region ?? options.region;
  const settings = {
    modelId: choice.modelId,
    stream: false,
    ...(region === undefined ? {} : { region }),
    ...(choice.temperature === undefined ? {} : { temperature: choice.temperature }),
    clientConfig: {
      maxAttempts: 1,
      requestHandler: handler,
      ...(endpoint === undefined ? {} : { endpoint }),
      // A copy: the SDK writes a mark of its own into it.
      ...(credentials === undefined ? {} : { credentials: { ...credentials } }),
    },
  } satisfies BedrockModelOptions;
  const failureOf: OpenedModel['failureOf'] = (error) =>
    awsFailure(error, { operation: 'bedrock:Converse', resource: `model "${choice.modelId}"` });
  return {
    model: new BedrockModel({ ...settings, maxTokens: choice.maxTokens }),
    failureOf,
    async reach(signal) {
      try {
        const { Message, TextBlock } = await import('@strands-agents/sdk');
        const hello = new Message({ role: 'user', content: [new TextBlock('Hello')] });
        const short = new BedrockModel({ ...settings, maxTokens: 1 });
        await Array.fromAsync(short.stream([hello], { cancelSignal: signal }));
      } catch (error) {
        signal.throwIfAborted();
        throw failureOf(error);
      }
    },
    close: () => handler.destroy(),
  };
}

/** Long answers take minutes. */
const ANSWER_TIMEOUT_MS = 5 * 60_000;
