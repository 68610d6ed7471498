import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { watchFreshness } from '../../../activities/collection/watch-freshness.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { endRun, openRun } from '../../../adapters/postgres/runs.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import type { RunStatus } from '../../../workflows/collection/run-status.ts';
import type { ActualSchedule } from '../../../workflows/collection/schedule-plan.ts';
import { repairFakes } from '../../fakes/repair-workflows.ts';
import { fakeSchedules } from '../../fakes/schedules.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
let runs = 0;
let paused: ActualSchedule[] = [];
const woken: string[] = [];

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
beforeEach(async () => {
  paused = [];
  woken.length = 0;
  for (const table of ['notices', 'runs', 'revisions', 'definitions'] as const)
    await db.deleteFrom(table).execute();
});
afterAll(() => db.destroy());

async function inForce(...definitions: readonly SourceDefinition[]): Promise<void> {
  const notifications = [{ id: 'ops', url: 'https://example.com', secret: '${env:S}' }];
  await storeRevision(db, { definitions, notifications, author: 'test' });
}

/** A run that ended so long ago. */
async function ran(
  source: string,
  hoursAgo: number,
  status: RunStatus = 'succeeded',
  listingComplete: boolean | null = true,
): Promise<void> {
  runs += 1;
  const [id, temporalRunId] = [`collect:${source}-${runs}`, `t${runs}`];
  const startedAt = new Date(Date.now() - hoursAgo * 3_600_000 - 60_000);
  const run = { tenant: 'default', source, id, temporalRunId, digest: 'd', trigger: 'schedule' };
  await openRun(db, { ...run, startedAt, nominalAt: startedAt });
  const because = status === 'succeeded' ? '' : 'Because.';
  const failure = status === 'held' ? { failure: 'EmptyResult' as const } : {};
  await endRun(db, { id, temporalRunId, verdict: { status, because, ...failure } });
  await sql`update runs set finished_at = now() - ${`${hoursAgo} hours`}::interval, listing_complete = ${listingComplete}
    where id = ${id}`.execute(db);
}

const started = repairFakes();

function watch() {
  const env = new MockActivityEnvironment(
    { heartbeatTimeoutMs: 60_000 },
    { logger: new DefaultLogger('ERROR', () => undefined) },
  );
  const schedules = { ...fakeSchedules().schedules, list: async () => paused };
  const wakeTeller = async (webhook: string) => void woken.push(webhook);
  const repairs = started.workflows;
  return env.run(() => watchFreshness({ db, schedules, wakeTeller, repairs }));
}

async function openNotices() {
  const { rows } = await sql<{ source: string; what: string; command: string }>`
    select source, what, command from notices where closed_at is null and kind = 'freshness-breached' order by source`.execute(
    db,
  );
  return rows;
}

const lateSources = async () => (await openNotices()).map(({ source }) => source);

test('a breach is told once, with its age and its command, and ends when the source is fresh again', async () => {
  await inForce(sourceDefinition({ id: 'docs' }));
  await ran('docs', 6.5);
  expect(await watch()).toEqual({ counted: 1, late: 0, share: 1, shown: [] });

  await sql`update runs set finished_at = now() - interval '31 hours'`.execute(db);
  expect(await watch()).toEqual({ counted: 1, late: 1, share: 0, shown: ['docs'] });
  await watch();
  expect(await openNotices()).toEqual([
    {
      source: 'docs',
      what: expect.stringMatching(
        /^Source "docs" is late\. Its last good run ended \d{4}-\d\d-\d\d \d\d:\d\d UTC, 31 h ago; its schedule "every 6 hours" allows 6\.6 h\. Its last run ended succeeded\.$/,
      ),
      command: 'npm run cli -- run docs',
    },
  ]);
  expect(woken[0]).toBe('ops');

  await ran('docs', 0);
  await watch();
  expect(await openNotices()).toEqual([]);
});

test('sources 15.1: a source forgotten in held shows up: held runs never count', async () => {
  await inForce(sourceDefinition({ id: 'held' }));
  await ran('held', 30);
  await ran('held', 6, 'held');
  await ran('held', 1, 'held');
  await watch();
  expect(await openNotices()).toMatchObject([
    {
      source: 'held',
      what: expect.stringContaining('Its last run ended held (EmptyResult).'),
      command: 'npm run cli -- run show held',
    },
  ]);
});

