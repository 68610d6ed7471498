import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fillLicences } from '../../examples/quickstart/licences.ts';
import { startProcess } from '../processes.ts';
import { PORTS, type SystemContext, type Variables } from './context.ts';
import { supervise, type Stoppable } from './supervise.ts';

export interface QuickstartPart extends Stoppable {
  readonly variables: Variables;
  /** Holds passwords: for the worker's environment only, never for definitions. */
  readonly secrets: Variables;
  readonly allowedHosts: readonly string[];
}

const FOLDER = fileURLToPath(new URL('../../examples/quickstart', import.meta.url));
export const QUICKSTART_DEFINITIONS = join(FOLDER, 'wellspring.yaml');

/** Makes the things that the quickstart collects from: the database of licences and the web site. */
export async function startQuickstart(
  context: SystemContext,
  databaseUrl: string,
): Promise<QuickstartPart> {
  const port = await context.port('the example site', PORTS.site);
  const siteUrl = `http://127.0.0.1:${port}`;
  const [licences, site] = await Promise.all([
    fillLicences(databaseUrl),
    startSite(context, port, siteUrl),
  ]);
  context.announce(
    `Quickstart: ${licences} software licences in PostgreSQL, the documentation on ${siteUrl}/docs/.`,
  );
  const require = createRequire(import.meta.url);
  const mcpServer = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');
  return {
    variables: {
      QUICKSTART_SITE_URL: siteUrl,
      QUICKSTART_FOLDER: FOLDER,
      QUICKSTART_MCP_SERVER: mcpServer,
      QUICKSTART_PACKAGES: dirname(dirname(require.resolve('zod/package.json'))),
    },
    secrets: { QUICKSTART_DATABASE_URL: databaseUrl },
    allowedHosts: [`127.0.0.1:${port}`],
    stop: () => site.stop(),
  };
}

function startSite({ stateFolder, announce }: SystemContext, port: number, url: string) {
  return supervise(
    'The example site',
    (onExit) =>
      startProcess({
        name: 'site',
        command: process.execPath,
        args: [join(FOLDER, 'site.ts'), String(port)],
        logFile: join(stateFolder, 'logs', 'site.log'),
        recordFolder: join(stateFolder, 'processes'),
        program: 'site.ts',
        ready: async () =>
          (await fetch(`${url}/robots.txt`, { signal: AbortSignal.timeout(1000) })).ok,
        readyTimeoutMs: 30_000,
        onExit,
      }),
    announce,
  );
}
