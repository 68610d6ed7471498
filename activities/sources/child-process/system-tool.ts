import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** The path of a tool of the system: a PATH that a definition or an operator sets has no say in what confines a program. */
export function systemTool(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
