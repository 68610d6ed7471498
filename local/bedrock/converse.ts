import { z } from 'zod';
import { readBody, type ApiRequest, type Service } from './service.ts';
import { validation } from './service-error.ts';

/**
 * Answers one step of a conversation, by the model of the server.
 * @throws ValidationException - the conversation has another form than Bedrock takes.
 */
export async function converse(service: Service, request: ApiRequest): Promise<object> {
  const modelId = request.labels['modelId'] ?? '';
  const body = readBody(ConverseBody, request.body);
  if (body.messages[0]?.role !== 'user')
    throw validation('A conversation must start with a user message.');
  const startedAt = service.timing.clock.now();
  const { content, stopReason } = await service.model({ ...body, modelId });
  const inputTokens = tokensOf([body.system, body.messages, body.toolConfig]);
  const outputTokens = tokensOf(content);
  const isCut = outputTokens > (body.inferenceConfig?.maxTokens ?? Number.POSITIVE_INFINITY);
  return {
    output: { message: { role: 'assistant', content: isCut ? [{ text: '…' }] : content } },
    stopReason: isCut ? 'max_tokens' : stopReason,
    usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
    metrics: { latencyMs: service.timing.clock.now() - startedAt },
  };
}

/** A model of the embedded server: the same conversation gives the same answer. */
export type ConverseModel = (request: ConverseRequest) => ConverseAnswer | Promise<ConverseAnswer>;

export interface ConverseRequest extends z.infer<typeof ConverseBody> {
  readonly modelId: string;
}

export interface ConverseAnswer {
  readonly content: readonly AnswerBlock[];
  readonly stopReason: 'end_turn' | 'tool_use' | 'max_tokens' | 'content_filtered';
}

type AnswerBlock =
  | { readonly text: string }
  | {
      readonly toolUse: {
        readonly toolUseId: string;
        readonly name: string;
        readonly input: object;
      };
    };

const ToolResult = z.looseObject({
  toolUseId: z.string(),
  status: z.exactOptional(z.enum(['success', 'error'])),
  content: z.array(
    z.looseObject({ text: z.exactOptional(z.string()), json: z.exactOptional(z.json()) }),
  ),
});

const Block = z.looseObject({
  text: z.exactOptional(z.string()),
  toolUse: z.exactOptional(
    z.looseObject({ toolUseId: z.string(), name: z.string(), input: z.json() }),
  ),
  toolResult: z.exactOptional(ToolResult),
});

const ConverseBody = z.looseObject({
  messages: z
    .array(z.looseObject({ role: z.enum(['user', 'assistant']), content: z.array(Block).min(1) }))
    .min(1),
  system: z.exactOptional(z.array(z.looseObject({ text: z.exactOptional(z.string()) }))),
  inferenceConfig: z.exactOptional(
    z.looseObject({
      maxTokens: z.exactOptional(z.int().min(1)),
      temperature: z.exactOptional(z.number().min(0).max(1)),
    }),
  ),
  toolConfig: z.exactOptional(
    z.looseObject({
      tools: z.array(
        z.looseObject({ toolSpec: z.exactOptional(z.looseObject({ name: z.string() })) }),
      ),
      toolChoice: z.exactOptional(
        z.looseObject({ tool: z.exactOptional(z.looseObject({ name: z.string() })) }),
      ),
    }),
  ),
});

/** About four characters each, as for English text. */
function tokensOf(value: unknown): number {
  return Math.ceil((JSON.stringify(value) ?? '').length / 4);
}
