import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { choosePort } from '../../local/ports.ts';
import { startProcess } from '../../local/processes.ts';

/** A Node program of the bench in a process of its own, with an HTTP address. */
export interface Program {
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  readonly name: string;
  readonly file: URL;
  readonly folder: string;
  /** Behind the port. */
  readonly args?: readonly string[];
  /** What answers 200 once the program is ready. */
  readonly readyPath: string;
  readonly environment?: (port: number) => Readonly<Record<string, string | undefined>>;
}

const READY_WITHIN_MS = 60_000;

/** Starts it on a free port, which it gets as its argument, and waits until it answers. It never outlives this process. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { name, file, folder, args = [], readyPath, environment } = options;
  const { port } = await choosePort(0);
  const url = `http://127.0.0.1:${port}`;
  const { pid, stop } = await startProcess({
    name,
    command: process.execPath,
    args: [fileURLToPath(file), String(port), ...args],
    ...(environment ? { env: environment(port) } : {}),
    logFile: join(folder, `${name}.log`),
    ready: async () => (await fetch(`${url}${readyPath}`)).ok,
    readyTimeoutMs: READY_WITHIN_MS,
  });
  return { pid, url, stop };
}
