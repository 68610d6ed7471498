import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort } from '../../local/ports.ts';
import { type RunningPostgres, startPostgres } from '../../local/postgres.ts';

/** Nothing of a test must survive a power cut, and without syncing it is several times as fast. */
const THROWAWAY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts a PostgreSQL of a test's own, on a folder that `stop` removes. Most tests want `withDatabase()` instead:
 * a database of their own on the server that all share.
 */
export async function startTestPostgres(): Promise<RunningPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-postgres-'));
  const { port } = await choosePort(0);
  const server = await startPostgres({
    home: join(folder, 'home'),
    port,
    logFile: join(folder, 'postgres.log'),
    databases: ['wellspring'],
    settings: { ...THROWAWAY, max_connections: '300' },
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...server, stop };
}
