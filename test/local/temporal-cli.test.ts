import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeEndpoints } from '../../adapters/endpoints.ts';
import { environmentWith } from '../../local/config.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

test('the CLI talks to the system that runs, whatever the shell says, and its exit code is passed on', async () => {
  const cli = join(folder.path, 'temporal');
  writeFileSync(cli, '#!/bin/sh\necho "$TEMPORAL_ADDRESS $TEMPORAL_NAMESPACE $*"\nexit 7\n');
  chmodSync(cli, 0o755);
  await writeEndpoints(join(folder.path, '.wellspring'), {
    version: 1,
    configFile: '/srv/wellspring.yaml',
    variables: {},
    pid: process.pid,
    startedAt: new Date().toISOString(),
    temporal: { address: '127.0.0.1:4711', namespace: 'default' },
  });

  const result = await run(
    { TEMPORAL_CLI_PATH: cli, TEMPORAL_ADDRESS: 'production:7233' },
    'workflow',
    'list',
  );

  expect(result).toEqual({ code: 7, stdout: '127.0.0.1:4711 default workflow list\n', stderr: '' });
});

test('without a running system it says how to start one', async () => {
  const result = await run({}, 'workflow', 'list');

  expect(result.code).toBe(1);
  expect(result.stderr).toContain('.wellspring". Start one with "npm start".');
});

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Result> {
  const program = fileURLToPath(import.meta.resolve('../../local/temporal-cli.ts'));
  const options = { cwd: folder.path, env: environmentWith(env) };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}
