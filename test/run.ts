import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { argv, execPath } from 'node:process';
import { environmentWith } from '../local/config.ts';
import { findChromium } from '../local/tools/chromium.ts';
import { findFaketime } from '../local/tools/faketime.ts';
import type { Found } from '../local/tools/first-found.ts';
import { findMariaDb } from '../local/tools/mariadb.ts';
import { findTemporalCli } from '../local/tools/temporal-cli.ts';
import { findTemporalTestServer } from '../local/tools/temporal-test-server.ts';
import { toolSearch } from './set-up/tools.ts';

// The program behind `npm test` and `npm run test:full`: makes the machine ready, then runs vitest. Further arguments
// go to vitest: `npm test -- test/local`. With `--full` the long stories run, and only they.

const search = toolSearch(true);
const given = argv.slice(2);
const full = given.includes('--full');

try {
  process.exitCode = await runTests(await setUp());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

type Variables = Readonly<Record<string, string>>;

/** Without a Temporal CLI there is nothing to test; without the others their own tests are skipped. */
async function setUp(): Promise<Variables> {
  const cli = await findTemporalCli({ ...search, sdkDownload: false });
  console.error(`Temporal CLI: "${cli.tool}" (${cli.from}).`);
  return {
    TEMPORAL_CLI_PATH: cli.tool,
    ...(await optional('TEMPORAL_TEST_SERVER_PATH', findTemporalTestServer(search))),
    ...(await optional('CHROMIUM_PATH', findChromium(search))),
    ...(await optional('FAKETIME_LIBRARY', findFaketime(search))),
    ...(await optional(
      'MariaDB',
      findMariaDb(search).then(({ tool, from }) => ({ tool: tool.server, from })),
    )),
    ...materials(),
    ...(full ? { WELLSPRING_TEST_FULL: '1' } : {}),
  };
}

async function optional(variable: string, finding: Promise<Found<string>>): Promise<Variables> {
  try {
    const { tool, from } = await finding;
    console.error(`${variable}: "${tool}" (${from}).`);
    return /^[A-Z_]+$/.test(variable) ? { [variable]: tool } : {};
  } catch (error) {
    loudly(
      `The tests that need it will be SKIPPED. ${error instanceof Error ? error.message : String(error)}`,
    );
    return {};
  }
}

function materials(): Variables {
  const folder = search.testMaterials ?? '../shared/materials';
  if (existsSync(folder)) return { TEST_MATERIALS: resolve(folder) };
  loudly(
    `No test materials at "${folder}": tests that read them will be SKIPPED. Set TEST_MATERIALS to their folder.`,
  );
  return {};
}

async function runTests(variables: Variables): Promise<number> {
  const vitest = join(
    dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
    'vitest.mjs',
  );
  const filters = given.filter((one) => one !== '--full');
  const child = spawn(execPath, [vitest, 'run', ...filters], {
    stdio: 'inherit',
    env: environmentWith(variables),
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function loudly(line: string): void {
  console.error(`\n*** ${line}\n`);
}
