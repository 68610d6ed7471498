import { describe, expect, test } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { extendDeadlineUpdate } from '../../../workflows/approval/messages.ts';
import { proven, repairFakes, runOn } from '../../fakes/repair-activities.ts';
import { timeServerPath, withTimeSkipping } from '../../set-up/time-skipping.ts';
import { countKinds, eventsOf } from '../../set-up/workflow-history.ts';
import { repair, type RepairOnStage, type RepairScript } from './repair-stage.ts';

const fakes = repairFakes();
const HOUR_MS = 3_600_000;

/** 72 hours for people, 48 of probation, looks from 5 minutes to 6 hours: the defaults of production. */
describe.skipIf(timeServerPath === undefined)('with the times of production', () => {
  const environment = withTimeSkipping(fakes.activities);

  async function start(script: RepairScript = {}): Promise<RepairOnStage> {
    return repair(environment().client, fakes, {
      ...script,
      set(incident) {
        script.set?.(incident);
        // The clock of the workflow, which is not ours.
        incident.now = () => environment().currentTimeMs();
      },
    });
  }

  /** When people were told, in hours after the start, and of what. */
  async function toldOf(
    handle: WorkflowHandle,
    { incident }: RepairOnStage,
  ): Promise<readonly string[]> {
    const events = await eventsOf(handle);
    const startMs = Number(events[0]?.eventTime?.seconds ?? 0);
    return events
      .filter(
        ({ activityTaskScheduledEventAttributes }) =>
          activityTaskScheduledEventAttributes?.activityType?.name === 'tellOfRepair',
      )
      .map(({ eventTime }, at) => {
        const hours = (Number(eventTime?.seconds ?? 0) - startMs) / 3600;
        return `${incident.told[at]?.kind} ${Math.round(hours * 10) / 10}`;
      });
  }

  test('nobody answers: three reminders, others are told, then it expires', async () => {
    const escalation = [{ afterMs: 68 * HOUR_MS, to: ['operators'] }];
    const one = await start({ settings: { escalation } });

    await one.handle.result();

    expect(one.incident.closed()?.outcome).toBe('pr-expired');
    expect(await toldOf(one.handle, one)).toEqual([
      'question 0',
      'reminder 18',
      'reminder 36',
      'reminder 64.8',
      'escalation 68',
      'expired 72',
    ]);
    expect(one.incident.told.at(-2)?.to).toEqual(['operators']);
    const events = await eventsOf(one.handle);
    expect(events.length).toBeLessThan(400);
    expect(one.incident.calls.filter((call) => call === 'look').length).toBeLessThan(30);
  });

  test('nobody is reminded at night', async () => {
    const now = new Date(await environment().currentTimeMs());
    const hour = (offset: number): string =>
      `${String((now.getUTCHours() + offset + 24) % 24).padStart(2, '0')}:00`;
    // The first reminder would come after 18 hours.
    const quietHours = { from: hour(16), to: hour(22), timezone: 'UTC' };
    const one = await start({ settings: { quietHours } });

    await one.handle.result();

    const [, first = ''] = await toldOf(one.handle, one);
    const hours = Number(first.replace('reminder ', ''));
    expect(first).toMatch(/^reminder /);
    expect(hours).toBeGreaterThan(20.5);
    expect(hours).toBeLessThanOrEqual(22.1);
  });

  test('more time moves the deadline, and an answer in it counts', async () => {
    const one = await start();
    await environment().sleep('70 hours');
    const { requestId } = await one.verdict();
    await one.handle.executeUpdate(extendDeadlineUpdate, {
      args: [{ requestId, by: { provider: 'cli', user: 'ana' }, hours: 24 }],
    });
    await environment().sleep('20 hours');
    expect((await one.status()).stage).toBe('awaiting-approval');

    await one.decide({ verdict: 'reject' });
    await one.handle.result();

    expect(one.incident.closed()?.outcome).toBe('pr-rejected');
  });

  test('every signal of a run is lost: good runs are found, and close it', async () => {
    const one = await start({
      settings: { phase: 'autonomous' },
      set(incident) {
        incident.calibration = proven();
        incident.probation = { runs: [runOn('good'), runOn('good'), runOn('good')] };
      },
    });

    await one.handle.result();

    expect(one.incident.closed()?.outcome).toBe('auto-deployed-ok');
  });

  test('one good run within 48 hours is enough at their end, and not before', async () => {
    const one = await start({
      settings: { phase: 'autonomous' },
      set(incident) {
        incident.calibration = proven();
        incident.probation = { runs: [runOn('good'), runOn('inconclusive')] };
      },
    });
    await environment().sleep('47 hours');
    expect((await one.status()).stage).toBe('probation');

    await one.handle.result();

    expect(one.incident.closed()?.outcome).toBe('auto-deployed-ok');
  });

  test('no conclusive run within 48 hours: people are asked, and after a week it is left to them', async () => {
    const one = await start({
      settings: { phase: 'autonomous' },
      set: (incident) => void (incident.calibration = proven()),
    });

    await one.handle.result();

    expect(one.incident.closed()?.outcome).toBe('alerted');
    expect(one.incident.rolledBack).toEqual([]);
    const told = await toldOf(one.handle, one);
    expect(told.map((line) => line.replace(/\.\d$/, ''))).toEqual(['alert 48', 'alert 216']);
  });

  test('a bad run that comes after the 48 hours still rolls back', async () => {
    const one = await start({
      settings: { phase: 'autonomous' },
      set: (incident) => void (incident.calibration = proven()),
    });
    await environment().sleep('100 hours');
    one.incident.probation = { runs: [runOn('bad')] };

    await one.handle.result();

    expect(one.incident.closed()?.outcome).toBe('auto-deployed-rolled-back');
    expect(one.incident.rolledBack).toHaveLength(1);
  });

  test('a failure that nobody can reproduce waits two days for runs, with few looks', async () => {
    const one = await start({
      set({ reproductions }) {
        const because = 'The page yields everything now.';
        reproductions.splice(0, 1, { verdict: 'not-reproduced', strength: 0, because });
      },
    });

    await one.handle.result();

    expect(one.incident.closed()?.outcome).toBe('alerted');
    expect(one.incident.calls.filter((call) => call === 'look').length).toBeLessThan(20);
  });

  test('a hold of everything is waited for, however long', async () => {
    const one = await start({
      set(incident) {
        const because = 'Many sources of one host fail at once.';
        const wait = { because, untilMs: Date.now() + 10 * HOUR_MS, parked: true };
        incident.opened = { ...incident.opened, wait };
      },
    });
    await environment().sleep('30 hours');
    expect((await one.status()).stage).toBe('parked');
    expect(one.incident.calls).not.toContain('reproduce');
    const { wait: _over, ...opened } = one.incident.opened;
    one.incident.opened = opened;
    await environment().sleep('7 hours');

    expect((await one.status()).stage).toBe('awaiting-approval');
    expect(countKinds(await eventsOf(one.handle))['timerStarted']).toBeLessThan(90);
    await one.handle.terminate();
  });
});
