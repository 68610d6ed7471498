import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort } from '../../local/ports.ts';
import { type RunningTemporal, startTemporal } from '../../local/temporal-server.ts';
import { findTemporalCli } from '../../local/tools/temporal-cli.ts';
import { toolSearch } from './tools.ts';

/** By itself it gathers timers for a second: each of a hundred milliseconds would take a whole one. */
const PROMPT = ['history.timerProcessorMaxTimeShift="5ms"'];

/** Starts a dev server with our search attributes, without a file: its state goes when `stop` is called. */
export async function startTestTemporal(): Promise<RunningTemporal> {
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-temporal-'));
  const { tool: cliPath } = await findTemporalCli({ ...toolSearch(true), sdkDownload: false });
  const { port } = await choosePort(0);
  const server = await startTemporal({
    cliPath,
    port,
    logFile: join(folder, 'temporal.log'),
    settings: PROMPT,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...server, stop };
}
