import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { takeLock } from '../../local/lock.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

test('only one holder at a time has a lock, and it can be taken again when given back', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'lock');

  const first = await takeLock(file, 0);
  const second = await takeLock(file, 0);
  first?.();
  const third = await takeLock(file, 0);

  expect([first, second, third].map((one) => one !== undefined)).toEqual([true, false, true]);
  third?.();
});

test('the lock of a killed process is free', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'lock');
  const lock = fileURLToPath(import.meta.resolve('../../local/lock.ts'));
  const program = `import { takeLock } from ${JSON.stringify(lock)};
    await takeLock(${JSON.stringify(file)}, 0);
    console.log('held');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program]);
  await once(holder.stdout, 'data');
  const whileHeld = await takeLock(file, 0);

  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const afterwards = await takeLock(file, 2_000);

  expect(whileHeld).toBeUndefined();
  expect(afterwards).toBeDefined();
  afterwards?.();
});
