import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decideUpdate, statusQuery } from '../../workflows/approval/messages.ts';
import type { decideHeld } from '../../workflows/approval/decide-held.ts';
import { withDatabase } from '../set-up/postgres.ts';
import { sharedServer } from '../set-up/servers.ts';
import { createTypist } from './cli-here.ts';
import { json, type CliResult } from './run-cli.ts';
import { startRunningSystem, type RunningSystem } from './running-system.ts';

const databaseUrl = withDatabase();
let system: RunningSystem;

beforeAll(async () => {
  const temporalAddress = await sharedServer('temporal');
  system = await startRunningSystem({ temporalAddress, databaseUrl: databaseUrl() });
});

afterAll(() => system.stop());

const type = createTypist();
/** On a wide terminal, so that sentences stay on their line. */
const cli = (...args: readonly string[]): Promise<CliResult> =>
  type(args, { cwd: system.folder, env: { COLUMNS: '140' } });

function source(statement: string): void {
  const database = new DatabaseSync(join(system.folder, 'articles.db'));
  database.exec(statement);
  database.close();
}

interface HeldSet {
  readonly digest: string;
  readonly state: string;
  readonly deleted: number | null;
  readonly verifiedAt: string | null;
  readonly problem: string | null;
}

async function sets(): Promise<readonly HeldSet[]> {
  return json((await cli('approvals', '--json')).stdout) as readonly HeldSet[];
}

async function held(): Promise<{ readonly ran: CliResult; readonly id: string }> {
  const ran = await cli('run', 'articles');
  const [set] = await sets();
  return { ran, id: set?.digest.slice(0, 8) ?? '' };
}

const EMPTY = 'delete from articles';
const ARTICLES = `insert into articles values (1, 'Volcanoes', 'Lava is molten rock that a volcano expels.'),
  (2, 'Glaciers', 'A glacier is a persistent body of dense ice.'), (3, 'Rivers', 'A river is a natural stream of water.')`;

// In the order in which a person types them: each needs what those before it did.
describe('before anything is held', { timeout: 120_000 }, () => {
  test('nothing waits', async () => {
    await cli('apply');
    expect((await cli('run', 'articles')).code).toBe(0);

    expect(await cli('approvals')).toMatchObject({
      code: 0,
      stdout: 'Nothing waits for a decision.\n',
    });
  });

  test.each(['approve', 'reject'])('%s names what is not there', async (verb) => {
    const { code, stderr } = await cli(verb, 'nothing');

    expect(code).toBe(1);
    expect(stderr).toContain('NotFound: There is no held set or incident "nothing"');
    expect(stderr).toContain('npm run cli -- approvals');
  });
});

describe('held deletions', { timeout: 120_000 }, () => {
  test('say in the run, in its report and in the list how they are answered', async () => {
    source(EMPTY);

    const { ran, id } = await held();
    const [shown, list] = [await cli('run', 'show', 'articles'), await cli('approvals')];

    expect(ran.code).toBe(4);
    expect(ran.stdout).toContain('3 of 3 documents would be deleted');
    expect(shown.stdout).toContain(`npm run cli -- approve ${id}`);
    for (const text of [
      'articles  delete 3 of 3 documents?',
      'Volcanoes',
      `npm run cli -- approve ${id}`,
      `npm run cli -- reject ${id}`,
    ])
      expect(list.stdout).toContain(text);
  });

  test('rejected are kept: the run says by whom, and nobody is asked again', async () => {
    const rejected = await cli('reject', 'articles', '--reason', 'The database is being moved.');
    const again = await cli('run', 'articles');

    expect(rejected.code).toBe(0);
    expect(rejected.stderr).toContain('Glaciers');
    expect(rejected.stdout).toContain('Rejected for "articles": all 3 documents are kept');
    expect(again.code).toBe(3);
    expect(again.stdout).toMatch(/3 deletions were rejected by ".+@.+" on/);
    expect((await cli('approvals')).stdout).toContain('Nothing waits for a decision.');
  });

  test('that were decided are told with who and when', async () => {
    const [set] = await sets();

    const { code, stderr } = await cli('approve', set?.digest.slice(0, 8) ?? '', '--yes');

    expect(code).toBe(1);
    expect(stderr.replaceAll('\n', ' ')).toMatch(
      /AlreadyDecided: .* was rejected by ".+@.+" on \d{4}-.* UTC/,
    );
  });

  test('whose documents came back and went again are asked about anew, and approved go', async () => {
    source(ARTICLES);
    expect((await cli('run', 'articles')).code).toBe(0);
    source(EMPTY);
    const { ran, id } = await held();
    expect(ran.code).toBe(4);

    const approved = await cli('approve', id, '--yes', '--json');

    expect(approved.stderr).toBe('');
    expect(json(approved.stdout)).toMatchObject({
      verdict: 'approve',
      terminal: true,
      set: { state: 'approved', deleted: 3, dropped: 0, proven: false },
    });
    expect((await cli('documents', 'articles')).stdout).not.toContain('Volcanoes');
  });

  test('that were approved are forgotten by the knowledge base after its next ingestion', async () => {
    for (let tries = 0; tries < 60 && (await sets())[0]?.verifiedAt === null; tries += 1)
      await sleep(500);

    expect(await sets()).toMatchObject([{ state: 'approved', deleted: 3, problem: null }]);
    const list = await cli('approvals');
    expect(list.stdout).toMatch(/approved by .+@.+ +.* 3 deleted, forgotten/);
    expect((await cli('run', 'articles')).code).toBe(0);
  });

  test('replaced by a newer set are stale for whoever looks at the older one', async () => {
    source(ARTICLES);
    expect((await cli('run', 'articles')).code).toBe(0);
    source(EMPTY);
    const { ran, id } = await held();
    expect(ran).toMatchObject({ code: 4 });
    const handle = system.temporal.client.workflow.getHandle<typeof decideHeld>(
      `held:articles:${id}`,
    );
    const { request } = await handle.query(statusQuery);
    source(ARTICLES);
    await cli('run', 'articles');

    const { code, stderr } = await cli('approve', id);
    const outcome = await handle.result();

    expect(code).toBe(1);
    expect(stderr).toContain('StaleDecision: The source shows another picture');
    expect(outcome).toMatchObject({ outcome: 'superseded', deleted: 0 });
    await expect(
      handle.executeUpdate(decideUpdate, {
        args: [
          {
            requestId: request.id,
            digest: request.digest,
            verdict: 'approve',
            decisionId: 'late',
            by: { provider: 'cli', user: 'ana' },
          },
        ],
      }),
    ).rejects.toBeInstanceOf(WorkflowNotFoundError);
    expect((await cli('documents', 'articles')).stdout).toContain('Volcanoes');
  });
});

