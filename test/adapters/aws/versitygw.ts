import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
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

const VERSION = 'v1.8.0';
const BUILD_TIMEOUT_MS = 600_000;

/** The path of the `versitygw` program, built once with Go into the cache; or why there is none. */
export async function buildVersityGw(): Promise<
  { readonly path: string } | { readonly why: string }
> {
  const folder = join(toolsFolder(), `versitygw-${VERSION}`);
  const path = join(folder, 'versitygw');
  try {
    if (!(await exists(path))) {
      await mkdir(folder, { recursive: true });
      await promisify(execFile)(
        'go',
        ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`],
        {
          timeout: BUILD_TIMEOUT_MS,
          env: { ...process.env, GOBIN: folder },
        },
      );
    }
    return { path };
  } catch (error) {
    return { why: error instanceof Error ? error.message.slice(0, 500) : String(error) };
  }
}

/** Starts the gateway on a folder. Metadata goes into files beside it: not every file system has attributes. */
export async function startVersityGw(
  path: string,
  credentials: ForeignCredentials,
): Promise<ForeignServer> {
  const [port = 0] = await freePorts(1);
  const start = ['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', '--health', '/health'];
  return startForeignServer({
    port,
    command: (directory) => {
      const place = (name: string) => join(directory, name);
      const script = 'mkdir -p data meta iam && exec "$0" "$@"';
      const posix = ['posix', '--sidecar', place('meta'), place('data')];
      return ['/bin/sh', '-c', script, path, ...start, '--iam-dir', place('iam'), ...posix];
    },
    variables: {
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
    },
  });
}
