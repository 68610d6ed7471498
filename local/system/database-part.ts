import { join } from 'node:path';
import { startPostgres } from '../postgres.ts';
import { PORTS, type SystemContext } from './context.ts';
import { supervise, type Stoppable } from './supervise.ts';

export interface DatabasePart extends Stoppable {
  readonly url: string;
  readonly quickstartUrl: string;
  readonly where: string;
}

/** PostgreSQL, embedded or real. The quickstart's own database is always an embedded one: examples do not write into real ones. */
export async function startDatabasePart(
  context: SystemContext,
  quickstart: boolean,
): Promise<DatabasePart> {
  const realUrl = context.real.has('database')
    ? context.ambient('WELLSPRING_DATABASE_URL')
    : undefined;
  if (realUrl && !quickstart)
    return {
      url: realUrl,
      quickstartUrl: realUrl,
      where: hostOf(realUrl),
      stop: async () => undefined,
    };
  const port = await context.port('PostgreSQL', PORTS.database);
  const server = await supervise(
    'PostgreSQL',
    (onExit) =>
      startPostgres({
        home: join(context.stateFolder, 'postgres'),
        port,
        logFile: join(context.stateFolder, 'logs', 'postgres.log'),
        databases: ['wellspring', 'quickstart'],
        onExit,
      }),
    context.announce,
  );
  const url = realUrl ?? server.current().url;
  return {
    url,
    quickstartUrl: server.current().urlOf('quickstart'),
    where: hostOf(url),
    stop: () => server.stop(),
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'WELLSPRING_DATABASE_URL';
}
