import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { withDatabase } from '../set-up/postgres.ts';
import { sharedServer } from '../set-up/servers.ts';
import { createTypist } from './cli-here.ts';
import { json, runCli, type CliResult } from './run-cli.ts';
import { startRunningSystem, type RunningSystem } from './running-system.ts';

// Each test starts processes, several times as slow on a machine that is busy.
vi.setConfig({ testTimeout: 90_000 });

const databaseUrl = withDatabase();
let system: RunningSystem;

beforeAll(async () => {
  const temporalAddress = await sharedServer('temporal');
  system = await startRunningSystem({ temporalAddress, databaseUrl: databaseUrl() });
});

afterAll(() => system.stop());

const type = createTypist();
const cli = (...args: readonly string[]): Promise<CliResult> => type(args, { cwd: system.folder });

const data = async (...args: readonly string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await cli(...args, '--json');
  expect(stderr).toBe('');
  expect(code).toBeLessThan(4);
  return json(stdout);
};

/** The definitions of the folder with one text replaced by another, in a file of their own. */
async function changed(name: string, from: string, to: string): Promise<string> {
  const text = await readFile(join(system.folder, 'wellspring.yaml'), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(system.folder, name), text.replace(from, to));
  return name;
}

// In the order in which a person types them: each needs what those before it did.
describe('before anything is in force', () => {
  test('the database is migrated once, and the worker has done so', async () => {
    expect(await data('migrate')).toEqual({ applied: [] });
    expect((await cli('migrate')).stdout).toContain('The database is up to date.');
  });

  test('sources says how to begin, and which system it talks to', async () => {
    const { code, stdout, stderr } = await cli('sources');

    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('npm run cli -- init') as string,
    });
    expect(stderr).toBe(
      `wellspring: the embedded system of this folder (Temporal ${system.endpoints.temporal.address})\n`,
    );
  });

  test('validate reads the file with the variables of the system', async () => {
    expect(await data('validate')).toMatchObject({
      file: 'wellspring.yaml',
      sources: [{ id: 'articles' }, { id: 'pages' }, { id: 'absent', enabled: false }],
      knowledgeBases: [{ id: 'main', bucket: 'documents' }],
    });
  });

  test('a source can be looked at before it is applied, and nothing is stored', async () => {
    const checked = await cli('check', 'articles');
    const preview = await cli('preview', 'articles', '--limit', '2');
    const discovered = await cli('discover', 'articles');

    expect(checked).toMatchObject({ code: 0 });
    expect(checked.stdout).toContain('articles (database), as the file says');
    expect(checked.stdout).toContain('It can be collected.');
    expect(preview.stdout).toContain('Volcanoes');
    expect(preview.stdout).toContain('| Lava is molten rock');
    expect(preview.stdout).toContain('2 documents shown. Nothing was stored.');
    expect(discovered.stdout).toContain('articles  primary key id');
    expect(await data('sources')).toEqual([]);
  });

  test('a check that fails says so with its exit code', async () => {
    const { code, stdout } = await cli('check', 'absent');

    expect(code).toBe(1);
    expect(stdout).toContain('✗');
    expect(stdout).toContain('It cannot be collected like this.');
  });

  test('a preview with a document that cannot be read is partial', async () => {
    const { code, stdout } = await cli('preview', 'pages');

    expect(code).toBe(3);
    expect(stdout).toContain('two: InvalidDocument: It is a login form.');
  });

  test('plan shows what would come, and changes nothing', async () => {
    const { code, stdout } = await cli('plan');

    expect(code).toBe(0);
    expect(stdout).toContain('Nothing is in force yet.');
    expect(stdout).toContain('+ articles  database, every 6 hours, articles');
    expect(stdout).toContain('+ absent    database, every 6 hours, absent, disabled');
    expect(stdout).toContain('+ source:articles');
    expect(stdout).toContain('3 sources to add, 0 to change, 0 to remove');
    expect(await data('sources')).toEqual([]);
  });
});

