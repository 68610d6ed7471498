import { userInfo } from 'node:os';
import { NativeConnection, Worker } from '@temporalio/worker';
import { describe, expect, inject, test, vi } from 'vitest';
import { approveSignal, decideUpdate } from '../../../workflows/approval/messages.ts';
import type { ChosenFix } from '../../../workflows/repair/activities.ts';
import { fixOf, proven, repairFakes, runOn } from '../../fakes/repair-activities.ts';
import { runPrintedCommand } from '../../set-up/printed-command.ts';
import { sharedServer } from '../../set-up/servers.ts';
import { countKinds, eventsOf, summariesOf } from '../../set-up/workflow-history.ts';
import { withWorkers } from '../../set-up/workflow-workers.ts';
import { PATIENTLY, repair, type RepairOnStage, type RepairScript } from './repair-stage.ts';

const fakes = repairFakes();
const workers = withWorkers({ activities: fakes.activities });

function start(script?: RepairScript): Promise<RepairOnStage> {
  return repair(workers().client, fakes, script);
}

/** Three good runs, one after the other. */
async function passProbation(repaired: RepairOnStage): Promise<void> {
  const { incident } = repaired;
  await repaired.until('probation');
  for (let count = 0; count < 3; count += 1) {
    incident.probation = { runs: [...incident.probation.runs, runOn('good')] };
    await repaired.ran();
    await vi.waitFor(
      () => expect(incident.calls.filter((call) => call === 'watch').length).toBeGreaterThan(count),
      PATIENTLY,
    );
  }
  await repaired.handle.result();
}

const JUNK = null as never;

/** As long as the texts of a candidate may be. */
function longFix(): ChosenFix {
  const text = 'ü'.repeat(170);
  return {
    ...fixOf('a'),
    explains: text,
    checks: Array.from({ length: 9 }, () => text),
    changes: Array.from({ length: 5 }, () => text),
    values: Array.from({ length: 3 }, () => ({ field: 'title', before: text, after: text })),
  };
}

