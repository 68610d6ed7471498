import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScheduleNotFoundError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectTemporal, type Temporal } from '../../adapters/temporal/connection.ts';
import { planFor, reconcileSchedules, reportOf } from '../../adapters/temporal/reconcile.ts';
import { scheduleDifferences } from '../../adapters/temporal/schedule-differences.ts';
import { withHash } from '../../adapters/temporal/schedule-options.ts';
import { createSchedules, type Schedules } from '../../adapters/temporal/schedules.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { desiredSchedule, systemSchedules } from '../../workflows/collection/desired-schedule.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';

let temporal: Temporal;
let everything: Schedules;

beforeAll(() => {
  temporal = connectTemporal({ address: inject('temporalAddress') });
  everything = createSchedules(temporal.client);
});

afterAll(async () => {
  await temporal.close();
});

/** The dev server is shared: each test has a tenant of its own and sees the schedules of that tenant only. */
let tenant = newTenant();

afterEach(async () => {
  const mine = await mySchedules().list();
  await everything.apply(mine.map(({ id }) => ({ kind: 'delete', id })));
  tenant = newTenant();
});

function newTenant(): string {
  return `t-${randomUUID().slice(0, 8)}`;
}

function mySchedules(): Schedules {
  const prefix = idOf('');
  const list = async () => (await everything.list()).filter(({ id }) => id.startsWith(prefix));
  return { ...everything, list };
}

function source(id: string, overrides: Partial<SourceDefinition> = {}): SourceDefinition {
  return sourceDefinition({ id, tenant, ...overrides });
}

function idOf(id: string): string {
  return `source:${tenant}:${id}`;
}

/** Plans for the schedules of the test's tenant, without the system's own, which all tests would share. */
async function planMine(definitions: readonly SourceDefinition[], now: Date) {
  const { actions } = await planFor(definitions, mySchedules(), {
    now,
    force: true,
    suspended: [],
  });
  return actions.filter(({ id }) => id.startsWith(idOf('')));
}

async function apply(definitions: readonly SourceDefinition[], now = new Date()) {
  const actions = await planMine(definitions, now);
  await everything.apply(actions);
  await eventually(async () => {
    expect(await planMine(definitions, now)).toEqual([]);
  });
  return actions.map(({ kind, id }) => `${kind} ${id.slice(idOf('').length)}`);
}

