import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';

/** What the embedded system and the tests take from the environment: paths of tools, never a real service. */
export interface LocalConfig {
  /** Where the running system keeps its data and says where it listens. */
  readonly stateFolder: string;
  /** Where tools that we download are kept, shared by all checkouts of one user. */
  readonly toolCache: string;
  /** The folders of PATH. */
  readonly searchPath: readonly string[];
  readonly temporalCliPath: string | undefined;
  readonly temporalTestServerPath: string | undefined;
  readonly chromiumPath: string | undefined;
  /** Real materials that some tests read; they are skipped without it. */
  readonly testMaterials: string | undefined;
  /** Any variable by its name: for parts that are real by `--real`, and for `${env:NAME}` of a person's own definitions. */
  readonly ambient: (name: string) => string | undefined;
  /** Of all variables that are set. */
  readonly variableNames: readonly string[];
  /** Where the person stands: npm runs every script in the folder of `package.json`. */
  readonly workingFolder: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment: the only place of this ring that does (S10). Empty variables count as unset. */
export function readLocalConfig(env: Environment = process.env): LocalConfig {
  const cache = setting(env, 'XDG_CACHE_HOME') ?? join(homedir(), '.cache');
  return {
    stateFolder: resolve('.wellspring'),
    toolCache: join(cache, 'wellspring', 'tools'),
    searchPath: (env['PATH'] ?? '').split(':').filter((folder) => folder !== ''),
    temporalCliPath: setting(env, 'TEMPORAL_CLI_PATH'),
    temporalTestServerPath: setting(env, 'TEMPORAL_TEST_SERVER_PATH'),
    chromiumPath: setting(env, 'CHROMIUM_PATH'),
    testMaterials: setting(env, 'TEST_MATERIALS'),
    ambient: (name) => setting(env, name),
    variableNames: Object.keys(env),
    workingFolder: setting(env, 'INIT_CWD') ?? process.cwd(),
  };
}

/** What the embedded Bedrock takes from the environment when it runs as a process of its own. */
const BedrockSettings = z
  .object({
    BEDROCK_ADDRESS: z
      .string()
      .regex(/^.+:\d{1,5}$/, 'expected host:port')
      .default('127.0.0.1:7256'),
    BEDROCK_DIRECTORY: z.string().default('.wellspring/cloud/bedrock'),
    AWS_ENDPOINT_URL_S3: z.url({
      protocol: /^https?$/,
      error: 'expected an http or https address',
    }),
    AWS_ACCESS_KEY_ID: z.string(),
    AWS_SECRET_ACCESS_KEY: z.string(),
    AWS_REGION: z.string().default('us-east-1'),
    SOURCE_AGENTS_S3_BUCKET: z.string(),
  })
  .transform((settings) => {
    const at = settings.BEDROCK_ADDRESS.lastIndexOf(':');
    return {
      host: settings.BEDROCK_ADDRESS.slice(0, at),
      port: Number(settings.BEDROCK_ADDRESS.slice(at + 1)),
      directory: resolve(settings.BEDROCK_DIRECTORY),
      s3Url: settings.AWS_ENDPOINT_URL_S3,
      accessKeyId: settings.AWS_ACCESS_KEY_ID,
      secretAccessKey: settings.AWS_SECRET_ACCESS_KEY,
      region: settings.AWS_REGION,
      bucket: settings.SOURCE_AGENTS_S3_BUCKET,
    };
  });

export type BedrockConfig = z.infer<typeof BedrockSettings>;

/** @throws Error - one sentence lists every wrong variable; none of their values, for one of them is a secret. */
export function readBedrockConfig(env: Environment = process.env): BedrockConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = BedrockSettings.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return given[name] === undefined ? `${name} is missing.` : `${name} is wrong: ${message}.`;
  });
  throw new Error(
    [`${wrong.length} ${wrong.length === 1 ? 'setting is' : 'settings are'} wrong.`, ...wrong].join(
      ' ',
    ),
  );
}

/** Our own environment with some variables replaced, for a child process; `undefined` removes one. */
export function environmentWith(extra: Environment): NodeJS.ProcessEnv {
  const merged = Object.entries({ ...process.env, ...extra });
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
}

/**
 * Takes our own addresses out of the reach of a proxy that the environment names, for this process and its children: Temporal's client and
 * Node's `fetch` would ask that proxy for 127.0.0.1.
 */
export function reachLoopbackDirectly(env: NodeJS.ProcessEnv = process.env): void {
  const own = ['127.0.0.1', 'localhost'];
  const given = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const list = [...given.split(',').filter((host) => host.trim() !== ''), ...own].join(',');
  // Some read one spelling, some the other.
  Object.assign(env, { no_proxy: list, NO_PROXY: list });
}

function setting(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}