// Each is a story of six commands or more: on a busy machine they take their time.
describe('what looks wrong beside deletions', { timeout: 120_000 }, () => {
  const LONG = 'A river is a natural stream of water. '.repeat(30);

  test('R8 a text that shrank is asked about, and approved it is stored by the next run', async () => {
    source(`update articles set body = '${LONG}' where id = 3`);
    expect((await cli('run', 'articles')).code).toBe(0);
    source("update articles set body = 'Please sign in.' where id = 3");

    const { ran, id } = await held();
    const list = await cli('approvals');
    const approved = await cli('approve', id, '--yes');
    const next = await cli('run', 'articles');

    expect(ran.code).toBe(3);
    expect(ran.stdout).toContain(`1 document was held. "npm run cli -- approve ${id}" stores`);
    expect(list.stdout).toContain('articles  accept 1 document of 3 with much less text?');
    expect(list.stdout).toMatch(/Rivers: \d+ bytes instead of \d+/);
    expect(approved.stdout).toContain(
      'Approved for "articles": the next run stores the shorter texts.',
    );
    expect(next).toMatchObject({ code: 0 });
    expect(next.stdout).toContain('1 updated');
    expect((await cli('approvals')).stdout).toMatch(/yes: accept 1 document of 3 with/);
  });

  test('D11 a lost column holds the run before it reads; rejected, nothing is read until it is mended', async () => {
    source('alter table articles rename column body to content');

    const { ran, id } = await held();
    const shown = await cli('run', 'show', 'articles');
    const rejected = await cli('reject', id, '--yes');
    const kept = await cli('run', 'articles');
    source('alter table articles rename column content to body');
    const mended = await held();

    expect(ran.code).toBe(4);
    expect(ran.stdout).toContain('SchemaDrift: The shape of source "articles" changed');
    expect(ran.stdout).toContain('Held: "body" of "articles" is gone.');
    expect(shown.stdout).toContain(`npm run cli -- reject ${id}`);
    expect(rejected.stdout).toContain('nothing is read as long as the source has this shape');
    expect(kept.code).toBe(1);
    expect(kept.stdout.replaceAll(/\s+/g, ' ')).toMatch(/Reading it so was rejected by ".+@.+" on/);
    expect(mended.ran.code).toBe(0);
    expect((await cli('documents', 'articles')).stdout).toContain('Volcanoes');
  });

  test('two questions about one source are answered by id', async () => {
    source(`update articles set body = '${LONG}' where id = 2`);
    await cli('run', 'articles');
    source(
      "update articles set body = 'Please sign in.' where id = 2; delete from articles where id <> 2",
    );
    // Two of three may go without a question; nothing at all may not.
    await held();
    source('delete from articles');
    const { ran } = await held();

    const { code, stderr } = await cli('approve', 'articles', '--yes');

    expect(ran.code).toBe(4);
    expect(code).toBe(1);
    expect(stderr.replaceAll('\n', ' ')).toContain('"articles" may mean several held sets');
  });
});
