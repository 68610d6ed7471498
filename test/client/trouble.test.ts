import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeEndpoints, type Endpoints } from '../../adapters/endpoints.ts';
import { openDatabase } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../adapters/postgres/revisions.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';
import { freshDatabase, withDatabase } from '../set-up/postgres.ts';
import { sharedServer } from '../set-up/servers.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';
import { registerNamespace } from './namespace.ts';
import { json, runCli, type CliResult } from './run-cli.ts';

const databaseUrl = withDatabase();
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  const db = openDatabase(databaseUrl());
  await migrate(db);
  await storeRevision(db, { definitions: [sourceDefinition({ id: 'docs' })], author: 'ana' });
  await db.destroy();
});

beforeEach(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'wellspring.yaml'), 'sources: []\n');
});
afterEach(() => folder[Symbol.asyncDispose]());

async function system(temporal: Partial<Endpoints['temporal']>, url = databaseUrl()) {
  await writeEndpoints(join(folder.path, '.wellspring'), {
    version: 1,
    pid: process.pid,
    startedAt: '2026-11-21T10:00:00.000Z',
    // A Web UI says that Temporal is embedded.
    temporal: {
      address: '127.0.0.1:1',
      namespace: 'default',
      uiUrl: 'http://127.0.0.1:8233',
      ...temporal,
    },
    database: { url },
    configFile: join(folder.path, 'wellspring.yaml'),
    variables: {},
  });
}

const cli = (...args: readonly string[]): Promise<CliResult> => runCli(args, { cwd: folder.path });

test('a Temporal that does not answer is named within seconds', async () => {
  await system({});
  const startMs = performance.now();

  const { code, stderr } = await cli('pause', 'docs');

  expect(code).toBe(1);
  expect(stderr).toContain('Unavailable: Temporal does not answer at "127.0.0.1:1".');
  expect(stderr).toContain('Look whether "npm start" still runs.');
  expect(performance.now() - startMs).toBeLessThan(15_000);
});

test('sources shows what the database knows when Temporal does not answer', async () => {
  await system({});

  const { code, stdout, stderr } = await cli('sources');

  expect(code).toBe(0);
  expect(stdout).toMatch(/docs +database +0 +never +none +unknown/);
  expect(stderr).toContain('Next runs are not known: Temporal does not answer');
});

test('a namespace that is not there is named', async () => {
  await system({ address: await sharedServer('temporal'), namespace: 'none-such' });

  const { code, stderr } = await cli('pause', 'docs');

  expect(code).toBe(1);
  expect(stderr).toContain('NotFound: Temporal has no namespace "none-such".');
});

test('a namespace without our search attributes has no schedules yet: plan says so', async () => {
  const address = await sharedServer('temporal');
  const namespace = `bare-${randomUUID().slice(0, 8)}`;
  await registerNamespace(address, namespace);
  await system({ address, namespace });

  const { code, stdout } = await cli('plan');

  expect(code).toBe(0);
  expect(stdout).toContain('- docs');
  expect(stdout).toContain('+ system:reconcileSchedules');
});

test('a database without tables says which verb makes them', async () => {
  const empty = await freshDatabase();
  await system({}, empty.url);

  const before = await cli('runs', '--json');
  const migrated = await cli('migrate');
  const after = await cli('runs');
  await empty.drop();

  expect(before).toMatchObject({ code: 1, stdout: '' });
  expect(json(before.stderr)).toEqual({
    error: {
      name: 'NotFound',
      message: 'The database has no tables of Wellspring yet.',
      remedy: expect.stringContaining('npm run cli -- migrate') as string,
    },
  });
  expect(migrated.stdout).toMatch(/✓ Applied \d+ migrations: 0001-collection, /);
  expect(after.stdout).toContain('No runs yet.');
});

test('endpoints of another version are named with what to do', async () => {
  await system({});
  await writeFile(join(folder.path, '.wellspring', 'endpoints.json'), '{ "version": 0 }');

  const { code, stderr } = await cli('runs');

  expect(code).toBe(1);
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain('Start the system again with "npm start".');
  expect(stderr).not.toContain('bug');
});
