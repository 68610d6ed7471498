import { installDebianPackage } from './debian.ts';
import { type Attempt, type Found, firstFound, type ToolSearch } from './first-found.ts';
import { onPath } from './program.ts';

export interface MariaDbPrograms {
  readonly server: string;
  readonly installDb: string;
}

/**
 * Finds MariaDB for tests: the PATH and Debian's folders, then Debian's package, which brings the programs without a
 * service that starts by itself.
 * @throws Error - neither worked: the sentence says how, and what to do.
 */
export async function findMariaDb(search: ToolSearch): Promise<Found<MariaDbPrograms>> {
  const there = (): Attempt<MariaDbPrograms> => programs(search.searchPath);
  const steps = [
    { name: 'the PATH', find: there },
    { name: "Debian's package", find: () => installDebianPackage(PACKAGE, search, there) },
  ];
  return firstFound(
    'MariaDB',
    steps,
    `Install Debian's packages "${PACKAGE.name}", or MariaDB with its "mariadb-install-db".`,
  );
}

/** The parts of `mariadb-server` that start nothing by themselves; the second has what `mariadb-install-db` calls. */
const PACKAGE = { name: 'mariadb-server-core mariadb-client-core', downloadMegabytes: 9 };

function programs(searchPath: readonly string[]): Attempt<MariaDbPrograms> {
  // Servers stand in sbin, which is not on the PATH of everybody.
  const folders = [...searchPath, '/usr/sbin', '/usr/local/sbin'];
  const server = onPath(['mariadbd'], folders);
  const installDb = onPath(['mariadb-install-db'], folders);
  if (server === undefined) return { why: 'no "mariadbd"' };
  return installDb === undefined
    ? { why: 'no "mariadb-install-db"' }
    : { tool: { server, installDb } };
}
