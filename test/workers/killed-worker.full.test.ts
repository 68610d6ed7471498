import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createObjects } from '../../adapters/aws/objects.ts';
import { descendants, eventually, isRunning } from '../fakes/processes.ts';
import { openWorkerStage, type WorkerStage } from '../set-up/worker-stage.ts';

const DOCUMENTS = 60;

/** Emits a document and a checkpoint every moment, goes on from where it is told, and notes where each start began. */
const SLOW = `
import { appendFileSync } from 'node:fs';
const state = JSON.parse(process.env.WELLSPRING_STATE ?? 'null');
const from = Number((state?.cursor ?? state)?.next ?? 0);
appendFileSync(process.argv[2], from + '\\n');
const say = (message) => new Promise((resolve) => process.stdout.write(JSON.stringify(message) + '\\n', resolve));
for (let next = from; next < ${DOCUMENTS}; next += 1) {
  await say({ kind: 'document', id: 'doc-' + next, title: 'Document ' + next, content: 'The text of document ' + next + '.' });
  await say({ kind: 'checkpoint', cursor: { next: next + 1 } });
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[3])));
}
await say({ kind: 'listing', complete: true });
await say({ kind: 'checkpoint', cursor: null });
`;

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a run whose worker gets %s goes on elsewhere from its last checkpoint, and ends as if nothing had been',
  async (signal) => {
    await using stage = await openWorkerStage();
    const starts = await prepare(stage);
    const env = {
      WELLSPRING_HEARTBEAT_TIMEOUT: '3 seconds',
      WELLSPRING_SHUTDOWN_GRACE: '1 second',
    };
    const first = await stage.startWorker(env);
    const whole = await (await stage.startRun('whole')).result();
    const run = await stage.startRun('broken');
    await expect.poll(() => added(stage, 'collect:broken'), { timeout: 30_000 }).toBeGreaterThan(0);
    const script = descendants(first.pid);

    process.kill(first.pid, signal);
    await first.exited;
    const stored = await added(stage, 'collect:broken');
    await stage.startWorker(env);
    const outcome = await run.result();

    expect(stored).toBeLessThan(DOCUMENTS);
    expect(outcome).toMatchObject({ status: 'succeeded', counts: { added: DOCUMENTS, failed: 0 } });
    expect(whole).toMatchObject({ status: 'succeeded', counts: { added: DOCUMENTS } });
    const [start, resumed] = (await readFile(starts, 'utf8')).trim().split('\n').map(Number);
    expect([start, (resumed ?? 0) > 0]).toEqual([0, true]);
    // The document after the last checkpoint may be stored already: it is read again, and counted once.
    expect(resumed).toBeGreaterThanOrEqual(stored - 1);
    expect(await textsOf(stage, 'broken')).toEqual(await textsOf(stage, 'whole'));
    expect(await sidecarsOf(stage, 'broken')).toHaveLength(DOCUMENTS);
    expect(script.length).toBeGreaterThan(0);
    expect(await eventually(() => !script.some(isRunning))).toBe(true);
  },
  180_000,
);

/** The same documents at once and slowly; returns the file that tells where each start of the slow one began. */
async function prepare(stage: WorkerStage): Promise<string> {
  const script = join(stage.folder, 'slow.mjs');
  const [starts, others] = [join(stage.folder, 'starts'), join(stage.folder, 'others')];
  await writeFile(script, SLOW);
  await stage.applyScripts({
    whole: [process.execPath, script, others, '0'],
    broken: [process.execPath, script, starts, '200'],
  });
  return starts;
}

async function added({ db }: WorkerStage, run: string): Promise<number> {
  const row = await db.selectFrom('runs').select('counts').where('id', '=', run).executeTakeFirst();
  return row?.counts['added'] ?? 0;
}

/** All content of a source in S3, in an order that does not depend on its keys. */
async function textsOf(stage: WorkerStage, source: string): Promise<readonly string[]> {
  const objects = createObjects(stage.cloud.clients.s3);
  const { bucket } = stage.cloud;
  const signal = AbortSignal.timeout(30_000);
  const keys = (await keysOf(stage, source)).filter((key) => key.endsWith('.md'));
  const texts = await Promise.all(keys.map((key) => objects.getText({ bucket, key, signal })));
  return texts.toSorted();
}

async function sidecarsOf(stage: WorkerStage, source: string): Promise<readonly string[]> {
  return (await keysOf(stage, source)).filter((key) => key.endsWith('.metadata.json'));
}

async function keysOf({ cloud }: WorkerStage, source: string): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(30_000);
  const listed = createObjects(cloud.clients.s3).list({ bucket: cloud.bucket, prefix: '', signal });
  const keys = await Array.fromAsync(listed, ({ key }) => key);
  return keys.filter((key) => key.includes(`/${source}/`));
}
