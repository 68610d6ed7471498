import { definitionsInForce, storeRevision } from '../../adapters/postgres/revisions.ts';
import { expect, test } from 'vitest';
import { tellerWorkflowId } from '../../workflows/notices/ids.ts';
import { isSigned, startReceiver } from '../fakes/webhook-receiver.ts';
import { openWorkerStage } from '../set-up/worker-stage.ts';

const SECRET = 'canary-of-the-worker';
const FAILING = "process.stderr.write('Cannot read the archive.\\n'); process.exit(1)";

test('a worker that is killed while it tells is made up for by another: same request, same id, told once', async () => {
  await using stage = await openWorkerStage();
  await using receiver = await startReceiver();
  await stage.applyScripts({ broken: [process.execPath, '-e', FAILING] });
  await storeRevision(stage.db, {
    definitions: await definitionsInForce(stage.db),
    notifications: [
      {
        id: 'ops',
        url: `${receiver.url}/hook`,
        secret: '${env:HOOK_SECRET}',
        events: ['run-failed', 'run-held', 'source-paused'],
      },
    ],
    author: 'test',
  });
  const env = { HOOK_SECRET: SECRET, WELLSPRING_ALLOWED_HOSTS: receiver.host };
  const first = await stage.startWorker(env);
  // It has the request, and its worker never learns what became of it.
  receiver.answer = () => {
    process.kill(first.pid, 'SIGKILL');
    return undefined;
  };

  const run = await stage.startRun('broken');
  await first.exited;
  receiver.answer = () => ({ status: 200 });
  await stage.startWorker(env);
  // It is told before the run is over: that needs a worker too.
  await run.result().catch(() => undefined);
  const { client } = stage.temporal;
  await client.workflow.getHandle(tellerWorkflowId('ops')).result();

  const [lost, told] = receiver.posts;
  expect(receiver.posts).toHaveLength(2);
  expect(told?.text).toBe(lost?.text);
  expect(receiver.posts.every((post) => isSigned(post, SECRET))).toBe(true);
  expect(told?.message).toMatchObject({
    where: { source: 'broken', run: 'collect:broken' },
    what: expect.stringContaining('ScriptError') as string,
  });
  const posts = await stage.db.selectFrom('notice_posts').selectAll().execute();
  expect(posts).toMatchObject([{ state: 'delivered', webhook: 'ops' }]);
  const texts: string[] = [JSON.stringify(posts)];
  for await (const { workflowId, runId } of client.workflow.list())
    texts.push(JSON.stringify(await client.workflow.getHandle(workflowId, runId).fetchHistory()));
  expect(texts.filter((text) => text.includes('canary'))).toEqual([]);
}, 180_000);
