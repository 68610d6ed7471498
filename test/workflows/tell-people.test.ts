import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NoticeDependencies } from '../../activities/notices/dependencies.ts';
import { noticeActivities } from '../../activities/notices/index.ts';
import { tell, wakeAllTellers } from '../../activities/notices/tell.ts';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../adapters/postgres/revisions.ts';
import { wakeTeller } from '../../workers/wake-teller.ts';
import { tellerWorkflowId } from '../../workflows/notices/ids.ts';
import type { testWebhook } from '../../workflows/notices/test-webhook.ts';
import { held } from '../activities/notices/telling.ts';
import { isSigned, startReceiver, type WebhookReceiver } from '../fakes/webhook-receiver.ts';
import { withDatabase } from '../set-up/postgres.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const SECRET = 'canary-of-the-teller';

const url = withDatabase();
let db: Database;
let receiver: WebhookReceiver;
let deps: NoticeDependencies;
/** Breaks the database for so many writes of what became of a request: a worker that died before it could say. */
let lostRecords = 0;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
const workers = withWorkers({
  activities: ({ client }) => {
    deps = {
      db,
      secrets: { variable: (name) => (name === 'HOOK_SECRET' ? SECRET : undefined) },
      settings: { allowedHosts: ['127.0.0.1'], userAgent: 'tests' },
      wakeTeller: (webhook) => wakeTeller(client, webhook),
    };
    return noticeActivities({ ...deps, db: losingRecords(db) });
  },
});
beforeEach(async () => {
  lostRecords = 0;
  await db.deleteFrom('notices').execute();
  await db.deleteFrom('notice_posts').execute();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await db.destroy();
});

/** Records of attempts are raw statements, which ask the executor. */
function losingRecords(real: Database): Database {
  return new Proxy(real, {
    get(target, name) {
      if (name === 'getExecutor' && lostRecords > 0) {
        const isRecord = (new Error('').stack ?? '').includes('recordAttempt');
        if (isRecord) {
          lostRecords -= 1;
          throw new Error('The worker is gone.');
        }
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A webhook of a test's own, so that its teller is new. */
async function applyWebhook(id: string): Promise<void> {
  const webhook = { id, url: `${receiver.url}/hook`, secret: '${env:HOOK_SECRET}' };
  await storeRevision(db, { definitions: [], notifications: [webhook], author: 'test' });
}

async function untilEnded(id: string): Promise<void> {
  await workers().client.workflow.getHandle(tellerWorkflowId(id)).result();
}

test('noting something is enough: its receiver is told, and the teller ends', async () => {
  await applyWebhook('plain');

  await tell([held('docs')], deps);
  await untilEnded('plain');

  expect(receiver.posts.map(({ message }) => message.where.source)).toEqual(['docs']);
  expect(receiver.posts.every((post) => isSigned(post, SECRET))).toBe(true);
});

test('a receiver that is overloaded is asked again by Temporal, and told once', async () => {
  await applyWebhook('overloaded');
  const answers = [503, 503, 200];
  receiver.answer = () => ({ status: answers.shift() ?? 200 });

  await tell([held('docs')], deps);
  await untilEnded('overloaded');

  expect(receiver.posts).toHaveLength(3);
  expect(new Set(receiver.posts.map(({ message }) => message.id)).size).toBe(1);
  await wakeAllTellers(deps);
  await untilEnded('overloaded');
  expect(receiver.posts).toHaveLength(3);
});

test('a worker that dies between the request and its record repeats it under the same id', async () => {
  await applyWebhook('dying');
  lostRecords = 1;

  await tell([held('docs')], deps);
  await untilEnded('dying');

  expect(receiver.posts).toHaveLength(2);
  expect(new Set(receiver.posts.map(({ text }) => text)).size).toBe(1);
});

test('many who note at once, and many who wake, tell each thing once', async () => {
  await applyWebhook('crowd');
  const sources = ['a', 'b', 'c', 'd', 'e'];

  await Promise.all(
    sources.flatMap((source) => [tell([held(source)], deps), tell([held(source)], deps)]),
  );
  await Promise.all([wakeAllTellers(deps), wakeTeller(workers().client, 'crowd')]);
  await untilEnded('crowd');

  const told = receiver.posts.flatMap(({ message }) => message.where.source ?? []);
  expect(told.toSorted()).toEqual(sources);
});

test('what was noted by a worker that died before it woke anybody is told at the next look', async () => {
  await applyWebhook('forgotten');
  await tell([held('docs')], {
    ...deps,
    wakeTeller: () => Promise.reject(new Error('dead')),
  }).catch(() => undefined);
  await sleep(200);
  expect(receiver.posts).toHaveLength(0);

  await wakeAllTellers(deps);
  await untilEnded('forgotten');

  expect(receiver.posts).toHaveLength(1);
});

test('a receiver that is away keeps nobody else from being told', async () => {
  const hook = (id: string) => ({ id, url: `${receiver.url}/${id}`, secret: '${env:HOOK_SECRET}' });
  await storeRevision(db, {
    definitions: [],
    notifications: [hook('away'), hook('there')],
    author: 'test',
  });
  let isAway = true;
  receiver.answer = ({ path }) => ({ status: isAway && path === '/away' ? 503 : 200 });

  await tell([held('docs')], deps);
  await untilEnded('there');
  await expect.poll(() => receiver.posts.map(({ path }) => path)).toContain('/away');
  isAway = false;
  await untilEnded('away');

  const last = new Map(receiver.posts.map(({ path, message }) => [path, message.where.source]));
  expect(last).toEqual(
    new Map([
      ['/away', 'docs'],
      ['/there', 'docs'],
    ]),
  );
  expect(receiver.posts.filter(({ path }) => path === '/there')).toHaveLength(1);
});

test('no history of a teller holds a secret or an address', async () => {
  const { client } = workers();
  const texts: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list())
    texts.push(JSON.stringify(await client.workflow.getHandle(workflowId, runId).fetchHistory()));

  expect(texts.length).toBeGreaterThan(4);
  expect(texts.filter((text) => text.includes('canary'))).toEqual([]);
});

test('a test message goes the way of all others, and its answer comes back', async () => {
  await applyWebhook('tested');
  const { client } = workers();
  const run = () =>
    client.workflow.execute<typeof testWebhook>('testWebhook', {
      workflowId: 'notice-test:tested',
      taskQueue: 'orchestration',
      args: [{ v: 1, webhook: 'tested' }],
    });

  expect(await run()).toMatchObject({ status: 204 });

  receiver.answer = () => ({ status: 410 });
  const error = await run().catch((caught: unknown) => caught);
  expect(String((error as { cause?: { cause?: unknown } }).cause?.cause)).toContain(
    'The receiver answered 410.',
  );
  expect(receiver.posts).toHaveLength(2);
});
