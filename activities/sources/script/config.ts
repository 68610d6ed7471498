import { z } from 'zod';
import { parseDuration } from '../../../adapters/definitions/duration.ts';
import { failure } from '../../../workflows/failures.ts';
import { ChildEnvironment } from '../child-process/environment.ts';
import { ChildLimits } from '../child-process/limits.ts';
import { secret } from '../define-source.ts';
import { StreamConfig } from './stream-config.ts';

const Duration = z
  .string()
  .refine(
    (text) => parseDuration(text) !== undefined,
    'a time such as "30 minutes", "6h" or "90s"',
  );

/** A name, or names joined by dots for a setting inside another one. */
const SettingPath = z
  .string()
  .regex(
    /^(?!__proto__)[\w-]+(\.(?!__proto__)[\w-]+)*$/u,
    'a name such as "token" or "login.token"',
  );

/** The config of a `script` source. */
export const ScriptConfig = z.strictObject({
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
  ...ChildLimits,
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
    .describe(
      'The messages that the command writes: our own, those of a Singer tap, or those of an Airbyte source.',
    ),
  settings: z.exactOptional(
    z
      .record(z.string().min(1), z.json())
      .describe('Singer and Airbyte: what the program reads as its configuration file.'),
  ),
  secretSettings: z.exactOptional(
    z
      .record(SettingPath, secret(z.string()))
      .describe(
        'Singer and Airbyte: secret settings by their path, such as "credentials.client_secret"; each a reference such as "${env:NAME}".',
      ),
  ),
  streams: z.exactOptional(
    z
      .record(z.string().min(1), StreamConfig)
      .describe(
        'Singer and Airbyte: the only streams that are read, and how their records become documents. Default: all streams.',
      ),
  ),
  catalog: z.exactOptional(
    z
      .enum(['discover', 'none'])
      .describe(
        'Singer: "discover" asks the tap for its catalog, selects "streams" in it and hands it back; "none" gives the tap no catalog. Default: "discover" where "streams" are named.',
      ),
  ),
  contentHashIds: z
    .boolean()
    .default(false)
    .describe('A document without an id gets one from its content, instead of being refused.'),
  fullListing: z
    .boolean()
    .default(false)
    .describe(
      'An exit with 0 means that every document was emitted, so that missing ones are removed. Singer taps and Airbyte sources then begin from the start in each run. Default: only a message says so.',
    ),
  maxOutputBytes: z
    .int()
    .min(1)
    .default(4 * 1024 ** 3)
    .describe('Most bytes of standard output in one read. Default: 4 GiB.'),
});

export type ScriptConfig = z.infer<typeof ScriptConfig>;

/** What a script was told to remember: any JSON of its own, handed back to it at the next start. */
export const ScriptState = z.json();
export type ScriptState = z.infer<typeof ScriptState>;

/** Facts that the schema cannot say. @throws InvalidConfig - a field means nothing for the dialect. */
export function validateScript(config: ScriptConfig): void {
  const foreign = FOREIGN[config.dialect].filter((field) => config[field] !== undefined);
  if (foreign.length === 0) return;
  const names = foreign.map((field) => `"${field}"`).join(', ');
  throw failure(
    'InvalidConfig',
    `A script of the dialect "${config.dialect}" has no use for ${names}. Remove it, or mend "dialect".`,
  );
}

const FOREIGN = {
  wellspring: ['settings', 'secretSettings', 'streams', 'catalog'],
  singer: [],
  airbyte: ['catalog'],
} as const satisfies Record<ScriptConfig['dialect'], readonly (keyof ScriptConfig)[]>;
