import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { promisify } from 'node:util';

/** Where and with what a result was measured: without it a number means nothing. */
export interface Fingerprint {
  readonly date: string;
  /** With `+changes` when the working copy had some. */
  readonly commit: string;
  readonly node: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly servers: Readonly<Record<string, string>>;
  readonly cpu: { readonly model: string; readonly count: number };
  /** Load average of the last minute. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export async function takeFingerprint(
  loadBefore: number,
  servers: Fingerprint['servers'],
): Promise<Fingerprint> {
  return {
    date: new Date().toISOString(),
    commit: await commit(),
    node: process.versions.node,
    packages: await packageVersions(),
    servers,
    cpu: { model: cpus()[0]?.model ?? 'unknown', count: cpus().length },
    loadBefore,
    loadAfter: currentLoad(),
  };
}

export function currentLoad(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

const MEASURED_PACKAGES = ['@temporalio/worker', '@aws-sdk/client-s3', 'pg', 'undici'];

async function packageVersions(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
  return Object.fromEntries(
    MEASURED_PACKAGES.map((name) => [name, dependencies[name] ?? 'unknown']),
  );
}

async function commit(): Promise<string> {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { cwd: import.meta.dirname })).stdout.trim();
  try {
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return `${await git('rev-parse', '--short=12', 'HEAD')}${changes === '' ? '' : '+changes'}`;
  } catch {
    return 'unknown';
  }
}
