import { z } from 'zod';
import { objectExactly } from '../exact-json.ts';

const Descriptor = z.object({ name: z.string().min(1), namespace: z.nullish(z.string()) });
const StreamState = z.looseObject({ stream_descriptor: Descriptor });

const Stream = z.looseObject({
  name: z.string().min(1),
  namespace: z.nullish(z.string()),
  json_schema: z.record(z.string(), z.unknown()).default({}),
  supported_sync_modes: z.nullish(z.array(z.string())),
  source_defined_cursor: z.nullish(z.boolean()),
  default_cursor_field: z.nullish(z.array(z.string())),
  source_defined_primary_key: z.nullish(z.array(z.array(z.string()))),
});

const TraceError = z.object({
  message: z.string().catch('It gives no reason.'),
  failure_type: z.enum(['config_error', 'transient_error', 'system_error']).catch('system_error'),
});

const StreamStatus = z.object({
  stream_descriptor: Descriptor,
  status: z.string().transform((status) => status.toUpperCase()),
  reasons: z.nullish(
    z.array(
      z.object({
        type: z.string(),
        rate_limited: z.nullish(z.object({ quota_reset: z.nullish(z.number()) })),
      }),
    ),
  ),
});

const AirbyteMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('RECORD'),
    record: z.object({
      stream: z.string().min(1),
      namespace: z.nullish(z.string()),
      data: z.record(z.string(), z.unknown()),
      meta: z.nullish(z.object({ changes: z.nullish(z.array(z.looseObject({}))) })),
    }),
  }),
  z.object({
    type: z.literal('STATE'),
    state: z.looseObject({
      type: z.nullish(z.string()),
      stream: z.nullish(StreamState),
      global: z.nullish(z.looseObject({})),
      data: z.optional(z.unknown()),
    }),
  }),
  z.object({
    type: z.literal('TRACE'),
    trace: z.looseObject({
      type: z.string(),
      error: z.nullish(TraceError),
      stream_status: z.nullish(StreamStatus),
    }),
  }),
  z.object({
    type: z.literal('LOG'),
    log: z.object({ level: z.string().catch('INFO'), message: z.string() }),
  }),
  z.object({
    type: z.literal('CONTROL'),
    control: z.looseObject({
      connectorConfig: z.nullish(z.looseObject({ config: z.record(z.string(), z.unknown()) })),
    }),
  }),
  z.object({
    type: z.literal('SPEC'),
    spec: z.looseObject({ connectionSpecification: z.record(z.string(), z.unknown()) }),
  }),
  z.object({
    type: z.literal('CONNECTION_STATUS'),
    connectionStatus: z.object({
      status: z.string().transform((status) => status.toUpperCase()),
      message: z.nullish(z.string()),
    }),
  }),
  z.object({ type: z.literal('CATALOG'), catalog: z.object({ streams: z.array(Stream) }) }),
]);

/** A message of an Airbyte source, protocol 0. */
export type AirbyteMessage = z.infer<typeof AirbyteMessage>;
export type AirbyteStream = z.infer<typeof Stream>;
export type MessageOf<Type extends AirbyteMessage['type']> = Extract<
  AirbyteMessage,
  { type: Type }
>;

export type ParsedAirbyte =
  | { readonly kind: 'message'; readonly message: AirbyteMessage }
  | { readonly kind: 'bad'; readonly why: string };

/** Reads one line of a source; types in any case. Says why when it is no message. */
export function parseAirbyte(text: string): ParsedAirbyte {
  const raw = objectExactly(text);
  if (raw === undefined) return { kind: 'bad', why: 'is not one JSON object' };
  const type = typeof raw['type'] === 'string' ? raw['type'].toUpperCase() : '';
  const result = AirbyteMessage.safeParse({ ...raw, type });
  if (result.success) return { kind: 'message', message: result.data };
  if (!KNOWN.includes(type))
    return { kind: 'bad', why: `has no known type; known are ${KNOWN.join(', ')}` };
  const fields = new Set(result.error.issues.map(({ path }) => `"${path.join('.')}"`));
  return { kind: 'bad', why: `is a ${type} message with a wrong ${[...fields].join(', ')}` };
}

/** The messages of one type among the lines of a short command. */
export function messagesOf<Type extends AirbyteMessage['type']>(
  lines: readonly string[],
  type: Type,
): readonly MessageOf<Type>[] {
  return lines
    .map(parseAirbyte)
    .flatMap((parsed) => (parsed.kind === 'message' ? [parsed.message] : []))
    .filter((message): message is MessageOf<Type> => message.type === type);
}

const KNOWN: readonly string[] = AirbyteMessage.options.map((option) => option.shape.type.value);
