import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach } from 'vitest';
import type { ReadMessage } from '../../../../activities/sources/contract.ts';
import { mcp } from '../../../../activities/sources/mcp.ts';
import { descendants, eventually, isRunning } from '../../../fakes/processes.ts';
import {
  sourceEnv,
  type SourceEnvOverrides,
  type TestSourceEnv,
} from '../../../fakes/source-env.ts';

const FAKE = fileURLToPath(new URL('../../../fakes/mcp-server.ts', import.meta.url));

export type Config = Readonly<Record<string, unknown>>;

/** Registers the clean-up; call the results inside tests. No server over stdio may outlive its test. */
export function withMcp() {
  const envs: TestSourceEnv[] = [];
  const ours = new Map<string, { readonly url: string; readonly pid: number }>();
  const listeners: Server[] = [];
  afterEach(async () => {
    const known = new Set([...ours.values()].map(({ pid }) => pid));
    const left = (): number[] => descendants().filter((pid) => !known.has(pid));
    if (!(await eventually(() => left().length === 0)))
      throw new Error(`These processes remain: ${left().join(', ')}.`);
  });
  afterAll(() => {
    for (const { pid } of ours.values()) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    for (const one of listeners) {
      one.closeAllConnections();
      one.close();
    }
    for (const env of envs) env.remove();
  });

  const env = (overrides: SourceEnvOverrides = {}): TestSourceEnv => {
    const made = sourceEnv(overrides);
    envs.push(made);
    return made;
  };

  return {
    env,
    stdio: (scenario: string, ...args: string[]) => ({
      type: 'stdio',
      command: process.execPath,
      args: [FAKE, scenario, ...args],
    }),
    /** One server a scenario, for the whole file. */
    http: async (scenario: string) => {
      const running = ours.get(scenario) ?? (await startHttp(scenario));
      ours.set(scenario, running);
      return { type: 'http', url: running.url };
    },
    /** A listener of the test's own; answers its port. */
    listen: async (answer: RequestListener): Promise<number> => {
      const server = createServer(answer).listen(0, '127.0.0.1');
      await once(server, 'listening');
      listeners.push(server);
      return (server.address() as AddressInfo).port;
    },
    read: async (config: Config, using = env()) => {
      const messages: ReadMessage<unknown>[] = [];
      let error: unknown;
      try {
        for await (const message of mcp.open(config).read(null, using)) messages.push(message);
      } catch (caught) {
        error = caught;
      }
      const documents = messages.flatMap((one) => (one.kind === 'document' ? [one.document] : []));
      const listing = messages.find((one) => one.kind === 'listing');
      return { messages, documents, listing, error, ids: documents.map(({ id }) => id) };
    },
  };
}

async function startHttp(scenario: string): Promise<{ url: string; pid: number }> {
  const child = spawn(process.execPath, [FAKE, scenario, 'http'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url: `http://127.0.0.1:${port}/mcp`, pid: child.pid ?? 0 };
}
