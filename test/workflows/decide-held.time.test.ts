import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { decideHeld } from '../../workflows/approval/decide-held.ts';
import type { DecideHeldInput } from '../../workflows/approval/held-input.ts';
import {
  decideUpdate,
  extendDeadlineUpdate,
  statusQuery,
} from '../../workflows/approval/messages.ts';
import { heldFakes } from '../fakes/approval-activities.ts';
import { heldInput, heldStart } from '../fakes/held-input.ts';
import { timeServerPath, withTimeSkipping } from '../set-up/time-skipping.ts';
import { countKinds, eventsOf, summariesOf } from '../set-up/workflow-history.ts';

const fakes = heldFakes();
const ANA = { provider: 'cli', user: 'ana' } as const;

/** 72 hours, reminders at 25, 50 and 90 % of them, others told at 95 %: the defaults of production. */
describe.skipIf(timeServerPath === undefined)('with the times of production', () => {
  const environment = withTimeSkipping(fakes.activities);

  async function ask(
    input: DecideHeldInput = heldInput(),
  ): Promise<WorkflowHandle<typeof decideHeld>> {
    return environment().client.workflow.start<typeof decideHeld>('decideHeld', heldStart(input));
  }

  /** When people were told, in hours after the question. */
  async function toldHours(handle: WorkflowHandle): Promise<readonly number[]> {
    const events = await eventsOf(handle);
    const startMs = Number(events[0]?.eventTime?.seconds ?? 0);
    return events
      .filter(
        ({ activityTaskScheduledEventAttributes }) =>
          activityTaskScheduledEventAttributes?.activityType?.name === 'recordReminder',
      )
      .map(({ eventTime }) => (Number(eventTime?.seconds ?? 0) - startMs) / 3600);
  }

  test('nobody answers: three reminders, others are told, then all documents are kept', async () => {
    const input = heldInput();
    const handle = await ask(input);

    const outcome = await handle.result();

    expect(outcome).toMatchObject({ outcome: 'expired', deleted: 0 });
    const hours = await toldHours(handle);
    expect(hours.map((one) => Math.round(one * 10) / 10)).toEqual([18, 36, 64.8, 68.4]);
    const { reminders, calls } = fakes.set(input.digest);
    expect(reminders.map(({ to }) => to)).toEqual([[], [], [], ['operators']]);
    expect(calls).toEqual(['record expired']);
    const events = await eventsOf(handle);
    expect(countKinds(events)['timerStarted']).toBe(5);
    expect(summariesOf(events)).toContain('wait for people, at most 18 h: then reminder');
  });

  test('who answers after the second reminder stops the others', async () => {
    const input = heldInput();
    const handle = await ask(input);
    await environment().sleep('40 hours');
    const { request } = await handle.query(statusQuery);
    const { id: requestId, digest } = request;

    await handle.executeUpdate(decideUpdate, {
      args: [{ requestId, digest, verdict: 'reject', decisionId: 'cli:1', by: ANA }],
    });

    expect(await handle.result()).toMatchObject({ outcome: 'rejected' });
    expect(fakes.set(input.digest).reminders).toHaveLength(2);
  });

  test('more time moves the deadline and what is left of the reminders', async () => {
    const input = heldInput();
    const handle = await ask(input);
    await environment().sleep('40 hours');
    const { request, openedAtMs } = await handle.query(statusQuery);

    const { expiresAtMs } = await handle.executeUpdate(extendDeadlineUpdate, {
      args: [{ requestId: request.id, by: ANA, hours: 48 }],
    });
    const outcome = await handle.result();

    expect((expiresAtMs - openedAtMs) / 3_600_000).toBe(120);
    expect(outcome).toMatchObject({ outcome: 'expired' });
    const hours = await toldHours(handle);
    expect(hours.map((one) => Math.round(one))).toEqual([18, 36, 68, 108]);
  });

  test('a verdict at the last moment counts, one at the deadline does not', async () => {
    const [late, early] = [heldInput(), heldInput()];
    const [lateHandle, earlyHandle] = [await ask(late), await ask(early)];
    const { request } = await earlyHandle.query(statusQuery);
    const { id: requestId, digest } = request;
    await environment().sleep('71 hours');

    await earlyHandle.executeUpdate(decideUpdate, {
      args: [{ requestId, digest, verdict: 'reject', decisionId: 'cli:1', by: ANA }],
    });
    await environment().sleep('2 hours');

    expect(await earlyHandle.result()).toMatchObject({ outcome: 'rejected' });
    expect(await lateHandle.result()).toMatchObject({ outcome: 'expired' });
  });
});
