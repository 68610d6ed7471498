import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { argv } from 'node:process';
import { readEndpoints } from '../adapters/endpoints.ts';
import { environmentWith, type LocalConfig, readLocalConfig } from './config.ts';
import { findTemporalCli } from './tools/temporal-cli.ts';

// `npm run temporal -- …`: the Temporal CLI that was found, talking to the system that `npm start` keeps up.

try {
  process.exitCode = await main(argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(given: readonly string[]): Promise<number> {
  const config = readLocalConfig();
  const { stateFolder, args } = ownOption(given, config);
  const endpoints = await readEndpoints(stateFolder);
  if (endpoints === undefined) {
    throw new Error(`No running system found in "${stateFolder}". Start one with "npm start".`);
  }
  const announce = (line: string): void => console.error(line);
  const cli = await findTemporalCli({ ...config, mayInstall: true, sdkDownload: true, announce });
  const { address, namespace } = endpoints.temporal;
  const env = environmentWith({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace });
  const child = spawn(cli.tool, args, { stdio: 'inherit', env });
  // Ctrl-C reaches both of us: the CLI decides what it means, and we answer with its exit code.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** `--state FOLDER` in front is ours, as with `npm start`; everything else belongs to the Temporal CLI. */
function ownOption(
  given: readonly string[],
  { stateFolder, workingFolder }: LocalConfig,
): { readonly stateFolder: string; readonly args: readonly string[] } {
  const [first, folder, ...args] = given;
  if (first !== '--state' || folder === undefined) return { stateFolder, args: given };
  return { stateFolder: resolve(workingFolder, folder), args };
}
