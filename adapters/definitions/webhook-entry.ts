import { z } from 'zod';
import { NOTICE_KINDS } from '../../workflows/notices/notice.ts';
import { SLUG, slugOf } from './slug.ts';

const SECRET = { 'x-secret': true } as const;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** Ours, or what describes the body that we send. */
const OWN_HEADER = /^(x-wellspring-.*|content-.*|host|connection|transfer-encoding|user-agent)$/i;

/** One of `notifications`. */
export const WebhookEntry = z.strictObject({
  id: z
    .string()
    .regex(SLUG, {
      error: ({ input }) =>
        `Use lower-case letters, digits and hyphens, at most 63, such as "${slugOf(String(input))}".`,
    })
    .describe('Our name for it, in commands and lists.'),
  url: z
    .string()
    .refine(isAddress, {
      error: 'Use a whole http or https address, or a reference such as "${env:WEBHOOK_URL}".',
    })
    .meta({
      ...SECRET,
      description: 'Where each notice is posted. A reference keeps a token in it out of the files.',
    }),
  secret: z
    .string()
    .min(1)
    .meta({ ...SECRET, description: 'Signs each request: a reference such as "${env:NAME}".' }),
  events: z
    .exactOptional(z.array(z.enum(NOTICE_KINDS)).min(1))
    .describe('Which notices it gets. Default: all.'),
  headers: z
    .exactOptional(
      z
        .record(
          z
            .string()
            .regex(HEADER_NAME, { error: 'A header name has letters, digits and hyphens.' })
            .refine((name) => !OWN_HEADER.test(name), {
              error: 'Wellspring sets this header itself. Remove it.',
            }),
          z.string(),
        )
        .meta(SECRET),
    )
    .describe('More headers of each request, such as Authorization.'),
});

export type WebhookEntry = z.infer<typeof WebhookEntry>;

/** What a reference will say is judged by the worker that has it. */
function isAddress(text: string): boolean {
  if (/^secretsmanager:|\$\{env:/.test(text)) return true;
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
}
