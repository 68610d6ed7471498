import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isRunning } from '../fakes/processes.ts';
import { openWorkerStage } from '../set-up/worker-stage.ts';

const SCRIPT = `
for (const id of ['one', 'two', 'three'])
  console.log(JSON.stringify({ kind: 'document', id, title: id, content: 'The text of ' + id + '.' }));
console.log(JSON.stringify({ kind: 'listing', complete: true }));
`;

test('a worker process collects, shows what it did, and ends when it is told to', async () => {
  await using stage = await openWorkerStage();
  const script = join(stage.folder, 'three.mjs');
  await writeFile(script, SCRIPT);
  await stage.applyScripts({ three: [process.execPath, script] });
  const worker = await stage.startWorker({ WELLSPRING_SHUTDOWN_GRACE: '2 seconds' });

  const run = await stage.startRun('three');
  const outcome = await run.result();

  expect(outcome).toMatchObject({ status: 'succeeded', counts: { added: 3 } });
  const [health, ready, metrics] = await Promise.all(
    ['healthz', 'readyz', 'metrics'].map(async (path) =>
      (await fetch(`${worker.url}/${path}`)).text(),
    ),
  );
  expect([health, ready]).toEqual(['ok\n', 'ready\n']);
  expect(metrics).toMatch(
    /^temporal_workflow_completed_total\{.*workflow_type="collectSource".*\} 1$/m,
  );
  expect(metrics).toMatch(/^temporal_activity_execution_latency_seconds_count\{/m);
  expect(metrics).toMatch(/^(temporal_)?wellspring_runs_total\{.*status="succeeded".*\} 1$/m);
  expect(metrics).toMatch(/^(temporal_)?wellspring_documents_total\{.*outcome="added".*\} 3$/m);
  expect(metrics).toMatch(/^wellspring_documents_live 3$/m);
  expect(metrics).toMatch(
    /^wellspring_source_freshness_ratio\{tenant="default",source="three"\} /m,
  );
  expect(metrics).not.toContain('The text of');

  const toldAt = performance.now();
  process.kill(worker.pid, 'SIGTERM');
  const { code } = await worker.exited;

  expect(code).toBe(0);
  expect(performance.now() - toldAt).toBeLessThan(5000);
  expect(isRunning(worker.pid)).toBe(false);
}, 90_000);