describe('applying', () => {
  test('stores a revision and makes the schedules; again, it changes nothing', async () => {
    const first = await data('apply');
    await listed(4);
    const second = await cli('apply');

    expect(first).toMatchObject({
      changed: true,
      revision: { id: 1, author: expect.stringMatching(/.+@.+/) as string },
    });
    expect(second.stdout).toContain('✓ No changes: revision 1 stays in force.');
    expect((await cli('plan')).stdout).toContain(
      'No changes: everything is as the definitions say.',
    );
  });

  test('plan shows each field that changes, in sources and schedules', async () => {
    const file = await changed('daily.yaml', 'every 6 hours', 'every 12 hours');

    const { stdout } = await cli('plan', '--config', file);

    expect(stdout).toContain('~ schedule  "every 6 hours" → "every 12 hours"');
    expect(stdout).toMatch(/~ source:articles\n +~ times .+every 6 hours.*→ every 12 hours/);
    expect(stdout).toContain(`Make it so: npm run cli -- apply --config ${file}`);
  });

  test('definitions with errors change nothing and list every error with its line', async () => {
    const file = await changed('wrong.yaml', 'type: script', 'type: scirpt');

    const { code, stdout, stderr } = await cli('apply', '--config', file);
    const asJson = await cli('apply', '--config', file, '--json');

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('InvalidConfig: 1 error in the definitions of "wrong.yaml".');
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'Unknown source type "scirpt" in wrong.yaml line 16, source "pages". Did you mean "script"?',
    );
    expect(json(asJson.stderr)).toMatchObject({
      error: { name: 'InvalidConfig', findings: [{ file: 'wrong.yaml', line: 16 }] },
    });
  });

  test('a source in force can be checked while the file has errors elsewhere', async () => {
    const { code, stdout, stderr } = await cli('check', 'articles', '--config', 'wrong.yaml');

    expect(code).toBe(0);
    expect(stdout).toContain('as it is in force');
    expect(stderr).toContain('"npm run cli -- validate --config wrong.yaml" says why.');
  });
});

