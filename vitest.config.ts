import { defineConfig } from 'vitest/config';

/** The servers that test files share: PostgreSQL and Temporal, started when first asked for. */
const SERVERS = 'test/set-up/servers.ts';
const SERIAL = {
  globalSetup: [SERVERS],
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 180_000,
};
/** `npm run test:full` runs the slow stories, which are named `*.full.test.ts`, and only them. */
const full = process.env['WELLSPRING_TEST_FULL'] === '1';
const END = full ? '.full.test.ts' : '.test.ts';
const exclude = full ? [] : ['test/**/*.full.test.ts'];

/**
 * Real servers on a busy machine: a port may be taken between its choice and its use. CI repeats a failed test once, and vitest names what it
 * repeated; by hand nothing is repeated, so that a test that depends on luck is seen.
 */
const retry = process.env['CI'] === 'true' ? 1 : 0;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          retry,
          include: [`test/**/*${END}`],
          exclude: [...exclude, 'test/workflows/**', 'test/e2e/**', 'test/chaos/**'],
          globalSetup: [SERVERS],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'temporal',
          retry,
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
          ...SERIAL,
        },
      },
      {
        test: {
          name: 'e2e',
          retry,
          include: [`test/{chaos,e2e}/**/*${END}`],
          exclude,
          ...SERIAL,
        },
      },
    ],
  },
});
