import { describe, expect, test } from 'vitest';
import { proven, repairFakes, runOn } from '../../fakes/repair-activities.ts';
import { eventsOf } from '../../set-up/workflow-history.ts';
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
    await expect
      .poll(() => incident.calls.filter((call) => call === 'watch').length, PATIENTLY)
      .toBeGreaterThan(count);
  }
  await repaired.handle.result();
}

describe('a repair', () => {
  test('asks people, deploys what they approved, and closes after three good runs', async () => {
    const repaired = await start();
    const { incident, handle } = repaired;
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
    const events = await eventsOf(handle);
    expect(events.length).toBeLessThanOrEqual(150);
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
