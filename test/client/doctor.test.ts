import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createAwsClients } from '../../adapters/aws/clients.ts';
import { createObjects } from '../../adapters/aws/objects.ts';
import { withDatabase } from '../set-up/postgres.ts';
import { sharedServer } from '../set-up/servers.ts';
import { createTypist } from './cli-here.ts';
import { json, runCli, type CliResult } from './run-cli.ts';
import { startRunningSystem, type RunningSystem } from './running-system.ts';

// Each test starts processes, several times as slow on a machine that is busy.
vi.setConfig({ testTimeout: 120_000 });

const databaseUrl = withDatabase();
const signal = AbortSignal.timeout(600_000);
let system: RunningSystem;

const type = createTypist();
const cli = (...args: readonly string[]): Promise<CliResult> => type(args, { cwd: system.folder });
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

beforeAll(async () => {
  const temporalAddress = await sharedServer('temporal');
  system = await startRunningSystem({ temporalAddress, databaseUrl: databaseUrl() });
  await cli('apply');
  await cli('run', 'articles');
  await cli('run', 'pages');
  await eventually('doctor', 'articles');
});

afterAll(() => system.stop());

/** Until the verb succeeds: schedules are listed late, and a job takes its time. */
async function eventually(...args: readonly string[]): Promise<CliResult> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const result = await cli(...args);
    if (result.code === 0 || Date.now() > deadline) return result;
  }
}

interface Listed {
  readonly documents: readonly {
    readonly title: string;
    readonly id: string;
    readonly key: string;
  }[];
}

async function keyOf(title: string): Promise<string> {
  const { documents } = json((await cli('documents', 'articles', '--json')).stdout) as Listed;
  return documents.find((one) => one.title === title)?.key ?? '';
}

/** The bucket, as somebody else would reach it. */
function bucket() {
  const { endpoints, ...rest } = system.endpoints.aws ?? { endpoints: {} };
  const { accessKeyId = '', secretAccessKey = '', region = '' } = rest as Record<string, string>;
  const clients = createAwsClients({
    region,
    credentials: { accessKeyId, secretAccessKey },
    endpoints: { s3: (endpoints as Record<string, string>)['S3'] ?? '' },
  });
  return { objects: createObjects(clients.s3), close: () => clients.close() };
}

