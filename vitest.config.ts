import { defineConfig } from 'vitest/config';

/** Where the slow stories live: they run with `npm run test:full` only. */
const FULL_ONLY = ['test/**/*.full.test.ts'];
/** The servers that test files share: PostgreSQL and Temporal, started when first asked for. */
const SERVERS = 'test/set-up/servers.ts';
const SERIAL = {
  globalSetup: [SERVERS],
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 180_000,
};
const full = process.env['WELLSPRING_TEST_FULL'] === '1';
const exclude = full ? [] : FULL_ONLY;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, 'test/workflows/**', 'test/e2e/**'],
          globalSetup: [SERVERS],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'temporal',
          include: ['test/workflows/**/*.test.ts'],
          exclude: [...exclude, 'test/workflows/**/*.time.test.ts'],
          globalSetup: [SERVERS, 'test/set-up/temporal.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'temporal-time',
          include: ['test/workflows/**/*.time.test.ts'],
          exclude,
          ...SERIAL,
        },
      },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], exclude, ...SERIAL } },
    ],
  },
});
