import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { startTestPostgres } from './test-postgres.ts';
import { startTestTemporal } from './test-temporal.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the servers that all test files of a run share are asked for. */
    readonly testServers: string;
  }
}

/**
 * The servers that test files share, each started once a run, when the first file asks for it. Test files run in
 * processes of their own, so they ask the process that outlives them, over HTTP on a secret path.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (held().shared ??= await openShared());
  shared.projects += 1;
  project.provide('testServers', shared.url);
  return async () => {
    shared.projects -= 1;
    if (shared.projects === 0) await shared.close();
  };
}

/** What is shared, and what the answer is: the URL of a PostgreSQL, the address of a Temporal, the file of all workflows bundled. */
export type SharedServer = keyof typeof STARTERS;

/** Inside a test file: where the shared server listens. Starts it when nobody has asked before. */
export async function sharedServer(name: SharedServer): Promise<string> {
  const response = await fetch(`${inject('testServers')}/${name}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}

/** In a global set-up, which runs in the process that owns the servers. */
export async function ownServer(name: SharedServer): Promise<string> {
  const shared = (held().shared ??= await openShared());
  return shared.start(name);
}

interface Running {
  readonly where: string;
  readonly stop: () => Promise<void>;
}

interface Shared {
  /** How many vitest projects have not yet ended. */
  projects: number;
  readonly url: string;
  start(name: SharedServer): Promise<string>;
  close(): Promise<void>;
}

const STARTERS = {
  postgres: async (): Promise<Running> => {
    const { url, stop } = await startTestPostgres();
    return { where: url, stop };
  },
  temporal: async (): Promise<Running> => {
    const { address, stop } = await startTestTemporal();
    return { where: address, stop };
  },
  /** No server, but as dear: two seconds of a whole core for each test file that runs a worker. */
  workflows: async (): Promise<Running> => {
    const { code } = await bundleWorkflows((_level, message) => console.error(message));
    const where = join(tmpdir(), `wellspring-workflows-${randomBytes(6).toString('hex')}.js`);
    await writeFile(where, code);
    return { where, stop: () => rm(where, { force: true }) };
  },
};

/** Each vitest project loads this module anew, in one process: what they share cannot be a variable of the module. */
function held(): { shared?: Shared } {
  const holder = globalThis as { wellspringTestServers?: { shared?: Shared } };
  return (holder.wellspringTestServers ??= {});
}

async function openShared(): Promise<Shared> {
  const running = new Map<SharedServer, Promise<Running>>();
  const start = async (name: SharedServer): Promise<string> => {
    const server = running.get(name) ?? STARTERS[name]();
    running.set(name, server);
    return (await server).where;
  };
  const secret = randomBytes(18).toString('base64url');
  const http = await listen(secret, start);
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = async (): Promise<void> => {
    http.close();
    http.closeAllConnections();
    const started = await Promise.allSettled(running.values());
    for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
  };
  return { projects: 0, url: `http://127.0.0.1:${port}/${secret}`, start, close };
}

async function listen(
  secret: string,
  start: (name: SharedServer) => Promise<string>,
): Promise<Server> {
  const names: readonly SharedServer[] = ['postgres', 'temporal', 'workflows'];
  const server = createServer((request, response) => {
    const name = names.find((one) => request.url === `/${secret}/${one}`);
    const answer = name === undefined ? Promise.reject(new Error('No such server.')) : start(name);
    answer.then(
      (where) => response.end(where),
      (error: unknown) =>
        response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
