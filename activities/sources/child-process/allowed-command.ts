import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import { failure } from '../../../workflows/failures.ts';
import type { SourceSettings } from '../contract.ts';

/**
 * The absolute path of a command that this worker may start. A bare name is looked up in the worker's own PATH, never in one that a
 * definition sets; a name on the list does not allow a path that merely ends with it.
 * @throws PolicyDenied - the operator's list has neither the name nor the path.
 * @throws InvalidConfig - there is no such program.
 */
export function allowedCommand(command: string, settings: SourceSettings, cwd: string): string {
  const wanted = isBareName(command) ? command : resolve(cwd, command);
  const allowed = settings.allowedCommands;
  const path = isBareName(command) ? onPath(command, settings) : wanted;
  const names = [wanted, ...(path === undefined ? [] : [path])];
  if (!allowed.includes('*') && !names.some((name) => allowed.includes(name))) {
    throw notAllowed(wanted, allowed);
  }
  if (path === undefined || !isExecutable(path)) throw notFound(wanted);
  return path;
}

/** Where commands are looked for when the worker offers no PATH. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function isBareName(command: string): boolean {
  return !isAbsolute(command) && basename(command) === command && !['.', '..'].includes(command);
}

function onPath(name: string, settings: SourceSettings): string | undefined {
  return (settings.variable('PATH') ?? DEFAULT_PATH)
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find((path) => isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function notAllowed(command: string, allowed: readonly string[]): Error {
  const list = allowed.length === 0 ? 'none' : allowed.map((one) => `"${one}"`).join(', ');
  return failure(
    'PolicyDenied',
    `The command "${command}" may not be started by this worker. Allowed: ${list}. The operator adds it to WELLSPRING_ALLOWED_COMMANDS.`,
  );
}

function notFound(command: string): Error {
  return failure(
    'InvalidConfig',
    `There is no program "${command}" that this worker can start. Install it on the worker, or mend "command".`,
  );
}
