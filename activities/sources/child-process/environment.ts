import { z } from 'zod';
import { failure } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import { secret } from '../define-source.ts';
import { DEFAULT_PATH } from './allowed-command.ts';

const VariableName = z
  .string()
  .regex(
    /^(?!WELLSPRING_)[A-Za-z_][A-Za-z0-9_]*$/u,
    'a variable name that does not begin with "WELLSPRING_"',
  );

/** The fields of a config that say which environment a child gets; everything else of the worker's environment stays out. */
export const ChildEnvironment = {
  env: z.exactOptional(
    z
      .record(VariableName, secret(z.string()))
      .describe('Variables of the process: a value, or a secret reference such as "${env:NAME}".'),
  ),
  passEnv: z.exactOptional(
    z
      .array(VariableName)
      .describe('Names of variables that the worker offers and that are passed on as they are.'),
  ),
};

export interface ChildEnvironmentConfig {
  readonly env?: Readonly<Record<string, string>>;
  readonly passEnv?: readonly string[];
}

export interface PreparedEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Values that no log and no failure may show. */
  readonly secrets: readonly string[];
}

/**
 * PATH, HOME, TMPDIR and a UTF-8 locale, plus what the config names.
 * @throws InvalidConfig - the worker does not offer a name in `passEnv`.
 */
export function childEnvironment(
  config: ChildEnvironmentConfig,
  source: SourceEnv,
): PreparedEnvironment {
  const passed = Object.fromEntries(
    (config.passEnv ?? []).map((name) => [name, offered(name, source)]),
  );
  const given = { ...passed, ...config.env };
  const home = source.temporaryDirectory;
  const path = source.settings.variable('PATH') ?? DEFAULT_PATH;
  return {
    variables: { PATH: path, HOME: home, TMPDIR: home, LANG: 'C.UTF-8', ...given },
    secrets: Object.values(given),
  };
}

function offered(name: string, source: SourceEnv): string {
  const value = source.settings.variable(name);
  if (value !== undefined) return value;
  throw failure(
    'InvalidConfig',
    `"passEnv" names "${name}", which this worker does not offer. Set it in the worker's environment, or give it a value in "env".`,
  );
}
