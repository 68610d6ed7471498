import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createScheduleGaps } from '../../adapters/definitions/schedule-gap.ts';
import { connectTemporal, type Temporal } from '../../adapters/temporal/connection.ts';

// Cron lines at the edges of a calendar: what Temporal says it will start, and the gaps that we compute for the same line (F30).

let temporal: Temporal;

beforeAll(() => {
  temporal = connectTemporal({ address: inject('temporalAddress') });
});
afterAll(async () => {
  await temporal.close();
});

/** The first times from `from` on, as the server lists them. */
async function timesOf(
  cron: string,
  timezone: string,
  { from, count }: { readonly from: string; readonly count: number },
): Promise<readonly string[]> {
  const handle = await temporal.client.schedule.create({
    scheduleId: `vector-${randomUUID()}`,
    spec: { cronExpressions: [cron], timezone, startAt: new Date(from) },
    action: { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none' },
    state: { paused: true },
  });
  try {
    const { info } = await handle.describe();
    return info.nextActionTimes.slice(0, count).map((time) => time.toISOString().slice(0, 16));
  } finally {
    await handle.delete();
  }
}

const VECTORS: readonly {
  readonly says: string;
  readonly cron: string;
  readonly timezone: string;
  readonly from: string;
  readonly times: readonly string[];
}[] = [
  {
    says: 'a time that the spring change skips does not come, and comes again the next day',
    cron: '30 2 * * *',
    timezone: 'Europe/Berlin',
    from: '2027-03-26T12:00:00Z',
    times: ['2027-03-27T01:30', '2027-03-29T00:30', '2027-03-30T00:30'],
  },
  {
    says: 'a time that the autumn change repeats comes once',
    cron: '30 2 * * *',
    timezone: 'Europe/Berlin',
    from: '2027-10-29T12:00:00Z',
    times: ['2027-10-30T00:30', '2027-10-31T01:30', '2027-11-01T01:30'],
  },
  {
    says: 'an hourly line goes on through the spring change',
    cron: '0 * * * *',
    timezone: 'Europe/Berlin',
    from: '2027-03-27T23:30:00Z',
    times: ['2027-03-28T00:00', '2027-03-28T01:00', '2027-03-28T02:00'],
  },
  {
    says: 'an hour that the autumn change repeats is started once',
    cron: '0 * * * *',
    timezone: 'Europe/Berlin',
    from: '2027-10-30T23:30:00Z',
    times: ['2027-10-31T00:00', '2027-10-31T02:00', '2027-10-31T03:00'],
  },
  {
    says: 'the morning keeps its local time over the change of clocks',
    cron: '0 6 * * *',
    timezone: 'Europe/Berlin',
    from: '2027-03-27T00:00:00Z',
    times: ['2027-03-27T05:00', '2027-03-28T04:00', '2027-03-29T04:00'],
  },
  {
    says: 'the other half of the earth changes in the other direction',
    cron: '30 2 * * *',
    timezone: 'Australia/Sydney',
    from: '2027-10-01T12:00:00Z',
    times: ['2027-10-01T16:30', '2027-10-03T15:30', '2027-10-04T15:30'],
  },
  {
    says: 'a leap day comes every four years',
    cron: '0 12 29 2 *',
    timezone: 'UTC',
    from: '2027-01-01T00:00:00Z',
    times: ['2028-02-29T12:00', '2032-02-29T12:00', '2036-02-29T12:00'],
  },
  {
    says: 'the end of February is no reason to skip the first of March',
    cron: '0 0 1 * *',
    timezone: 'Europe/Berlin',
    from: '2028-02-10T00:00:00Z',
    times: ['2028-02-29T23:00', '2028-03-31T22:00', '2028-04-30T22:00'],
  },
  {
    says: 'a thirty-first comes only where there is one',
    cron: '0 0 31 * *',
    timezone: 'UTC',
    from: '2028-01-01T00:00:00Z',
    times: ['2028-01-31T00:00', '2028-03-31T00:00', '2028-05-31T00:00'],
  },
];

test.each(VECTORS)('F30 $says ($cron, $timezone)', async ({ cron, timezone, from, times }) => {
  const listed = await timesOf(cron, timezone, { from, count: times.length });

  expect(listed).toEqual(times);

  // What is late is judged by these gaps: never too early, and where clocks change at most an hour too late.
  const gaps = createScheduleGaps();
  for (const [at, time] of listed.slice(1).entries()) {
    const before = msOf(listed[at]);
    const gap = gaps({ spec: { cron }, timezone, periodMs: 1 }, new Date(before + 1000));
    expect(gap).toBeGreaterThanOrEqual(msOf(time) - before);
    expect(gap).toBeLessThanOrEqual(msOf(time) - before + 3_600_000);
  }
});

function msOf(time = ''): number {
  return Date.parse(`${time}Z`);
}
