import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The servers that test files share: PostgreSQL and Temporal, started when first asked for. */
const SERVERS = 'test/set-up/servers.ts';
const STORIES = { globalSetup: [SERVERS], testTimeout: 180_000, hookTimeout: 180_000 };
const SERIAL = { ...STORIES, fileParallelism: false };
/** After the parallel projects, two at once: a system that starts and stops waits more than it computes. */
const PAIRED = { ...STORIES, maxWorkers: 2, sequence: { groupOrder: 1 } };
/** `npm run test:full` runs the slow stories, which are named `*.full.test.ts`, and only them. */
const full = process.env['WELLSPRING_TEST_FULL'] === '1';
const END = full ? '.full.test.ts' : '.test.ts';
const exclude = full ? [] : ['test/**/*.full.test.ts'];

/**
 * The files of a worker share its process: without that, loading Temporal's, AWS's and the parser's code for each of them would be half of the
 * time. A file may leave nothing behind; what it stubs is undone for it. The long stories are few: each has a process of its own.
 */
const SHARED = { isolate: full, restoreMocks: true, unstubEnvs: true };
/** These count what their process has started and opened: each has one of its own. */
const ALONE = 'test/activities/sources/**';

/**
 * Real servers on a busy machine: a port may be taken between its choice and its use. CI repeats a failed test once, and vitest names what it
 * repeated; by hand nothing is repeated, so that a test that depends on luck is seen.
 */
const retry = process.env['CI'] === 'true' ? 1 : 0;

export default defineConfig({
  test: {
    pool: 'forks',
    // Tests start hundreds of our programs: Node keeps there what it has compiled, by content, which is half of what a short one costs.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'wellspring-compile-cache') },
    // Half of the tests wait for servers more than they compute: a core is not kept busy by one of them.
    maxWorkers: Math.max(2, Math.ceil(availableParallelism() * 1.5)),
    projects: [
      {
        test: {
          name: 'unit',
          retry,
          ...SHARED,
          include: [`test/**/*${END}`],
          exclude: [...exclude, ALONE, 'test/workflows/**', 'test/e2e/**', 'test/chaos/**'],
          globalSetup: [SERVERS],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'unit-alone',
          retry,
          include: [`${ALONE}/*${END}`],
          exclude,
          globalSetup: [SERVERS],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'temporal',
          retry,
          ...SHARED,
          include: [`test/workflows/**/*${END}`],
          exclude: [...exclude, `test/workflows/**/*.time${END}`],
          globalSetup: [SERVERS, 'test/set-up/temporal.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'temporal-time',
          retry,
          include: [`test/workflows/**/*.time${END}`],
          exclude,
          ...STORIES,
        },
      },
      {
        test: {
          name: 'e2e',
          retry,
          include: [`test/${full ? '{chaos,e2e}' : 'e2e'}/**/*${END}`],
          exclude,
          ...(full ? SERIAL : PAIRED),
        },
      },
      // Faults are set to the second: no other file beside them. The long stories of both folders are one project, each alone.
      ...(full
        ? []
        : [
            {
              test: {
                name: 'chaos',
                retry,
                include: [`test/chaos/**/*${END}`],
                exclude,
                ...SERIAL,
              },
            },
          ]),
    ],
  },
});