/** The listing lags behind the writes. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

const describeRaw = (id: string) => temporal.client.schedule.getHandle(idOf(id)).describe();

describe('applying', () => {
  test('makes schedules with everything said explicitly, and applying again writes nothing', async () => {
    const schedule = {
      text: '0 6 * * 7',
      spec: { cron: '0 6 * * 7' },
      timezone: 'Europe/Berlin',
      periodMs: 604_800_000,
    };
    const definitions = [source('interval', { title: 'Our docs' }), source('cron', { schedule })];

    expect(await apply(definitions)).toEqual(['create cron', 'create interval']);
    expect(await apply(definitions)).toEqual([]);

    const interval = await describeRaw('interval');
    expect(interval.spec.intervals).toMatchObject([{ every: 21_600_000 }]);
    expect(interval.spec.intervals?.[0]?.offset).toBeGreaterThan(0);
    expect(interval.policies).toEqual({
      overlap: 'SKIP',
      catchupWindow: 21_600_000,
      pauseOnFailure: false,
    });
    expect(interval.action).toMatchObject({
      workflowType: 'collectSource',
      workflowId: `collect:${tenant}:interval`,
      taskQueue: 'orchestration',
      args: [{ v: 1, source: 'interval', tenant, trigger: 'schedule' }],
      workflowRunTimeout: 259_200_000,
      staticSummary: 'Collect Our docs',
    });
    const sunday = await describeRaw('cron');
    expect(sunday.spec).toMatchObject({
      timezone: 'Europe/Berlin',
      jitter: 600_000,
      calendars: [{ dayOfWeek: [{ start: 'SUNDAY' }], hour: [{ start: 6 }] }],
    });
  });

  test('changes what differs, and only that', async () => {
    await apply([source('a'), source('b')]);

    const actions = await apply([source('a', { title: 'Other' }), source('b')]);

    expect(actions).toEqual(['update a']);
    expect((await describeRaw('a')).action.staticSummary).toBe('Collect Other');
    expect((await describeRaw('b')).info.lastUpdatedAt).toBeUndefined();
  });

  test('an update from an interval to a cron line leaves no interval behind', async () => {
    await apply([source('a')]);
    const schedule = {
      text: '15 3 * * *',
      spec: { cron: '15 3 * * *' },
      timezone: 'UTC',
      periodMs: 86_400_000,
    };

    await apply([source('a', { schedule })]);

    const { spec } = await describeRaw('a');
    expect(spec.intervals ?? []).toEqual([]);
    expect(spec.calendars).toMatchObject([{ hour: [{ start: 3 }], minute: [{ start: 15 }] }]);
  });

  test.each(['0 6 * * 7', '*/15 0-6/2,12 1,15 JAN-MAR *', '5/10 3 * * mon-fri', '0 */6 * * *'])(
    'right after it, nothing differs from what is wanted: %s',
    async (line) => {
      const schedule = { text: line, spec: { cron: line }, timezone: 'UTC', periodMs: 3_600_000 };
      const wanted = desiredSchedule(source('a', { schedule }), { place: 0 });
      await everything.apply([{ kind: 'create', id: wanted.id, schedule: withHash(wanted) }]);

      const facts = await everything.describe(wanted.id);

      expect(scheduleDifferences(facts?.owned ?? {}, wanted)).toEqual([]);
    },
  );

  test('what somebody changed by hand is shown field by field before it is overwritten', async () => {
    await apply([source('a')]);
    await temporal.client.schedule.getHandle(idOf('a')).update((previous) => ({
      ...previous,
      spec: { cronExpressions: ['30 4 * * *'], timezone: 'Asia/Tokyo' },
      policies: { ...previous.policies, overlap: 'ALLOW_ALL' },
    }));

    await eventually(async () => {
      const facts = await everything.describe(idOf('a'));
      const wanted = desiredSchedule(source('a'), { place: 0 });
      expect(scheduleDifferences(facts?.owned ?? {}, wanted)).toEqual([
        {
          field: 'times',
          from: 'minute 30, hour 4, day of month *, month *, day of week *',
          to: 'every 6 hours',
        },
        { field: 'timezone', from: 'Asia/Tokyo', to: 'UTC' },
        { field: 'overlap', from: 'ALLOW_ALL', to: 'SKIP' },
      ]);
    });
  });

  test('the pause of a person survives an update, with its note', async () => {
    await apply([source('a')]);
    await everything.pause(idOf('a'), 'ana: site is moving');

    await apply([source('a', { title: 'Other' })]);

    expect(await everything.describe(idOf('a'))).toMatchObject({
      paused: true,
      note: 'ana: site is moving',
    });
  });

  test('a plan that does not know yet of the pause of a person leaves it', async () => {
    await apply([source('docs')]);
    const id = idOf('docs');
    await everything.pause(id, 'ana: the site is being moved');

    await everything.apply([
      { kind: 'unpause', id, note: 'managed:enabled' },
      { kind: 'pause', id, note: 'managed:suspended since today.' },
    ]);

    const found = await everything.describe(id);
    expect(found).toMatchObject({ paused: true, note: 'ana: the site is being moved' });
  });

  test('"enabled: false" pauses, and enabling again lifts that pause', async () => {
    expect(await apply([source('a', { enabled: false })])).toEqual(['create a']);
    expect(await everything.describe(idOf('a'))).toMatchObject({
      paused: true,
      note: 'managed:disabled',
    });

    expect(await apply([source('a')])).toEqual(['unpause a']);
    expect(await everything.describe(idOf('a'))).toMatchObject({ paused: false });

    expect(await apply([source('a', { enabled: false })])).toEqual(['pause a']);
  });

  test('what is no longer wanted is paused, and deleted 7 days later', async () => {
    const now = new Date('2026-11-20T12:00:00Z');
    await apply([source('a')], now);

    expect(await apply([], now)).toEqual(['pause a']);
    expect(await everything.describe(idOf('a'))).toMatchObject({
      note: 'managed:removed 2026-11-20',
    });
    expect(await apply([], new Date('2026-11-26T23:00:00Z'))).toEqual([]);
    expect(await apply([], new Date('2026-11-27T00:00:00Z'))).toEqual(['delete a']);
    await expect(describeRaw('a')).rejects.toBeInstanceOf(ScheduleNotFoundError);
  });

  test('a create of what is there already becomes an update that keeps a pause', async () => {
    const first = withHash(desiredSchedule(source('a'), { place: 0 }));
    const second = withHash(desiredSchedule(source('a', { title: 'Other' }), { place: 0 }));
    await everything.apply([{ kind: 'create', id: first.id, schedule: first }]);
    await everything.pause(first.id, 'ana: moving');

    await everything.apply([{ kind: 'create', id: second.id, schedule: second }]);

    expect(await everything.describe(first.id)).toMatchObject({
      hash: second.hash,
      paused: true,
      note: 'ana: moving',
    });
  });

  test('a schedule that somebody made by hand under our id is taken over', async () => {
    await temporal.client.schedule.create({
      scheduleId: idOf('a'),
      spec: { intervals: [{ every: '1 hour' }] },
      action: { type: 'startWorkflow', workflowType: 'other', taskQueue: 'other' },
    });

    expect(await apply([source('a')])).toEqual(['create a']);
    expect((await describeRaw('a')).action.workflowType).toBe('collectSource');
  });

  test('deleting what is gone already is no error, and progress is told', async () => {
    const told: string[] = [];

    await everything.apply([{ kind: 'delete', id: idOf('never') }], {
      onApplied: ({ id }) => told.push(id),
    });

    expect(told).toEqual([idOf('never')]);
  });

  test('a refused plan writes nothing', async () => {
    const seven = Array.from({ length: 7 }, (_, at) => source(`s-${at}`));
    await apply(seven);
    const applied: string[] = [];
    const schedules: Schedules = {
      ...mySchedules(),
      apply: (actions) => {
        applied.push(...actions.map(({ id }) => id));
        return Promise.resolve();
      },
    };

    const report = await reconcileSchedules([], schedules, { now: new Date(), suspended: [] });

    expect(report.refused).toContain('7 of 7 schedules would be removed');
    expect(applied).toEqual([]);
    expect(
      reportOf(await planFor(seven, schedules, { now: new Date(), suspended: [] })),
    ).toMatchObject({
      unchanged: 7,
      created: systemSchedules().length,
    });
  });
});

