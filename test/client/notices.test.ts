import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { noteNotice } from '../../adapters/postgres/notices.ts';
import { held } from '../activities/notices/telling.ts';
import { isSigned, startReceiver, type WebhookReceiver } from '../fakes/webhook-receiver.ts';
import { withDatabase } from '../set-up/postgres.ts';
import { sharedServer } from '../set-up/servers.ts';
import { createTypist } from './cli-here.ts';
import { json, type CliResult } from './run-cli.ts';
import { startRunningSystem, type RunningSystem } from './running-system.ts';

vi.setConfig({ testTimeout: 90_000 });

const SECRET = 'canary-of-the-cli';

const databaseUrl = withDatabase();
let system: RunningSystem;
let receiver: WebhookReceiver;
let db: Database;

beforeAll(async () => {
  const temporalAddress = await sharedServer('temporal');
  receiver = await startReceiver();
  system = await startRunningSystem({
    temporalAddress,
    databaseUrl: databaseUrl(),
    env: { HOOK_SECRET: SECRET, WELLSPRING_ALLOWED_HOSTS: receiver.host },
  });
  db = openDatabase(databaseUrl());
});

afterAll(async () => {
  await system.stop();
  await receiver[Symbol.asyncDispose]();
  await db.destroy();
});

const type = createTypist();
const cli = (...args: readonly string[]): Promise<CliResult> => type(args, { cwd: system.folder });

// In the order in which a person types them.
test('without a webhook it says that nobody is told, and how to change that', async () => {
  await cli('apply');
  // Its look every five minutes would tell what these tests want to see untold.
  await system.temporal.client.schedule.getHandle('system:watchFreshness').pause();
  const { code, stdout } = await cli('notices');

  expect(code).toBe(0);
  expect(stdout).toContain('Nothing needs a person.');
  expect(stdout).toContain('Add one to "notifications:" of the definitions.');
  expect((await cli('notices', 'test', 'ops')).stderr).toContain('No webhook "ops" is in force.');
});

test('plan and apply show webhooks that come', async () => {
  await appendFile(
    join(system.folder, 'wellspring.yaml'),
    [
      'notifications:',
      `  - { id: ops, url: "${receiver.url}/hook", secret: "\${env:HOOK_SECRET}" }`,
      '  - { id: inside, url: "http://127.0.0.1:9/hook", secret: "${env:HOOK_SECRET}" }',
      '',
    ].join('\n'),
  );
  const plan = await cli('plan');
  const applied = await cli('apply');
  const again = await cli('apply');

  expect(plan.stdout).toContain('Webhooks\n  + inside\n  + ops');
  expect(plan.stdout).toContain('2 webhooks');
  expect(applied.stdout).toMatch(/Revision \d+ is in force now/);
  expect(again.stdout).toContain('No changes');
});

test('a test message goes through a worker, signed, and its answer is shown', async () => {
  const { code, stdout } = await cli('notices', 'test', 'ops');

  expect(stdout).toMatch(/✓ Webhook "ops" answered 204 after \d+(\.\d+)? s\./);
  expect(code).toBe(0);
  expect(receiver.posts.map((post) => isSigned(post, SECRET))).toEqual([true]);
});

test('what is refused says why and which setting allows it; a name is guessed', async () => {
  const refused = await cli('notices', 'test', 'inside');
  const unknown = await cli('notices', 'test', 'opps');

  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('PolicyDenied: Webhook "inside" did not take the test.');
  expect(refused.stderr).toContain('WELLSPRING_ALLOWED_HOSTS');
  expect(unknown.stderr).toContain('Did you mean "ops"?');
});

test('open notices are listed with their commands, whom they were told, and what was not delivered', async () => {
  await noteNotice(db, held('articles', { what: 'A run of source "articles" is held.\u001b[31m' }));
  await db
    .insertInto('notice_posts')
    .values({
      id: 'p1',
      webhook: 'ops',
      body: JSON.stringify({ what: 'Something older.' }),
      problem: 'The receiver answered 503.',
      attempts: 3,
    })
    .execute();
  const { stdout } = await cli('notices');
  const { code, stdout: ofSource } = await cli('notices', 'articles', '--json');

  expect(stdout).toMatch(/run-held {2}articles {2}since /);
  expect(stdout).toContain('npm run cli -- run show articles');
  expect(stdout).toContain('1 open notice. Each ends by itself when its cause is gone.');
  expect(stdout).toMatch(/ops {2}waiting, 3 attempts, from /);
  expect(stdout).toContain('The receiver answered 503.');
  expect(stdout).not.toContain('\u001b');
  expect(code).toBe(0);
  expect(json(ofSource)).toMatchObject({
    total: 1,
    notices: [{ kind: 'run-held', source: 'articles', deliveries: [] }],
    undelivered: [{ webhook: 'ops', state: 'waiting', problem: 'The receiver answered 503.' }],
    webhooks: ['inside', 'ops'],
  });
});

test('sources --stale lists only what is late', async () => {
  await db
    .updateTable('definitions')
    .set({ created_at: new Date(0) })
    .execute();
  const { stdout } = await cli('sources', '--stale');
  const { stdout: all } = await cli('sources', '--json');

  expect(stdout).toMatch(/articles +database +0 +never, late/);
  expect(stdout).not.toContain('absent');
  expect(stdout).toContain('2 of 2 are late: "npm run cli -- sources --stale".');
  expect(json(all)).toMatchObject([
    { source: 'absent', freshness: 'disabled' },
    { source: 'articles', freshness: 'late', allowedMs: expect.any(Number) as number },
    { source: 'pages', freshness: 'late' },
  ]);
});