describe('collecting', () => {
  test('run waits, and answers with what came of it', async () => {
    const { code, stdout, stderr } = await cli('run', 'articles');

    expect(code).toBe(0);
    expect(stdout).toContain('✓ articles succeeded: 3 added');
    expect(stderr).toContain(
      'Same as: npm run temporal -- schedule trigger --schedule-id source:articles --overlap-policy Skip',
    );
  });

  test('a partial run has an exit code of its own, and its dead letters are listed', async () => {
    const run = await cli('run', 'pages', '--json');
    const letters = await cli('dead-letters', 'pages');

    expect(run.code).toBe(3);
    expect(json(run.stdout)).toMatchObject({
      source: 'pages',
      status: 'partial',
      counts: { added: 1, failed: 1 },
    });
    expect(letters.stdout).toContain(
      'pages  two\n  InvalidDocument: It is a login form.\n  tried 1 time',
    );
    expect(await data('dead-letters', 'articles')).toEqual({ deadLetters: [], total: 0 });
  });

  test('dead letters are tried again by a verb, which says what it means', async () => {
    const unsaid = await cli('dead-letters', 'retry', 'pages');
    const misspelt = await cli('dead-letters', 'retry', 'pages', '--failure', 'InvalidDocumnt');
    const none = await cli('dead-letters', 'retry', 'articles', '--all');
    const tried = await cli('dead-letters', 'retry', 'pages', '--all');

    expect(unsaid).toMatchObject({ code: 2, stderr: expect.stringContaining('--all') as string });
    expect(misspelt.stderr).toContain('Did you mean "InvalidDocument"?');
    expect(none).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm run cli -- dead-letters articles') as string,
    });
    expect(tried.code).toBe(3);
    expect(tried.stderr).toContain('1 dead letter of "pages" will be tried again.');
    expect((await cli('dead-letters', 'pages')).stdout).toContain('the next run tries again');
    expect((await cli('run', 'show', 'pages')).stdout).toMatch(/trigger +manual/);
  });

  test('run --no-wait starts it only', async () => {
    const answer = await data('run', 'articles', '--no-wait');

    expect(answer).toMatchObject({
      run: expect.stringMatching(/^collect:articles-/) as string,
    });
    // Waits for that run, or starts another one: either way nothing changes any more.
    expect((await cli('run', 'articles')).stdout).toContain('3 unchanged');
  });

  test('a disabled source is refused with what to do', async () => {
    const { code, stderr } = await cli('run', 'absent');

    expect(code).toBe(1);
    expect(stderr).toContain('InvalidConfig: Source "absent" is disabled');
    expect(stderr).toContain('Set "enabled: true"');
  });

  test('a misspelt source is answered with the right one', async () => {
    for (const verb of ['run', 'check', 'pause', 'dead-letters']) {
      const { code, stderr } = await cli(verb, 'artciles');

      expect({ verb, code }).toEqual({ verb, code: 1 });
      expect(stderr).toContain('NotFound: No source "artciles" is in force.');
      expect(stderr).toContain('Did you mean "articles"?');
    }
  });

  test('runs, run show and documents tell what happened', async () => {
    const runs = await cli('runs', '--limit', '2');
    const shown = await cli('run', 'show', 'pages');
    const documents = await cli('documents', 'articles', '--limit', '2');

    expect(runs.stdout.split('\n')).toHaveLength(4);
    expect(runs.stdout).toMatch(/articles-\S+ +✓ succeeded +.+3 unchanged/);
    expect(shown.stdout).toMatch(/run +collect:pages-/);
    expect(shown.stdout).toContain(`/namespaces/${system.endpoints.temporal.namespace}/workflows/`);
    expect(shown.stdout).toContain('npm run cli -- dead-letters pages');
    expect(documents.stdout).toContain('3 documents, 1 more than shown (--limit)');
    expect(documents.stdout).toContain('s3://documents/default/articles/articles/');
  });

  test('a run that never was is answered with where to look', async () => {
    const { code, stderr } = await cli('run', 'show', 'collect:nothing');

    expect(code).toBe(1);
    expect(stderr).toContain('There is no run "collect:nothing"');
    expect(stderr).toContain('npm run cli -- runs');
  });

  test('sources shows freshness, totals, the next run and what is wrong', async () => {
    const { stdout } = await cli('sources');

    expect(stdout).toMatch(/articles +database +3 .+✓ succeeded +in \d+ (hour|minute)/);
    expect(stdout).toMatch(/absent +database +0 +disabled +none +paused/);
    expect(stdout).toMatch(/pages +script +1 .+! partial/);
    expect(stdout).toContain('1 document of 2 failed.');
    expect(stdout).toContain('3 sources, 4 documents. No source is late.');
    expect(stdout).toMatch(/in \d+ (hours?|minutes?) +\d+ (s|min) \/ \d+(\.\d+)? (min|h)\n/);
  });

  test('ask answers with passages and where they come from, once they are ingested', async () => {
    const passages = await eventually(async () => {
      const answer = await data('ask', 'what does a volcano expel?');
      return (answer as { readonly passages: readonly unknown[] }).passages;
    });
    const { code, stdout } = await cli('ask', 'what', 'does', 'a', 'volcano', 'expel?');

    expect(passages[0]).toMatchObject({
      title: 'Volcanoes',
      source: 'articles',
      key: expect.stringMatching(
        /^s3:\/\/documents\/default\/articles\/articles\/.+\.md$/,
      ) as string,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('1.  Volcanoes\n    source articles, score ');
    expect(stdout).toContain('Lava is molten rock');
  });

  test('ask can be narrowed to a source, and names the knowledge bases that there are', async () => {
    expect(await data('ask', 'volcano', '--source', 'pages')).toMatchObject({
      passages: expect.not.arrayContaining([
        expect.objectContaining({ source: 'articles' }),
      ]) as unknown[],
    });
    expect((await cli('ask', 'volcano', '--knowledge-base', 'mian')).stderr).toContain(
      'Did you mean "main"?',
    );
  });
});

