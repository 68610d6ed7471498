import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { watchFreshness } from '../../../activities/collection/watch-freshness.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { closeIncident, readIncidents } from '../../../adapters/postgres/incidents.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { releaseSystemicHold } from '../../../adapters/postgres/systemic-incidents.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { endRun, openRun } from '../../../adapters/postgres/runs.ts';
import type { RunVerdict } from '../../../workflows/collection/run-status.ts';
import { repairFakes, type RepairFakes } from '../../fakes/repair-workflows.ts';
import { fakeSchedules } from '../../fakes/schedules.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
let repairs: RepairFakes;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
beforeEach(async () => {
  repairs = repairFakes();
  await sql`truncate notices, runs, revisions, definitions, incidents, systemic_incidents cascade`.execute(
    db,
  );
});
afterAll(() => db.destroy());

const inForce = (...ids: readonly string[]) =>
  storeRevision(db, { definitions: ids.map((id) => sourceDefinition({ id })), author: 'test' });

/** A run that ended so many hours ago. */
async function ran(id: string, source: string, hoursAgo: number, verdict: RunVerdict) {
  const at = new Date(Date.now() - hoursAgo * 3_600_000);
  const run = {
    tenant: 'default',
    source,
    id,
    temporalRunId: id,
    digest: 'd',
    trigger: 'schedule',
  };
  await openRun(db, { ...run, startedAt: at, nominalAt: at });
  await endRun(db, { id, temporalRunId: id, verdict });
  await sql`update runs set finished_at = ${at} where id = ${id}`.execute(db);
}

const AWAY: RunVerdict = {
  status: 'failed',
  because: 'The site did not answer.',
  failure: 'SourceUnavailable',
};

function watch() {
  const env = new MockActivityEnvironment(
    { heartbeatTimeoutMs: 60_000 },
    { logger: new DefaultLogger('ERROR', () => undefined) },
  );
  const { schedules } = fakeSchedules();
  const deps = {
    schedules: { ...schedules, list: async () => [] },
    wakeTeller: async () => undefined,
  };
  return env.run(() => watchFreshness({ db, ...deps, repairs: repairs.workflows }));
}

const incidents = () => readIncidents(db, { limit: 10 });

test('repair 1.1 what passes by itself is an incident when the source is late for it, once a run', async () => {
  await inForce('docs', 'news');
  await ran('run-1', 'docs', 9, { status: 'succeeded', because: '' });
  await ran('run-2', 'docs', 1, AWAY);
  await ran('run-1-of-news', 'news', 1, AWAY);

  await watch();
  await watch();
  const first = await incidents();
  await ran('run-3', 'docs', 0.1, AWAY);
  await watch();

  expect(first).toMatchObject([
    {
      source: 'docs',
      failure: 'SourceUnavailable',
      detector: 'freshness',
      occurrences: 1,
      run: 'run-2',
    },
  ]);
  expect((await incidents())[0]).toMatchObject({ occurrences: 2, run: 'run-3' });
  expect(repairs.reported).toEqual([{ source: 'docs', incident: first[0]?.id }]);
});

test('a late source without a failure is told of as late, and no incident', async () => {
  await inForce('docs');
  await ran('run-1', 'docs', 9, { status: 'succeeded', because: '' });
  await ran('run-2', 'docs', 1, { status: 'held', because: 'Gone.', failure: 'EmptyResult' });

  await watch();

  expect(await incidents()).toEqual([]);
});

test('a repair that was not started, or was lost, is started at the next look; one that runs is left alone', async () => {
  await inForce('docs');
  await ran('run-1', 'docs', 9, AWAY);
  await watch();
  repairs.running.clear();

  await watch();
  await watch();

  expect(repairs.reported).toHaveLength(2);
});

test('an incident that is over needs no repair', async () => {
  await inForce('docs');
  await ran('run-1', 'docs', 9, AWAY);
  await watch();
  repairs.running.clear();
  await closeIncident(db, (await incidents())[0]?.id ?? '', 'alerted', 'Nobody can heal it.');

  await watch();

  expect(repairs.reported).toHaveLength(1);
});

test('the notice of a storm ends when it holds nothing any more', async () => {
  const ids = Array.from({ length: 6 }, (_, at) => `docs-${at}`);
  await inForce(...ids);
  for (const id of ids) await ran(`run-of-${id}`, id, 9, AWAY);
  const open = async () => {
    const { rows } = await sql<{ subject: string }>`
      select subject from notices where kind = 'incident-opened' and closed_at is null`.execute(db);
    return rows.map(({ subject }) => subject);
  };

  await watch();
  const during = await open();
  await releaseSystemicHold(db, 'storm-1', 'ana');
  await watch();

  expect(during).toContain('storm-1');
  expect(await open()).toEqual([]);
});
