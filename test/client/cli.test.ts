import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { initialDefinitions } from '../../adapters/definitions/template.ts';
import { commands } from '../../client/commands/index.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';
import { cliHere } from './cli-here.ts';
import { json, runCli, type CliResult } from './run-cli.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const cli = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> => runCli(args, { cwd: folder.path, env });

test('--help lists every verb and fits into 80 columns', async () => {
  const { code, stdout, stderr } = await cli(['--help'], { COLUMNS: '80' });

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const { name, summary } of commands) {
    expect(stdout).toContain(name);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(summary);
  }
  // Commands are not broken, so that they can be copied.
  const prose = stdout.split('\n').filter((line) => !line.includes('npm run cli --'));
  expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('--help loads none of the SDKs', async () => {
  const loaded = await cli(['--help'], { NODE_DEBUG: 'esm' });
  const unwanted = /node_modules\/(@temporalio|@aws-sdk|pg|kysely|zod|yaml)\//.exec(loaded.stderr);

  expect(loaded.stderr).toContain('client/cli.ts');
  expect(unwanted?.[0]).toBeUndefined();
});

// What a process adds is shown by the tests around these two tables.
test.each(commands.map(({ name }) => [name]))(
  '%s --help shows usage and examples',
  async (name) => {
    const { code, stdout } = await cliHere([...name.split(' '), '--help'], { cwd: folder.path });

    expect(code).toBe(0);
    expect(stdout).toContain(`npm run cli -- ${name}`);
    expect(stdout).toContain('Examples');
  },
);

test('wrong usage is answered on standard error with exit code 2', async () => {
  const { code, stdout, stderr } = await cli(['sorces']);

  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(
    'Error: "sorces" is no verb of wellspring. Did you mean "sources"?\n  See "npm run cli -- --help".\n',
  );
});

test('with --json, wrong usage is one JSON document too', async () => {
  const { code, stderr } = await cli(['runs', '--limit', 'x', '--json']);

  expect(code).toBe(2);
  expect(json(stderr)).toEqual({
    error: {
      name: 'WrongUsage',
      message: '--limit is "x". Use a whole number from 1 to 10000.',
      remedy: 'See "npm run cli -- runs --help".',
    },
  });
});

describe('without a system', () => {
  const verbs = [
    ['plan'],
    ['apply'],
    ['run', 'docs'],
    ['run', 'show', 'docs'],
    ['runs'],
    ['sources'],
    ['documents', 'docs'],
    ['dead-letters'],
    ['ask', 'anything'],
    ['check', 'docs'],
    ['preview', 'docs'],
    ['discover', 'docs'],
    ['pause', 'docs'],
    ['resume', 'docs'],
    ['migrate'],
  ];

  test.each(verbs.map((words) => [words.join(' '), words] as const))(
    '%s says how to get one',
    async (_name, words) => {
      await writeFile(join(folder.path, 'wellspring.yaml'), 'sources: []\n');

      const { code, stdout, stderr } = await cliHere(words, { cwd: folder.path });

      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('No Wellspring was found');
      expect(stderr).toContain('Start one with "npm start"');
    },
  );
});

describe('init', () => {
  test('writes a file that validates, and names the variables that are not set yet', async () => {
    const { code, stdout } = await cli(['init']);
    const without = await cli(['validate']);
    const env = {
      KNOWLEDGE_BASE_ID: 'KB12345678',
      DATA_SOURCE_ID: 'DS12345678',
      SOURCE_AGENTS_S3_BUCKET: 'documents-bucket',
      EVIDENCE_BUCKET: 'evidence-bucket',
    };
    const valid = await cli(['validate'], env);

    expect(code).toBe(0);
    expect(stdout).toContain('Wrote wellspring.yaml.');
    expect(stdout).toContain('npm start -- --config wellspring.yaml');
    expect(without.code).toBe(0);
    for (const name of Object.keys(env)) expect(without.stdout).toContain(name);
    expect(valid.stdout).not.toContain('Not set here');
    expect(valid).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        '✓ wellspring.yaml is valid: 1 source, 1 knowledge base.',
      ) as string,
    });
  });

  test('never writes over a file, unless told to', async () => {
    const path = join(folder.path, 'mine.yaml');
    await writeFile(path, 'mine');

    const refused = await cli(['init', 'mine.yaml']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('"mine.yaml" exists already and was left as it is.');
    expect(await readFile(path, 'utf8')).toBe('mine');

    expect((await cli(['init', 'mine.yaml', '--force'])).code).toBe(0);
    expect(await readFile(path, 'utf8')).toContain(initialDefinitions('x').split('\n').at(-2));
  });

  test('a folder that is not there is named', async () => {
    expect((await cli(['init', 'no/such.yaml'])).stderr).toContain(
      '"no/such.yaml" could not be written (ENOENT).',
    );
  });
});

test('validate names the file that is missing, and how to write one', async () => {
  const { code, stderr } = await cli(['validate']);

  expect(code).toBe(1);
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
    'The definitions file "wellspring.yaml" cannot be read. Run "npm run cli -- init" to write one',
  );
});

test('the first file is valid before any system runs: what npm start will set is named', async () => {
  const elsewhere = await temporaryFolder();
  const npm = { npm_lifecycle_event: 'cli', INIT_CWD: elsewhere.path };

  const written = await cli(['init'], npm);
  const { code, stdout } = await cli(['validate'], npm);
  const text = await readFile(join(elsewhere.path, 'wellspring.yaml'), 'utf8');
  await elsewhere[Symbol.asyncDispose]();

  expect(written.stdout).toContain('Wrote wellspring.yaml');
  expect(text).toBe(initialDefinitions(text.match(/schema=(.+)/)?.[1]));
  expect(code).toBe(0);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('Not set here: KNOWLEDGE_BASE_ID');
});
