import { z } from 'zod';
import { isFailureName } from '../../../workflows/failures.ts';
import { stateFits } from './state.ts';

const Id = z
  .string()
  .min(1)
  .max(2048)
  .refine((id) => id.isWellFormed() && !id.includes('\u0000'), 'without NUL and lone surrogates');

/** Empty and null mean "not given": many programs print every field. */
function given<T extends z.ZodType>(schema: T) {
  return z.preprocess(
    (value) => (value === null || value === '' ? undefined : value),
    z.optional(schema),
  );
}

const ContentType = z
  .string()
  .transform((type) => type.split(';', 1)[0]?.trim().toLowerCase() ?? '')
  .pipe(
    z.enum(['text/markdown', 'text/plain', 'text/html', 'application/json'], {
      error: 'one of "text/markdown", "text/plain", "text/html", "application/json"',
    }),
  );

const DocumentMessage = z.object({
  kind: z.literal('document'),
  id: given(Id),
  title: given(z.string()),
  content: z.string(),
  contentType: given(ContentType),
  metadata: given(z.record(z.string().min(1), z.json())),
  modifiedAt: given(z.iso.datetime({ offset: true })),
  url: given(z.url()),
  author: given(z.string()),
  tags: given(z.array(z.string())),
});

const Message = z.discriminatedUnion('kind', [
  DocumentMessage,
  z.object({ kind: z.literal('seen'), id: Id }),
  z.object({
    kind: z.literal('failed'),
    id: given(Id),
    failure: z.string().refine(isFailureName).catch('InvalidDocument'),
    detail: z.string().catch('The script gave no reason.'),
  }),
  z.object({ kind: z.literal('gone'), id: Id, why: z.string().catch('the script says so') }),
  z.object({
    kind: z.literal('checkpoint'),
    cursor: z
      .json()
      .refine((cursor) => stateFits(JSON.stringify(cursor)), 'at most 256 KB of JSON'),
  }),
  z.object({ kind: z.literal('listing'), complete: z.boolean(), why: given(z.string()) }),
  z.object({
    kind: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn']).catch('info'),
    message: z.string(),
  }),
]);

export type ScriptMessage = z.infer<typeof Message>;
export type ScriptDocument = z.infer<typeof DocumentMessage>;

export type ParsedLine =
  | { readonly kind: 'message'; readonly message: ScriptMessage }
  | { readonly kind: 'bad'; readonly id?: string; readonly why: string };

/** Reads one line of a script: a JSON object whose `kind` (or `type`, in any case) is one of ours. Says why when it is none. */
export function parseMessage(text: string): ParsedLine {
  const raw = objectIn(text);
  if (raw === undefined) return { kind: 'bad', why: 'is not one JSON object' };
  const kind = kindOf(raw);
  const result = Message.safeParse({ ...raw, kind });
  if (result.success) return { kind: 'message', message: result.data };
  const id = Id.safeParse(raw['id']);
  return { kind: 'bad', why: reason(kind, result.error), ...(id.success ? { id: id.data } : {}) };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const parsed = z.record(z.string(), z.unknown()).safeParse(value);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function kindOf(raw: Readonly<Record<string, unknown>>): unknown {
  const word = raw['kind'] ?? raw['type'];
  return typeof word === 'string' ? word.toLowerCase() : undefined;
}

const KINDS = Message.options.map((option) => option.shape.kind.value);

function reason(kind: unknown, error: z.ZodError): string {
  if (typeof kind !== 'string' || !KINDS.some((known) => known === kind)) {
    return `has no known kind; known are ${KINDS.join(', ')}`;
  }
  const fields = new Set(error.issues.map((issue) => `"${issue.path.join('.')}"`));
  return `is a ${kind} message with a wrong ${[...fields].join(', ')}`;
}