describe('one schedule', () => {
  test('triggered starts a run with our attributes; triggered again while it runs is skipped', async () => {
    await apply([source('a', { title: 'Our docs' })]);

    const first = await everything.trigger(idOf('a'));
    const second = await everything.trigger(idOf('a'));

    const workflowId = expect.stringContaining(`collect:${tenant}:a-`) as unknown;
    expect(first).toMatchObject({ outcome: 'started', run: { workflowId } });
    expect(second).toMatchObject({ outcome: 'skipped', running: workflowId });
    const run = first.outcome === 'started' ? first.run : undefined;
    const handle = temporal.client.workflow.getHandle(run?.workflowId ?? '');
    const { typedSearchAttributes } = await handle.describe();
    const pairs = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(Object.fromEntries(pairs)).toMatchObject({
      SourceId: 'a',
      SourceType: 'database',
      TenantId: tenant,
      KnowledgeBaseId: 'main',
    });
    await handle.terminate();
  });

  test('paused by a person still obeys a trigger', async () => {
    await apply([source('a')]);
    await everything.pause(idOf('a'), 'moving');

    const triggered = await everything.trigger(idOf('a'));

    expect(triggered.outcome).toBe('started');
    const id = triggered.outcome === 'started' ? triggered.run.workflowId : '';
    await temporal.client.workflow.getHandle(id).terminate();
  });

  test('triggered twice within a second starts two runs with names of their own', async () => {
    await apply([source('a')]);
    const terminate = async (id: string): Promise<void> => {
      await temporal.client.workflow.getHandle(id).terminate();
    };
    const ids: string[] = [];

    for (let count = 0; count < 4; count += 1) {
      const triggered = await everything.trigger(idOf('a'));
      if (triggered.outcome === 'started') {
        ids.push(triggered.run.workflowId);
        await terminate(triggered.run.workflowId);
      }
    }

    // The server may not have seen yet that a run has ended; then it starts none.
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('can be paused, let run again, and says its next times', async () => {
    await apply([source('a')]);

    await everything.pause(idOf('a'), 'moving');
    await everything.unpause(idOf('a'), 'moved');

    const facts = await everything.describe(idOf('a'));
    expect(facts).toMatchObject({ paused: false, note: 'moved', missedCatchups: 0 });
    expect(facts?.nextRuns.length).toBeGreaterThan(0);
  });

  test('runs a past window again', async () => {
    await apply([source('a')]);
    const end = new Date();

    await everything.backfill(idOf('a'), { start: new Date(end.getTime() - 30_000_000), end });

    await eventually(async () => {
      const facts = await everything.describe(idOf('a'));
      expect(facts?.recentRuns.length).toBeGreaterThan(0);
    });
    const facts = await everything.describe(idOf('a'));
    for (const { workflowId } of facts?.recentRuns ?? []) {
      await temporal.client.workflow.getHandle(workflowId).terminate();
    }
  });

  test('that does not exist is undefined to look at and NotFound to change', async () => {
    expect(await everything.describe(idOf('never'))).toBeUndefined();
    await expect(everything.trigger(idOf('never'))).rejects.toMatchObject({
      type: 'NotFound',
      message: `Temporal has no schedule "${idOf('never')}". Run "npm run cli -- apply" to make the schedules again.`,
    });
  });
});

/** The client tries ten times within a quarter of a minute: that passes while the other tests run. */
const nowhere = connectTemporal({ address: '127.0.0.1:1' });
const refused = createSchedules(nowhere.client)
  .list()
  .catch((error: unknown) => error);
afterAll(() => nowhere.close());

describe('a server that is not there', () => {
  test('is Unavailable, and names the variable', async () => {
    expect(await refused).toMatchObject({
      type: 'Unavailable',
      message: expect.stringContaining('TEMPORAL_ADDRESS') as string,
    });
  });

  test('is found by the environment only when no address is given', async () => {
    const environment = { TEMPORAL_ADDRESS: '127.0.0.1:2', TEMPORAL_NAMESPACE: 'other' };
    const explicit = connectTemporal({ address: '127.0.0.1:3', environment });
    const ambient = connectTemporal({ environment });

    expect([explicit.address, explicit.namespace]).toEqual(['127.0.0.1:3', 'default']);
    expect([ambient.address, ambient.namespace]).toEqual(['127.0.0.1:2', 'other']);
    await Promise.all([explicit.close(), ambient.close()]);
  });
});