test('explain tells everything about a document, and is found by its id', async () => {
  const { documents } = json((await cli('documents', 'articles', '--json')).stdout) as Listed;
  const id = documents.find(({ title }) => title === 'Volcanoes')?.id ?? '';

  const { code, stdout } = await cli('explain', 'articles', id);
  const asJson = await cli('explain', 'articles', id, '--json');

  expect(code).toBe(0);
  expect(stdout).toContain('Volcanoes\n✓ It is collected and indexed.');
  expect(stdout).toMatch(/state +live, /);
  expect(stdout).toMatch(/source +has it now/);
  expect(stdout).toMatch(/object +s3:\/\/documents\/default\/articles\/articles\//);
  expect(stdout).toMatch(/knowledge +INDEXED/);
  expect(json(asJson.stdout)).toMatchObject({
    source: 'articles',
    state: 'collected',
    knowledge: { status: 'INDEXED' },
    stored: { agrees: true },
  });
});

test('an unknown document has an exit code of its own, and a dead letter its command', async () => {
  const unknown = await cli('explain', 'articles', '4711');
  const letter = await cli('explain', 'pages', 'two');
  const misspelt = await cli('explain', 'artciles', '1');

  expect(unknown.code).toBe(3);
  expect(unknown.stdout).toContain('? It is not known here');
  expect(unknown.stdout).toContain('Known ids that are like it:');
  expect(letter).toMatchObject({ code: 0 });
  expect(letter.stdout).toContain('✗ It could not be collected: InvalidDocument');
  expect(letter.stdout).toContain('npm run cli -- dead-letters retry pages two');
  expect(misspelt.stderr).toContain('Did you mean "articles"?');
});

test('explain reads well on a narrow terminal', async () => {
  const { stdout } = await runCli(['explain', 'pages', 'two'], {
    cwd: system.folder,
    env: { COLUMNS: '60' },
  });

  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
});

test('doctor finds nothing in a healthy source, then damage, and its own command mends that', async () => {
  const well = await eventually('doctor', 'articles');
  const key = await keyOf('Glaciers');
  const s3 = bucket();
  await s3.objects.remove({ bucket: 'documents', key, signal });
  s3.close();

  const ill = await cli('doctor', 'articles');
  const asJson = await cli('doctor', 'articles', '--json');
  // As a shell would read it: the id of a row is quoted.
  const [, id = ''] =
    /"npm run cli -- reindex articles '([^']+)' --reread"/.exec(oneLine(ill.stdout)) ?? [];
  const mended = await cli('reindex', 'articles', id, '--reread');
  const after = await eventually('doctor', 'articles');

  expect({ code: well.code, stdout: well.stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('✓ Everything agrees.') as string,
  });
  expect(ill.code).toBe(3);
  expect(oneLine(ill.stdout)).toContain(`is missing: "s3://documents/${key}".`);
  expect(json(asJson.stdout)).toMatchObject({ groups: [{ kind: 'content-missing', total: 1 }] });
  expect(mended.stdout).toContain('✓ articles succeeded: 1 updated, 2 unchanged');
  expect(after.stdout).toContain('✓ Everything agrees.');
});

test('doctor compares a file with what is in force', async () => {
  const text = await readFile(join(system.folder, 'wellspring.yaml'), 'utf8');
  await writeFile(
    join(system.folder, 'daily.yaml'),
    text.replace('every 6 hours', 'every 12 hours'),
  );

  const { code, stdout } = await cli('doctor', 'articles', '--config', 'daily.yaml');

  expect(code).toBe(3);
  expect(oneLine(stdout)).toContain(
    'Source "articles" of "daily.yaml" differs from what is in force (schedule)',
  );
  expect(oneLine(stdout)).toContain('npm run cli -- apply --config daily.yaml');
});

test('reindex says what came of it, and what it wants to know', async () => {
  const all = await cli('reindex', 'articles', '--all');
  const some = await cli('reindex', 'articles', '4711');
  const unsaid = await cli('reindex', 'articles');
  const both = await cli('reindex', 'articles', '--all', '--failed');

  expect(all).toMatchObject({ code: 0 });
  expect(all.stdout).toContain(
    'The knowledge base was given 3 documents of "articles": 3 indexed.',
  );
  expect(some.code).toBe(1);
  expect(some.stdout).toContain('4711: Nothing is stored of it');
  expect([unsaid.code, both.code]).toEqual([2, 2]);
  expect(unsaid.stderr).toContain('--failed');
});

test('a source that leaves the definitions is found, and forgotten when somebody says so', async () => {
  const refused = await cli('forget', 'pages', '--yes');
  const text = await readFile(join(system.folder, 'wellspring.yaml'), 'utf8');
  await writeFile(
    join(system.folder, 'fewer.yaml'),
    text.replace(/ {2}- id: pages[^]*? {2}- id: absent/, '  - id: absent'),
  );
  await cli('apply', '--config', 'fewer.yaml');
  const left = await cli('doctor', 'pages');
  const open = await cli('forget', 'pages');
  const gone = await cli('forget', 'pages', '--yes', '--reason', 'it was a test');
  const after = await cli('doctor', 'pages', '--json');

  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('Source "pages" is in force');
  expect(oneLine(left.stdout)).toContain(
    'Source "pages" is in no definition any more, but 1 of its documents stay',
  );
  // Nobody sits at a terminal, and nobody has said "--yes".
  expect(open.code).toBe(4);
  expect(oneLine(open.stdout)).toMatch(
    /Nothing was deleted: 1 document of "pages" .+ approve \w{8}"/,
  );
  expect(gone.code).toBe(0);
  expect(json(after.stdout)).not.toMatchObject({ groups: [{ kind: 'source-left' }] });
});