test.each([
  ['partial', true, []],
  ['partial', null, []],
  ['succeeded', null, []],
  ['partial', false, ['one']],
  ['failed', true, ['one']],
] as const)(
  'sources 15.1: a recent run that ended %s with listing_complete %s leaves late: %j',
  async (status, listingComplete, late) => {
    await inForce(sourceDefinition({ id: 'one' }));
    await ran('one', 30);
    await ran('one', 1, status, listingComplete);
    await watch();
    expect(await lateSources()).toEqual(late);
  },
);

test('who is disabled or paused by a person is not late; whom the system paused is', async () => {
  const ids = ['disabled', 'person', 'system', 'tenant'];
  await inForce(
    ...ids.map((id) =>
      sourceDefinition({
        id,
        enabled: id !== 'disabled',
        tenant: id === 'tenant' ? 'acme' : 'default',
      }),
    ),
  );
  for (const id of ids) await ran(id, 30);
  await sql`update runs set tenant = 'acme' where source = 'tenant'`.execute(db);
  const note = (id: string, text: string) => ({ id, hash: 'x', paused: true, note: text });
  paused = [
    note('source:person', 'the site is moving'),
    note('source:acme:tenant', 'the site is moving'),
    note('source:system', 'managed:suspended since 2026-11-20 14:02 UTC. AuthExpired: 401.'),
  ];
  expect(await watch()).toMatchObject({ counted: 1, late: 1 });
  expect(await lateSources()).toEqual(['system']);

  paused = [];
  await watch();
  expect(await lateSources()).toEqual(['person', 'system', 'tenant']);
});

test('a grace of its own decides, and a source that left the definitions is not talked about', async () => {
  await inForce(
    sourceDefinition({ id: 'patient', freshness: { graceMs: 48 * 3_600_000 } }),
    sourceDefinition({ id: 'strict', freshness: { graceMs: 1000 } }),
  );
  await ran('patient', 50);
  await ran('strict', 6.1);
  await watch();
  expect(await lateSources()).toEqual(['strict']);
  await inForce(sourceDefinition({ id: 'patient' }));
  await watch();
  expect(await lateSources()).toEqual(['patient']);
});

test('what a dead worker left untold wakes its teller at the next look', async () => {
  await inForce(sourceDefinition({ id: 'docs' }));
  await ran('docs', 0);
  await sql`insert into notice_posts (id, webhook, body) values ('p', 'former', '{}')`.execute(db);
  await watch();
  await sql`delete from notice_posts`.execute(db);
  expect(woken).toEqual(['former']);
});

test('ten thousand late sources are judged and noted within seconds, and again without news', async () => {
  const definitions = Array.from({ length: 10_000 }, (_, at) => {
    const minute = at % 60;
    const schedule = {
      text: `${minute} * * * *`,
      spec: { cron: `${minute} * * * *` },
      timezone: 'Europe/Berlin',
      periodMs: 3_600_000,
    };
    return sourceDefinition({ id: `s${at}`, schedule });
  });
  await inForce(...definitions);
  await sql`
    insert into runs (id, temporal_run_id, tenant, source, definition_digest, trigger, status, phase, started_at, finished_at, listing_complete)
    select 'r' || s || '-' || n, 't', 'default', 's' || s, 'd', 'schedule', case when n < 3 then 'failed' else 'succeeded' end, 'ended',
      now() - n * interval '1 hour', now() - n * interval '1 hour', true
    from generate_series(0, 9999) s, generate_series(0, 5) n`.execute(db);
  await sql`analyze runs`.execute(db);

  const first = performance.now();
  expect(await watch()).toMatchObject({ counted: 10_000, late: 10_000 });
  const second = performance.now();
  await watch();
  const third = performance.now();

  const { rows } = await sql<{ open: number }>`
    select count(*) as open from notices where closed_at is null`.execute(db);
  expect(rows).toEqual([{ open: 10_000 }]);
  expect(second - first).toBeLessThan(20_000);
  expect(third - second).toBeLessThan(20_000);
}, 90_000);