describe('pausing', () => {
  test('a pause says which temporal command it is, shows, and stays when definitions are applied', async () => {
    const paused = await cli('pause', 'articles', '--note', 'the site is moving');
    await cli('apply');
    const { stdout } = await cli('sources');

    expect(paused.stdout).toContain('Paused "articles": the site is moving.');
    expect(paused.stdout).toContain(
      'npm run temporal -- schedule toggle --schedule-id source:articles --pause --reason "the site is moving"',
    );
    expect(stdout).toContain('articles  paused: the site is moving');
    expect((await cli('plan')).stdout).toContain(
      'Paused by people, and stays so: source:articles.',
    );
  });

  test('what the system paused says why, since when and what to type, until it is resumed', async () => {
    const client = new Client({ connectionString: databaseUrl() });
    await client.connect();
    await client.query(`
      insert into source_health (tenant, source, definition_digest, paused_by, failure, reason, paused_at)
      select 'default', 'pages', sources ->> 'pages', 'failure', 'AuthExpired', 'The token is old.', now() from revisions where in_force
      on conflict (tenant, source) do update set paused_by = excluded.paused_by, failure = excluded.failure, reason = excluded.reason,
        paused_at = excluded.paused_at, definition_digest = excluded.definition_digest`);
    await client.end();

    const sources = (await cli('sources')).stdout.replaceAll(/\s+/g, ' ');
    const shown = (await cli('run', 'show', 'pages')).stdout;
    await cli('resume', 'pages');
    const after = await cli('sources');

    expect(sources).toMatch(
      /pages paused by AuthExpired .+: The token is old\. Renew the secret .+ "npm run cli -- resume pages"\./,
    );
    expect(shown).toMatch(/paused +since .+, by AuthExpired/);
    expect(shown).toContain('npm run cli -- resume pages');
    expect(after.stdout).not.toContain('AuthExpired');
  });

  test('resume lets it run again', async () => {
    const { stdout } = await cli('resume', 'articles');

    expect(stdout).toMatch(/Resumed "articles"\. It runs next in .+\./);
    expect(await data('sources')).toMatchObject([
      { source: 'absent', paused: true },
      { source: 'articles', paused: false },
      { source: 'pages' },
    ]);
  });

  test('what only the definition can undo is refused', async () => {
    expect((await cli('resume', 'absent')).stderr).toContain('disabled by its definition');
    expect(await cli('pause', 'pages', '--note', 'managed:x')).toMatchObject({ code: 2 });
  });
});

test('a source that is removed shows as such, and its schedule is paused', async () => {
  const text = await readFile(join(system.folder, 'wellspring.yaml'), 'utf8');
  await writeFile(join(system.folder, 'fewer.yaml'), text.replace(/ {2}- id: absent[^]*$/, ''));

  const applied = await cli('apply', '--config', 'fewer.yaml');

  expect(applied.stdout).toContain('- absent  its schedule is paused now');
  expect(applied.stdout).toContain('- source:absent  paused: nothing wants it any more');
  expect(applied.stdout).toContain('✓ Revision 2 is in force now.');
});

test('a system whose process has ended is said not to run', async () => {
  const folder = join(system.folder, 'stopped');
  const { writeEndpoints } = await import('../../adapters/endpoints.ts');
  // Above the largest pid of Linux, so it is nobody's.
  await writeEndpoints(folder, { ...system.endpoints, pid: 4_194_305 });

  const { code, stderr } = await cli('sources', '--state', folder);

  expect(code).toBe(1);
  expect(stderr).toContain('The embedded system is not running.');
  expect(stderr).toContain('Start it with "npm start".');
});

test('--real takes the system of the variables instead of the one in the folder', async () => {
  const { temporal, database } = system.endpoints;
  const env = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    WELLSPRING_DATABASE_URL: database?.url ?? '',
  };
  const folderWins = await runCli(['runs'], { cwd: system.folder, env });
  const real = await runCli(['sources', '--real'], { cwd: system.folder, env });

  expect(folderWins.stderr).toContain('the embedded system of this folder');
  expect(real.stderr).toContain('the real system, because --real is given');
  expect(real.stdout).toContain('articles');
});

test('a database that is not there is said so, without its password', async () => {
  const env = { WELLSPRING_DATABASE_URL: 'postgres://ana:hush@127.0.0.1:1/none' };

  const { code, stderr } = await runCli(['runs', '--real'], { cwd: system.folder, env });

  expect(code).toBe(1);
  expect(stderr).toContain('Unavailable: The database of Wellspring did not answer.');
  expect(stderr).not.toContain('hush');
});

async function eventually(find: () => Promise<readonly unknown[]>): Promise<readonly unknown[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await find();
    if (found.length > 0 || Date.now() > deadline) return found;
    await sleep(500);
  }
}

/** The server's list of schedules lags behind the writes. */
async function listed(count: number): Promise<void> {
  const { client } = system.temporal;
  await eventually(async () => {
    const found = await Array.fromAsync(client.schedule.list({ query: 'ConfigHash IS NOT NULL' }));
    return found.length >= count ? found : [];
  });
}
