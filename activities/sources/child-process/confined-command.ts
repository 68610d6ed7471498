import { readFileSync } from 'node:fs';
import { failure } from '../../../workflows/failures.ts';
import type { ChildLimitsConfig } from './limits.ts';
import { systemTool } from './system-tool.ts';
import { withoutNetwork } from './without-network.ts';

/**
 * The command with the programs before it that bound it: `unshare` takes the network away, `prlimit` sets the limits. Both become the
 * command itself, so that process, group and exit code stay its own. Without `prlimit` the default bounds are left out.
 * @throws SandboxUnavailable - the config asks for what this worker cannot do.
 */
export async function confinedCommand(
  command: readonly string[],
  { limits, network }: ChildLimitsConfig,
): Promise<readonly string[]> {
  const bounded = bound(command, limits);
  return network === 'none' ? [...(await withoutNetwork()), ...bounded] : bounded;
}

/** A program that runs away must not fill the disk, nor leave an image of its memory. */
const DEFAULT_FILE_BYTES = 4 * 1024 ** 3;
const DEFAULT_OPEN_FILES = 4096;
/** SIGXCPU comes first and can be told from other ends; one that ignores it is killed by the kernel. */
const CPU_GRACE_SECONDS = 5;

function bound(command: readonly string[], limits: ChildLimitsConfig['limits']): readonly string[] {
  const tool = systemTool('prlimit');
  if (tool !== undefined) return [tool, ...options(limits), '--', ...command];
  if (limits === undefined) return command;
  throw failure(
    'SandboxUnavailable',
    'The definition sets "limits", but this worker has no program "prlimit" that could keep them. Install util-linux on the worker, or take "limits" out.',
  );
}

function options({
  memoryBytes,
  cpuSeconds,
  fileBytes = DEFAULT_FILE_BYTES,
  openFiles = DEFAULT_OPEN_FILES,
}: NonNullable<ChildLimitsConfig['limits']> = {}): readonly string[] {
  const host = hostLimits();
  const set = (option: string, wanted: number, line: string): string =>
    `--${option}=${Math.min(wanted, host.get(line) ?? wanted)}`;
  return [
    '--core=0',
    set('fsize', fileBytes, 'Max file size'),
    set('nofile', openFiles, 'Max open files'),
    // The data of a process and not its address space: runtimes reserve many gigabytes that they never touch.
    ...(memoryBytes === undefined ? [] : [set('data', memoryBytes, 'Max data size')]),
    ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}:${cpuSeconds + CPU_GRACE_SECONDS}`]),
  ];
}

/** The hard limits of this process, which only root may raise; unlimited ones are left out. */
function hostLimits(): ReadonlyMap<string, number> {
  const rows = readFileSync('/proc/self/limits', 'utf8').split('\n').slice(1);
  const limits = rows.map((row): [string, number] => {
    const [name = '', , hard = ''] = row.split(/ {2,}/u);
    return [name, Number(hard)];
  });
  return new Map(limits.filter(([, hard]) => Number.isFinite(hard)));
}
