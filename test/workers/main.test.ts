import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { environmentWith } from '../../local/config.ts';

const PROGRAM = fileURLToPath(new URL('../../workers/main.ts', import.meta.url));

test('a worker that cannot start says why and ends, so that somebody starts it again', async () => {
  // Port 1 is reserved and answers nobody.
  const env = environmentWith({ WELLSPRING_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });

  const { code, stderr } = await run(env);

  expect(code).toBe(1);
  expect(stderr).toContain('"msg":"worker failed"');
  expect(stderr).toContain('The database could not be migrated');
});

function run(env: NodeJS.ProcessEnv): Promise<{ code: unknown; stderr: string }> {
  return new Promise((resolve) => {
    const options = { env, timeout: 25_000, killSignal: 'SIGKILL' as const };
    execFile(process.execPath, [PROGRAM], options, (error, _stdout, stderr) => {
      resolve({ code: error?.code ?? null, stderr });
    });
  });
}
