import { access } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import {
  loadDefinitions,
  type Loaded,
  type LoadedDefinitions,
} from '../adapters/definitions/load.ts';
import { EMBEDDED_VARIABLES } from '../adapters/definitions/embedded-variables.ts';
import type { Context } from './commands/command.ts';
import { findingsHead } from './problem-text.ts';
import { Problem } from './problem.ts';
import { sourceTypes } from './source-types.ts';
import { findEndpoints } from './target.ts';

type Reader = Pick<Context<unknown>, 'configFile' | 'target' | 'config'>;

export interface LocalDefinitions extends LoadedDefinitions {
  /** As people see it: relative where it lies below the working folder. */
  readonly file: string;
}

/** The default name of the file, as `init` writes it. */
export const DEFINITIONS_FILE = 'wellspring.yaml';

/** Valid definitions from the file. @throws Problem - every error that they have. */
export async function readDefinitions(
  reader: Reader,
  options: ReadOptions = {},
): Promise<LocalDefinitions> {
  const { file, loaded } = await tryDefinitions(reader, options);
  if ('errors' in loaded) throw invalidDefinitions(file, loaded.errors);
  return { ...loaded, file };
}

export interface ReadOptions {
  /** Told the variables that only a running system sets; then their form is checked. Without it they are errors. */
  readonly onAwaited?: (name: string) => void;
}

/** The file that is meant, and what is in it, errors included. */
export async function tryDefinitions(
  { configFile, target, config }: Reader,
  { onAwaited }: ReadOptions = {},
): Promise<{ readonly file: string; readonly loaded: Loaded }> {
  const place = await definitionsPlace({ configFile, target, config });
  const variables = (name: string): string | undefined =>
    place.variables(name) ?? awaited(name, onAwaited);
  const { file } = place;
  return { file, loaded: await loadDefinitions({ file, variables, sourceTypes }) };
}

export interface DefinitionsPlace {
  readonly file: string;
  readonly variables: (name: string) => string | undefined;
}

/** The file that is meant, and the variables for it. */
export async function definitionsPlace({
  configFile,
  target,
  config,
}: Reader): Promise<DefinitionsPlace> {
  const found = await findEndpoints(target);
  const file =
    configFile ?? (await definitionsFile(target.workingFolder, found?.endpoints.configFile));
  // The same order as the system itself has, so that the definitions have the same digests.
  const variables = (name: string): string | undefined =>
    found?.endpoints.variables[name] ?? config.variable(name);
  return { file, variables };
}

function awaited(name: string, onAwaited: ReadOptions['onAwaited']): string | undefined {
  const form = EMBEDDED_VARIABLES[name];
  if (form === undefined || onAwaited === undefined) return undefined;
  onAwaited(name);
  return form;
}

export function invalidDefinitions(
  file: string,
  errors: readonly { readonly file: string; readonly line: number; readonly sentence: string }[],
): Problem {
  return new Problem(findingsHead(errors.length, file), {
    failure: 'InvalidConfig',
    findings: errors,
    remedy: 'Nothing was changed. Mend the file and try again.',
  });
}

async function definitionsFile(
  workingFolder: string,
  running: string | undefined,
): Promise<string> {
  const here = await access(join(workingFolder, DEFINITIONS_FILE)).then(
    () => true,
    () => false,
  );
  return here || running === undefined ? DEFINITIONS_FILE : shortened(running, workingFolder);
}

function shortened(file: string, workingFolder: string): string {
  const path = relative(workingFolder, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}
