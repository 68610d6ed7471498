import { z } from 'zod';
import { parseDuration } from '../../adapters/definitions/duration.ts';
import { failure } from '../../workflows/failures.ts';
import { ChildEnvironment } from './child-process/environment.ts';
import { defineSource } from './define-source.ts';
import { checkScript } from './script/check.ts';
import { readScript } from './script/read.ts';

const Duration = z
  .string()
  .refine(
    (text) => parseDuration(text) !== undefined,
    'a time such as "30 minutes", "6h" or "90s"',
  );

const Config = z.strictObject({
  command: z
    .array(z.string())
    .min(1)
    .describe('Program and arguments; started as they are, without a shell.'),
  cwd: z.exactOptional(
    z
      .string()
      .min(1)
      .describe(
        "Working directory; a relative one begins at the worker's own, which is the folder of the definitions with npm start. Default: a temporary one.",
      ),
  ),
  ...ChildEnvironment,
  timeout: z.exactOptional(
    Duration.describe('The whole read, such as "30 minutes". Default: the limit of the slice.'),
  ),
  check: z.exactOptional(
    z
      .array(z.string())
      .min(1)
      .describe(
        'Program and arguments that test credentials and reach; exit codes as of "command".',
      ),
  ),
  dialect: z
    .enum(['wellspring', 'singer', 'airbyte'])
    .default('wellspring')
    .describe('The messages that the command writes. Only "wellspring" is supported yet.'),
  contentHashIds: z
    .boolean()
    .default(false)
    .describe('A document without an id gets one from its content, instead of being refused.'),
  fullListing: z
    .boolean()
    .default(false)
    .describe(
      'An exit with 0 means that every document was emitted, so that missing ones are removed. Default: only a "listing" message says so.',
    ),
  maxOutputBytes: z
    .int()
    .min(1)
    .default(4 * 1024 ** 3)
    .describe('Most bytes of standard output in one read. Default: 4 GiB.'),
});

/** What a script was told to remember: any JSON of its own, handed back to it at the next start. */
const Cursor = z.json();

/** Any program that writes one JSON message a line: documents, what it saw, failures, deletions, checkpoints. */
export const script = defineSource(
  { config: Config, cursor: Cursor },
  {
    spec: {
      name: 'script',
      version: '1.0.0',
      summary: 'Runs a program of yours, in any language, that writes documents as JSON lines.',
      queue: 'collect',
      trust: 'trusted',
    },
    validate: ({ dialect }) => refuseForeignDialect(dialect),
    check: checkScript,
    discover: (config) =>
      Promise.resolve({ streams: [{ name: config.command.join(' ').slice(0, 200) }] }),
    read: readScript,
  },
);

function refuseForeignDialect(dialect: string): void {
  if (dialect === 'wellspring') return;
  throw failure(
    'InvalidConfig',
    `The dialect "${dialect}" of script sources is not supported yet. Leave "dialect" out and write the messages of "wellspring".`,
  );
}
