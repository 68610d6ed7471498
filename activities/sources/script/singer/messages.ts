import { z } from 'zod';
import { objectExactly } from '../exact-json.ts';

const Stream = z.string().min(1);
const Version = z.union([z.number(), z.string()]).transform(String);

const SingerMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('RECORD'),
    stream: Stream,
    record: z.record(z.string(), z.unknown()),
    version: z.nullish(Version),
  }),
  z.object({
    type: z.literal('SCHEMA'),
    stream: Stream,
    schema: z.record(z.string(), z.unknown()),
    key_properties: z.nullish(z.array(z.string())),
  }),
  z.object({ type: z.literal('STATE'), value: z.unknown() }),
  z.object({ type: z.literal('ACTIVATE_VERSION'), stream: Stream, version: Version }),
]);

/** A message of a Singer tap, specification 0.2 to 0.3. */
export type SingerMessage = z.infer<typeof SingerMessage>;

export type ParsedSinger =
  | { readonly kind: 'message'; readonly message: SingerMessage }
  | { readonly kind: 'bad'; readonly why: string };

/** Reads one line of a tap; types in any case. Says why when it is no message. */
export function parseSinger(text: string): ParsedSinger {
  const raw = objectExactly(text);
  if (raw === undefined) return { kind: 'bad', why: 'is not one JSON object' };
  const type = typeof raw['type'] === 'string' ? raw['type'].toUpperCase() : '';
  if (type === 'BATCH') return { kind: 'bad', why: BATCH };
  const result = SingerMessage.safeParse({ ...raw, type });
  if (result.success) return { kind: 'message', message: result.data };
  if (!KNOWN.includes(type))
    return { kind: 'bad', why: `has no known type; known are ${KNOWN.join(', ')}` };
  const fields = new Set(result.error.issues.map(({ path }) => `"${String(path[0] ?? '')}"`));
  return { kind: 'bad', why: `is a ${type} message with a wrong ${[...fields].join(', ')}` };
}

const BATCH = 'is a BATCH message, whose files are not read. Take "batch_config" out of "settings"';
const KNOWN: readonly string[] = SingerMessage.options.map((option) => option.shape.type.value);
