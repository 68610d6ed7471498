import { execFile } from 'node:child_process';
import { hostname, userInfo } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who does this: `ana@laptop`. */
export function author(): string {
  return `${userName()}@${hostname()}`;
}

/** A container may run under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user-${process.getuid?.() ?? 'unknown'}`;
  }
}

/** The Git commit that a file comes from; undefined without Git, or when anything in its folder differs from the commit. */
export async function commitOf(file: string): Promise<string | undefined> {
  const options = { cwd: dirname(file), timeout: 5000 };
  try {
    await run('git', ['ls-files', '--error-unmatch', '--', file], options);
    const changed = await run('git', ['status', '--porcelain', '--', '.'], options);
    if (changed.stdout.trim() !== '') return undefined;
    return (await run('git', ['rev-parse', 'HEAD'], options)).stdout.trim();
  } catch {
    return undefined;
  }
}
