import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDemoArguments } from '../../../local/demo/arguments.ts';
import { prepareDemoFolder } from '../../../local/demo/demo-folder.ts';
import { takeLock } from '../../../local/lock.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';

test('a demo begins with an empty folder, but for the ports of the one before', async () => {
  await using folder = await temporaryFolder();
  const state = join(folder.path, 'demo');
  await prepareDemoFolder(state);
  await writeFile(join(state, 'ports.json'), '{"Temporal":1}');
  await mkdir(join(state, 'postgres'));
  await writeFile(join(state, 'postgres', 'rows'), 'old');

  await prepareDemoFolder(state);

  const left = (await readdir(state)).filter((name) => !name.startsWith('lock'));
  expect(left.toSorted()).toEqual(['demo-repair.txt', 'ports.json']);
});

test('a folder that holds something else is refused, and stays as it is', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'thesis.md'), 'years of work');

  await expect(prepareDemoFolder(folder.path)).rejects.toThrow(
    /holds something else than the state of a demo.*--state/,
  );
  expect(await readdir(folder.path)).toEqual(['thesis.md']);
});

test('a folder on which a demo runs is refused', async () => {
  await using folder = await temporaryFolder();
  const state = join(folder.path, 'demo');
  await prepareDemoFolder(state);
  const unlock = await takeLock(join(state, 'lock'), 1000);

  await expect(prepareDemoFolder(state)).rejects.toThrow(/A demo runs already on/);
  unlock?.();
});

test('a wrong option is named, with where the right ones are', () => {
  expect(() => parseDemoArguments(['--autonomus'], '/tmp')).toThrow(
    /--autonomus.*"npm run demo:repair -- --help"/,
  );
  expect(parseDemoArguments(['--yes', '--state', 'x'], '/tmp')).toMatchObject({
    yes: true,
    badFix: false,
    stateFolder: '/tmp/x',
  });
});
