import { existsSync, globSync } from 'node:fs';
import { installDebianPackage } from './debian.ts';
import { type Attempt, type Found, firstFound, type ToolSearch } from './first-found.ts';

/**
 * Finds libfaketime for tests that skew the clock of a worker: Debian's folders, then Debian's package.
 * @throws Error - neither worked: the sentence says how, and what to do.
 */
export async function findFaketime(search: ToolSearch): Promise<Found<string>> {
  const steps = [
    { name: "Debian's folders", find: there },
    { name: "Debian's package", find: () => installDebianPackage(PACKAGE, search, there) },
  ];
  return firstFound('libfaketime', steps, `Install Debian's package "${PACKAGE.name}".`);
}

const PACKAGE = { name: 'faketime', downloadMegabytes: 1 };

function there(): Attempt<string> {
  const found = globSync('/usr/lib/*/faketime/libfaketime.so.1').find((path) => existsSync(path));
  return found === undefined ? { why: 'no "libfaketime.so.1"' } : { tool: found };
}
