import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

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
  };
}

/** Our own environment with some variables replaced, for a child process; `undefined` removes one. */
export function environmentWith(extra: Environment): NodeJS.ProcessEnv {
  const merged = Object.entries({ ...process.env, ...extra });
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
}

function setting(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}
