import { execFile } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How to run a program as somebody who is not root: PostgreSQL refuses root. */
export interface RunAs {
  /** The real owner that its files must have; `undefined` when we are nobody special ourselves. */
  readonly ownerId: number | undefined;
  wrap(
    command: string,
    args: readonly string[],
  ): { readonly command: string; readonly args: readonly string[] };
}

/**
 * Chooses the way: as we are; as root by a user namespace, in which we are "nobody" (nothing changes hands); or as
 * the real "nobody" by setpriv, when it may enter both folders.
 * @throws Error - we are root and neither is possible.
 */
export async function chooseUser(home: string, programs: string): Promise<RunAs> {
  if (process.getuid?.() !== 0)
    return { ownerId: undefined, wrap: (command, args) => ({ command, args }) };
  if (await works([...NAMESPACE, '--', 'true']))
    return { ownerId: 0, wrap: (...call) => prefixed(NAMESPACE, ...call) };
  chmodSync(home, 0o711);
  if (await works([...SETPRIV, '--', 'test', '-x', home, '-a', '-x', join(programs, 'initdb')])) {
    return { ownerId: NOBODY, wrap: (...call) => prefixed(SETPRIV, ...call) };
  }
  throw new Error(
    `PostgreSQL refuses to run as root, this system allows no user namespace, and "nobody" may not enter "${home}" ` +
      `and "${programs}". Run as an ordinary user, or from a folder that everybody may enter, such as one in /srv.`,
  );
}

/** Gives the folder and all in it to the owner that PostgreSQL will run as; nothing to do when it has it already. */
export function giveTo(folder: string, { ownerId }: RunAs): void {
  if (ownerId === undefined || lstatSync(folder).uid === ownerId) return;
  // The folder itself last: a crash on the way leaves it to be done again.
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) chownSync(join(entry.parentPath, entry.name), ownerId, ownerId);
  }
  chownSync(folder, ownerId, ownerId);
}

/** "nobody" of Debian and most others. */
const NOBODY = 65_534;
const NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
const SETPRIV = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

function prefixed(
  [first = '', ...rest]: readonly string[],
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  return { command: first, args: [...rest, '--', command, ...args] };
}

async function works([command = '', ...args]: readonly string[]): Promise<boolean> {
  return promisify(execFile)(command, args, { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}
