import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import * as workflows from '../../workflows/index.ts';
import { bundleWorkflows, workflowBundle } from '../set-up/temporal-workers.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAX_BUNDLE_BYTES = 2 * 1024 * 1024;

describe('the bundle of the workflows', () => {
  let code: string;
  beforeAll(async () => {
    ({ code } = await workflowBundle());
  });

  test('holds our workflows and, of others, what the SDK brings alone', () => {
    expect(modulesOf(code)).toContain('./workflows/collection/collect-source.ts');
    expect(strangersIn(code)).toEqual([]);
  });

  test('stays below 2 MB', () => {
    expect(Buffer.byteLength(code)).toBeLessThan(MAX_BUNDLE_BYTES);
  });

  test('with a schema library or a file of another ring would be found', async () => {
    await using folder = await temporaryFolder();
    const index = join(folder.path, 'workflows', 'index.ts');
    mkdirSync(dirname(index));
    mkdirSync(join(folder.path, 'activities'));
    writeFileSync(join(folder.path, 'activities', 'effect.ts'), 'export const effect = 1;\n');
    writeFileSync(
      index,
      "import { z } from 'zod';\nimport { effect } from '../activities/effect.ts';\nexport async function w() { return [z.string(), effect]; }\n",
    );
    symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));

    const found = strangersIn((await bundleWorkflows(index)).code);

    expect(found.some((path) => path.includes('/zod/'))).toBe(true);
    expect(found.some((path) => path.endsWith('/activities/effect.ts'))).toBe(true);
  });

  test('cannot be made with a module of Node', async () => {
    await using folder = await temporaryFolder();
    const index = join(folder.path, 'index.ts');
    writeFileSync(index, "export { readFileSync } from 'node:fs';\n");
    symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));

    await expect(bundleWorkflows(index)).rejects.toThrow('Webpack finished with errors');
  });
});

test('every workflow is registered under the name of its function', () => {
  const names = Object.entries(workflows).map(([name, workflow]) => [name, workflow.name]);

  expect(names.length).toBeGreaterThan(3);
  for (const [exported, own] of names) expect(own).toBe(exported);
});

test("the workflows are checked without Node's types", () => {
  const { stdout, status } = run('typescript', 'tsc', ['-p', 'workflows', '--listFilesOnly'], ROOT);

  expect(status).toBe(0);
  expect(stdout).toContain('workflows/index.ts');
  expect(stdout).not.toContain('@types/node');
});

test.each([
  ['workflows', "import { readFileSync } from 'node:fs';", 'workflows/ is pure: no Node.'],
  ['workflows', "import { readFile } from 'node:fs/promises';", 'workflows/ is pure: no Node.'],
  ['workflows', "import { z } from 'zod';", 'imports only @temporalio/workflow'],
  ['workflows', "import { log } from '@temporalio/activity';", 'imports only @temporalio/workflow'],
  ['workflows', "import type { X } from '../activities/x.ts';", 'imports nothing from outside'],
  ['adapters', "import { x } from '../activities/x.ts';", 'adapters/ imports only'],
  ['activities', "import { x } from '../workers/x.ts';", 'activities/ imports only'],
  ['workers', "import { x } from '../local/x.ts';", 'workers/ imports only'],
  ['client', "import { x } from '../activities/x.ts';", 'client/ may import only'],
])('%s may not say: %s', async (ring, line, why) => {
  await using folder = await temporaryFolder();
  cpSync(join(ROOT, '.oxlintrc.json'), join(folder.path, '.oxlintrc.json'));
  cpSync(join(ROOT, 'tsconfig.json'), join(folder.path, 'tsconfig.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
  mkdirSync(join(folder.path, ring));
  writeFileSync(join(folder.path, ring, 'bad.ts'), `${line}\n`);

  const { stdout, status } = run('oxlint', 'oxlint', [ring], folder.path);

  expect(status).toBe(1);
  expect(stdout).toContain(why);
});

/** Runs a program of a package by our own Node. */
function run(name: string, program: string, args: readonly string[], cwd: string) {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const script = join(dirname(manifest), 'bin', program);
  return spawnSync(process.execPath, [script, ...args], { cwd, encoding: 'utf8' });
}

/** What may come with the SDK into the sandbox. */
const ALLOWED = new Set([
  '@temporalio/common',
  '@temporalio/worker',
  '@temporalio/workflow',
  'long',
  'ms',
  'nexus-rpc',
]);

/** Modules that have no place in the sandbox. */
function strangersIn(code: string): readonly string[] {
  return modulesOf(code).filter((path) => {
    const name = packageOf(path);
    return name === undefined ? !isOurs(path) : !ALLOWED.has(name);
  });
}

function isOurs(path: string): boolean {
  return path.startsWith('./workflows/') || GENERATED.test(path);
}

/** Made by the bundler: the entry, and empty stand-ins. */
const GENERATED = /-autogenerated-|^\?/;

/** Webpack names each module by its path from the project's folder. */
function modulesOf(code: string): readonly string[] {
  return [...code.matchAll(/^\/\*\*\*\/ "([^"\n]+)"/gm)].map(([, name = '']) => name);
}

function packageOf(path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}