describe.concurrent('a repair', () => {
  test('asks people, deploys what they approved, and closes after three good runs', async () => {
    const repaired = await start();
    const { incident } = repaired;
    const { question, incident: shown } = await repaired.until('awaiting-approval');

    const answer = await repaired.decide();
    await passProbation(repaired);

    expect(question?.request.digest).toContain('a'.repeat(64));
    expect(shown?.verdict?.reasons[0]).toMatch(/^p = 0\.\d\d; nothing is proven yet/);
    expect(answer).toMatchObject({ terminal: true });
    expect(incident.deployed).toMatchObject([{ decidedBy: 'ana', proven: false }]);
    expect(incident.closed()).toMatchObject({ outcome: 'pr-merged-unchanged', byPerson: true });
    expect(incident.stages).toEqual([
      'triaging',
      'reproducing',
      'diagnosing',
      'proposing',
      'checking',
      'proving',
      'deciding',
      'awaiting-approval',
      'deploying',
      'probation',
      'learning',
    ]);
  });

  test('that is approved takes at most 150 events and 60 actions, and says what each was for', async () => {
    const repaired = await start();
    await repaired.until('awaiting-approval');
    const timers = async () => countKinds(await eventsOf(repaired.handle))['timerStarted'];
    await vi.waitFor(async () => expect(await timers()).toBe(1), PATIENTLY);
    await repaired.decide();
    await passProbation(repaired);

    const events = await eventsOf(repaired.handle);
    const kinds = countKinds(events);
    const actions = [
      'workflowExecutionStarted',
      'activityTaskScheduled',
      'upsertWorkflowSearchAttributes',
      'markerRecorded',
      'timerStarted',
      'workflowExecutionSignaled',
      'workflowExecutionUpdateAccepted',
    ].reduce((sum, kind) => sum + (kinds[kind] ?? 0), 0);

    expect(events.length).toBeLessThanOrEqual(150);
    expect(actions).toBeLessThanOrEqual(60);
    const summaries = summariesOf(events);
    expect(summaries).toContain('shadow run of aaaaaaaa');
    expect(summaries).toContain('deploy aaaaaaaa, decided by ana');
    expect(summaries.some((text) => text.startsWith('wait for people, at most'))).toBe(true);
  });

  test('is found by its attributes, which say whether people are asked until when', async () => {
    const repaired = await start();
    const { question } = await repaired.until('awaiting-approval');
    const attributes = async (): Promise<Readonly<Record<string, unknown>>> => {
      const { typedSearchAttributes } = await repaired.handle.describe();
      return Object.fromEntries(
        typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
      );
    };

    await vi.waitFor(
      async () =>
        expect(await attributes()).toMatchObject({
          SourceId: repaired.source,
          Stage: 'awaiting-approval',
          FailureName: 'SelectorMissing',
          AwaitingHuman: true,
          Deadline: new Date(question?.request.expiresAtMs ?? 0),
          Confidence: expect.any(Number) as number,
        }),
      PATIENTLY,
    );
    await repaired.decide({ verdict: 'reject' });
    await repaired.handle.result();

    const closed = await attributes();
    expect(closed).toMatchObject({ Stage: 'closed', Outcome: 'pr-rejected' });
    expect(closed).not.toHaveProperty('AwaitingHuman');
    expect(closed).not.toHaveProperty('Deadline');
  });

  test("is answered by the command of Temporal's own CLI that its details print", async () => {
    const repaired = await start();
    await repaired.until('awaiting-approval');

    await runPrintedCommand(repaired.handle, '"verdict":"reject"', workers().namespace);
    await repaired.handle.result();

    expect(repaired.incident.closed()).toMatchObject({ outcome: 'pr-rejected' });
    const who = `Rejected by ${userInfo().username}`;
    expect(repaired.incident.closed()?.because).toContain(who);
  });

  test('queues what else breaks, one at a time, each reported as often as it likes', async () => {
    const repaired = await start();
    await repaired.until('awaiting-approval');
    const second = fakes.incident(`${repaired.incident.id}-2`);
    const third = fakes.incident(`${repaired.incident.id}-3`);
    for (const id of [second.id, repaired.incident.id, second.id, third.id])
      await repaired.report(id);
    expect((await repaired.status()).queued).toEqual([second.id, third.id]);
    expect(second.calls).toEqual([]);

    for (const one of [repaired.incident, second, third]) {
      await vi.waitFor(
        async () =>
          expect(
            await (async () => {
              const { incident, stage } = await repaired.status();
              return `${incident?.incident} ${stage}`;
            })(),
          ).toBe(`${one.id} awaiting-approval`),
        PATIENTLY,
      );
      await repaired.decide({ verdict: 'reject' });
    }
    await repaired.handle.result();

    expect([second, third].map((one) => one.closed()?.outcome)).toEqual([
      'pr-rejected',
      'pr-rejected',
    ]);
    expect(repaired.incident.calls.filter((call) => call === 'propose')).toHaveLength(1);
  });

  test('that was closed is not opened again; the next incident starts another workflow', async () => {
    const repaired = await start();
    await repaired.until('awaiting-approval');
    await repaired.decide({ verdict: 'reject' });
    await repaired.handle.result();
    const { runId } = await repaired.handle.describe();

    await repaired.report(repaired.incident.id);
    await repaired.handle.result();

    expect((await repaired.handle.describe()).runId).not.toBe(runId);
    expect(repaired.incident.calls.filter((call) => call === 'propose')).toHaveLength(1);
    expect(repaired.incident.calls.at(-1)).toBe('open');
  });

  test('goes on from a fix that a lost workflow has deployed', async () => {
    const repaired = await start({
      set(incident) {
        const deployed = {
          patchDigest: 'a'.repeat(64),
          specDigest: 'spec-a',
          atMs: Date.now(),
          byPerson: 'ana',
        };
        incident.opened = { ...incident.opened, deployed };
        incident.probation = { runs: [runOn('good'), runOn('good'), runOn('good')] };
      },
    });
    await repaired.handle.result();

    expect(repaired.incident.closed()?.outcome).toBe('pr-merged-unchanged');
    expect(repaired.incident.calls).toEqual(['open', 'watch', 'close pr-merged-unchanged']);
  });

  test('begins anew after many messages, below 8 KB, with question, answers and order kept', async () => {
    const repaired = await start({
      settings: { quorum: 2 },
      input: { maxMessages: 12 },
      set: ({ checks }) => void checks.splice(0, 1, { chosen: longFix(), failed: [] }),
    });
    const { question: before } = await repaired.until('awaiting-approval');
    const { runId } = await repaired.handle.describe();
    const first = await repaired.verdict();
    await repaired.handle.executeUpdate(decideUpdate, { args: [first] });
    for (let count = 0; count < 5; count += 1) await repaired.report(`invented-${count}`);
    for (let count = 0; count < 8; count += 1) await repaired.handle.signal(approveSignal, JUNK);
    await vi.waitFor(
      async () =>
        expect(await (async () => (await repaired.handle.describe()).runId)()).not.toBe(runId),
      PATIENTLY,
    );
    const { question: after, queued, refusedTotal } = await repaired.until('awaiting-approval');

    const again = await repaired.handle.executeUpdate(decideUpdate, { args: [first] });
    await repaired.decide({ by: { provider: 'cli', user: 'ben' } });
    await repaired.until('probation');

    expect(after?.request.id).toBe(before?.request.id);
    expect(after?.approvals).toBe(1);
    expect(queued).toHaveLength(5);
    expect(refusedTotal).toBe(8);
    expect(again.repeated).toBe(true);
    expect(repaired.incident.deployed).toHaveLength(1);
    await repaired.handle.terminate();
  });

  test('waits on while no worker runs, and takes what came meanwhile', async () => {
    const first = await workerOn('late-repairs');
    const repaired = await start({ taskQueue: 'late-repairs' });
    await repaired.until('awaiting-approval');
    const verdict = await repaired.verdict();
    await first.stop();

    await repaired.handle.signal(approveSignal, verdict);
    await repaired.ran();
    const second = await workerOn('late-repairs');
    await repaired.until('probation');

    expect(repaired.incident.deployed).toMatchObject([{ decidedBy: 'ana' }]);
    await repaired.handle.terminate();
    await second.stop();
  });

  test('of a source whose policy and outcomes allow it deploys by itself', async () => {
    const repaired = await start({
      settings: { phase: 'autonomous' },
      set: (incident) => void (incident.calibration = proven()),
    });

    await passProbation(repaired);

    expect(repaired.incident.deployed).toMatchObject([{ decidedBy: 'gate', proven: true }]);
    expect(repaired.incident.closed()).toMatchObject({
      outcome: 'auto-deployed-ok',
      byPerson: false,
    });
  });

  test('rolls back after a bad run', async () => {
    const repaired = await start();
    await repaired.until('awaiting-approval');
    await repaired.decide();
    await repaired.until('probation');
    repaired.incident.probation = { runs: [runOn('good'), runOn('bad')] };

    await repaired.ran();
    await repaired.handle.result();

    expect(repaired.incident.rolledBack).toMatchObject([{ by: 'probation' }]);
    expect(repaired.incident.closed()).toMatchObject({ outcome: 'pr-merged-rolled-back' });
  });
});

/** A worker of its own, to be stopped and started. */
async function workerOn(taskQueue: string): Promise<{ stop(): Promise<void> }> {
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const worker = await Worker.create({
    connection,
    namespace: workers().namespace,
    taskQueue,
    activities: fakes.activities,
    workflowBundle: { codePath: await sharedServer('workflows') },
  });
  const ended = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}
