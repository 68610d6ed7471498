import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeEndpoints, type Endpoints } from '../../adapters/endpoints.ts';
import { readClientConfig } from '../../client/config.ts';
import { describeTarget } from '../../client/system.ts';
import { findTarget, type TargetOptions } from '../../client/target.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const AMBIENT = { TEMPORAL_ADDRESS: 'temporal.example.com:7233' };

const find = (options: Partial<TargetOptions> = {}, env: Readonly<Record<string, string>> = {}) =>
  findTarget(
    { real: false, stateFolder: undefined, workingFolder: folder.path, ...options },
    readClientConfig(env),
  );

async function running(pid = process.pid, state = join(folder.path, '.wellspring')) {
  const endpoints: Endpoints = {
    version: 1,
    pid,
    startedAt: '2026-11-21T10:00:00.000Z',
    temporal: { address: '127.0.0.1:7233', namespace: 'default' },
    configFile: '/srv/wellspring.yaml',
    variables: {},
  };
  await writeEndpoints(state, endpoints);
}

test('the embedded system is found in the folder and from below it', async () => {
  await running();
  await mkdir(join(folder.path, 'a', 'b'), { recursive: true });

  expect(await find()).toMatchObject({ kind: 'embedded', endpoints: { pid: process.pid } });
  expect(await find({ workingFolder: join(folder.path, 'a', 'b') })).toMatchObject({
    kind: 'embedded',
    folder: join(folder.path, '.wellspring'),
  });
});

test('it wins over ambient variables, unless --real is given', async () => {
  await running();

  expect(await find({}, AMBIENT)).toMatchObject({ kind: 'embedded' });
  expect(await find({ real: true }, AMBIENT)).toEqual({
    kind: 'real',
    because: '--real is given',
  });
});

test.each([
  ['TEMPORAL_ADDRESS', 'temporal.example.com:7233'],
  ['TEMPORAL_PROFILE', 'prod'],
  ['WELLSPRING_DATABASE_URL', 'postgres://db.example.com/wellspring'],
])('without one, %s names a real system', async (name, value) => {
  expect(await find({}, { [name]: value })).toEqual({ kind: 'real', because: `${name} is set` });
});

test('an empty variable names nothing', async () => {
  await expect(find({}, { TEMPORAL_ADDRESS: '' })).rejects.toThrow('No Wellspring was found');
});

test('with neither, the sentence says where it looked and what to do', async () => {
  await expect(find()).rejects.toMatchObject({
    message: `No Wellspring was found: there is no endpoints.json in "${folder.path}" or any folder above.`,
    options: { remedy: expect.stringMatching(/"npm start".+--state/) as string },
  });
});

test('the line that names the system says which folder had to be named', async () => {
  const other = join(folder.path, 'other');
  await running();
  await running(process.pid, other);
  const config = readClientConfig({});
  const line = async (options: Partial<TargetOptions>) =>
    describeTarget(await find(options), config);

  expect(await line({})).toBe(
    'wellspring: the embedded system of this folder (Temporal 127.0.0.1:7233)',
  );
  expect(await line({ stateFolder: other })).toBe(
    `wellspring: the embedded system of "${other}"; the commands below need its --state as well (Temporal 127.0.0.1:7233)`,
  );
});

test('one whose process has ended is not talked to, nor replaced by another one in silence', async () => {
  // Above the largest pid of Linux, so it is nobody's.
  await running(4_194_305);

  await expect(find({}, AMBIENT)).rejects.toMatchObject({
    message: 'The embedded system is not running.',
    options: {
      remedy: expect.stringMatching(
        /^Start it with "npm start".* --real .*TEMPORAL_ADDRESS/,
      ) as string,
    },
  });
});

test('--state names the state folder', async () => {
  const state = join(folder.path, 'elsewhere');
  await running(process.pid, state);

  expect(await find({ stateFolder: state })).toMatchObject({ kind: 'embedded', folder: state });
});
