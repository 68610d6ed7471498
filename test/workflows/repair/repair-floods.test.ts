import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { failure } from '../../../workflows/failures.ts';
import { proven, repairFakes, runOn } from '../../fakes/repair-activities.ts';
import { sharedServer } from '../../set-up/servers.ts';
import { startTestWorkers, type TestWorkers } from '../../set-up/temporal-workers.ts';
import { PATIENTLY, repair, type RepairOnStage } from './repair-stage.ts';

const fakes = repairFakes();
let workers: TestWorkers;
// Not those that look at every history afterwards: these are longer than a client reads.
beforeAll(async () => {
  const workflows = { codePath: await sharedServer('workflows') };
  const address = inject('temporalAddress');
  workers = await startTestWorkers({ activities: fakes.activities, address, workflows });
});
afterAll(() => workers.stop());

/** Nearly as much as a frontend takes; the server ends a workflow whose history has 50 MB of it. */
const HUGE = 'x'.repeat(1_900_000);

async function runId({ handle }: RepairOnStage): Promise<string> {
  const { runId: id } = await handle.describe();
  return id;
}

describe('messages of megabytes', () => {
  test('begin the history anew long before the server would end it, and the question stays', async () => {
    const repaired = await repair(workers.client, fakes);
    const { question } = await repaired.until('awaiting-approval');
    const first = await runId(repaired);
    for (let sent = 0; sent < 3; sent += 1) {
      await repaired.handle.signal('reportFailure', { incident: HUGE });
      await sleep(200);
    }

    await vi.waitFor(async () => expect(await runId(repaired)).not.toBe(first), PATIENTLY);
    const now = await repaired.status();
    expect(now.question?.request.id).toBe(question?.request.id);
    expect(now.refusedTotal).toBe(3);
    await repaired.decide();
    await repaired.until('probation');
    expect(repaired.incident.deployed).toHaveLength(1);
    await repaired.handle.terminate();
  });
});

describe('a rollback that cannot be done', () => {
  test('is tried at its pace, however many messages come', async () => {
    const repaired = await repair(workers.client, fakes, {
      settings: { phase: 'autonomous' },
      input: { maxMessages: 4 },
      set(incident) {
        incident.calibration = proven();
        incident.probation = { runs: [runOn('good'), runOn('good'), runOn('good')] };
      },
    });
    await repaired.until('probation');
    await repaired.ran();
    await repaired.handle.result();
    const moved = failure('Conflict', 'Somebody else moves the spec.');
    repaired.incident.rollbacks.push(...Array.from({ length: 500 }, () => moved));

    const again = await repaired.rollBack();
    for (let sent = 0; sent < 6; sent += 1)
      await again.signal('reportFailure', { incident: 'junk' });
    await sleep(2500);

    const tries = repaired.incident.calls.filter((call) => call.startsWith('roll back'));
    expect(tries.length).toBeGreaterThan(0);
    expect(tries.length).toBeLessThan(6);
    await again.terminate();
  });
});
