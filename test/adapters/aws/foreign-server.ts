import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { createAwsClients } from '../../../adapters/aws/clients.ts';
import type { ObjectsCase } from '../../contracts/objects.ts';

/** What an S3 server of others accepts: it is started with them. */
export interface ForeignCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export const FOREIGN_CREDENTIALS: ForeignCredentials = {
  accessKeyId: 'foreign-key',
  secretAccessKey: 'foreign-secret',
};

/** A running S3 server of others with nothing in it. */
export interface ForeignServer {
  readonly url: string;
  /** Kills it and removes its folder. */
  close(): Promise<void>;
}

/** Where programs are kept that tests installed once. */
export function toolsFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'wellspring', 'tools');
}

/** Starts a program in a folder of its own and waits until it answers on its port. */
export async function startForeignServer(options: {
  readonly port: number;
  readonly command: (directory: string) => readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}): Promise<ForeignServer> {
  const directory = await mkdtemp(join(tmpdir(), 's3-foreign-'));
  const [program = '', ...flags] = options.command(directory);
  const child = spawn(program, flags, {
    cwd: directory,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: directory, ...options.variables },
  });
  const url = `http://127.0.0.1:${options.port}`;
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

/** The case of the object contract on such a server. */
export async function objectsCase(server: ForeignServer): Promise<ObjectsCase> {
  const clients = createAwsClients({
    region: 'us-east-1',
    credentials: FOREIGN_CREDENTIALS,
    endpoints: { s3: server.url },
  });
  await createBucket(clients.s3, 'docs');
  return {
    s3: clients.s3,
    bucket: 'docs',
    close: async () => {
      clients.close();
      await server.close();
    },
  };
}

/** Free ports, all different: they are held open until the last is known. */
export async function freePorts(count: number): Promise<readonly number[]> {
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

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const START_TIMEOUT_MS = 60_000;

async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`The server ended with code ${child.exitCode}.`);
    // Any answer will do, for example 403 to an unsigned request; before that the connection is refused.
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status > 0 && status < 500) return;
    await sleep(100);
  }
  throw new Error(`Nothing answered on "${url}" within ${START_TIMEOUT_MS / 1000} seconds.`);
}

const BUCKET_TRIES = 100;

/** A server may answer before it can write. */
async function createBucket(s3: S3Client, bucket: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      return;
    } catch (error) {
      if (tries >= BUCKET_TRIES) throw error;
      await sleep(200);
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
