import { join } from 'node:path';
import { connectTemporal } from '../../adapters/temporal/connection.ts';
import { startTemporal } from '../temporal-server.ts';
import { findTemporalCli } from '../tools/temporal-cli.ts';
import { PORTS, type SystemContext } from './context.ts';
import { supervise } from './supervise.ts';

/** Temporal, embedded or real, with a connection to it, which its caller closes. */
export async function startTemporalPart(context: SystemContext) {
  if (context.real.has('temporal')) {
    const connected = connectTemporal();
    return { endpoint: undefined, connected, stop: async () => undefined };
  }
  const { tool: cliPath } = await findTemporalCli({
    ...context.local,
    sdkDownload: true,
    mayInstall: true,
    announce: context.announce,
  });
  const [port, uiPort] = [
    await context.port('Temporal', PORTS.temporal),
    await context.port('the Temporal Web UI', PORTS.ui),
  ];
  const server = await supervise(
    'Temporal',
    (onExit) =>
      startTemporal({
        cliPath,
        port,
        uiPort,
        databaseFile: join(context.stateFolder, 'temporal', 'temporal.db'),
        logFile: join(context.stateFolder, 'logs', 'temporal.log'),
        onExit,
      }),
    context.announce,
  );
  const { address, namespace, uiUrl } = server.current();
  const endpoint = { address, namespace, ...(uiUrl ? { uiUrl } : {}) };
  return {
    endpoint,
    connected: connectTemporal({ address, namespace }),
    stop: () => server.stop(),
  };
}
