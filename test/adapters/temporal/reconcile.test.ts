import { afterAll, beforeAll, expect, test } from 'vitest';
import { definitionDigest } from '../../../adapters/definitions/digest.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { updateHealth } from '../../../adapters/postgres/source-health.ts';
import { reconcileRevision, scheduleOf } from '../../../adapters/temporal/reconcile.ts';
import { withHash } from '../../../adapters/temporal/schedule-options.ts';
import type { Schedules } from '../../../adapters/temporal/schedules.ts';
import type {
  ActualSchedule,
  ScheduleAction,
} from '../../../workflows/collection/schedule-plan.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});

afterAll(async () => {
  await db.destroy();
});

const NOW = new Date('2026-11-20T14:02:00Z');
const FOREIGN: ActualSchedule = { id: 'source:other', hash: 'x', paused: false, note: '' };

test('before the first apply an empty database wipes nothing, but the system gets its schedules', async () => {
  const { schedules, written } = recording([FOREIGN]);

  const report = await reconcileRevision(db, schedules, { now: NOW });

  expect(written).toEqual([
    'create system:recalibrateGate',
    'create system:reconcileSchedules',
    'create system:watchFreshness',
  ]);
  expect(report).toEqual({
    created: 3,
    updated: 0,
    paused: 0,
    unpaused: 0,
    deleted: 0,
    unchanged: 0,
  });
});

test('afterwards the revision in force is what schedules follow', async () => {
  await storeRevision(db, { definitions: [sourceDefinition({ id: 'docs' })], author: 'ana' });
  const { schedules, written } = recording([FOREIGN]);

  const report = await reconcileRevision(db, schedules, { now: NOW });

  expect(written).toEqual([
    'create source:docs',
    'pause source:other',
    'create system:recalibrateGate',
    'create system:reconcileSchedules',
    'create system:watchFreshness',
  ]);
  expect(report).toMatchObject({ created: 4, paused: 1 });
});

test('a source that is paused while the schedules are listed stays paused', async () => {
  const definition = sourceDefinition({ id: 'docs' });
  await storeRevision(db, { definitions: [definition], author: 'ana' });
  const pause = { by: 'failure', failure: 'AuthExpired', reason: 'The key is old.' } as const;
  const { schedules, written } = recording([]);
  const list = async (): Promise<readonly ActualSchedule[]> => {
    const digest = definitionDigest(definition);
    await updateHealth(
      db,
      { tenant: definition.tenant, source: 'docs' },
      { digest, next: () => ({ idleRuns: 0, pause }) },
    );
    const { id, hash } = withHash(scheduleOf(definition));
    return [{ id, hash, paused: true, note: 'managed:suspended since a moment ago.' }];
  };

  await reconcileRevision(db, { ...schedules, list }, { now: NOW });

  expect(written.filter((one) => one.endsWith('source:docs'))).toEqual(['pause source:docs']);
});

/** Schedules that list what they are given and record what is written. */
function recording(have: readonly ActualSchedule[]): {
  readonly schedules: Schedules;
  readonly written: readonly string[];
} {
  const written: string[] = [];
  const refuse = (): never => {
    throw new Error('Only list and apply are expected here.');
  };
  const apply = (actions: readonly ScheduleAction[]): Promise<void> => {
    written.push(...actions.map(({ kind, id }) => `${kind} ${id}`));
    return Promise.resolve();
  };
  const others = {
    describe: refuse,
    trigger: refuse,
    pause: refuse,
    unpause: refuse,
    backfill: refuse,
  };
  return { schedules: { ...others, list: () => Promise.resolve(have), apply }, written };
}
