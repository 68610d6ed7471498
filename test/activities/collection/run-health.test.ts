import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { clearHealth, readSuspension } from '../../../adapters/postgres/source-health.ts';
import { FAILURES, failure, type FailureName } from '../../../workflows/failures.ts';
import { fakeSchedules, type FakeSchedules } from '../../fakes/schedules.ts';
import { withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

interface Health {
  readonly source: SourceCase;
  readonly fake: FakeSchedules;
  readonly fail: (name: FailureName, run?: string, platform?: true) => Promise<void>;
  readonly succeed: (run: string) => Promise<void>;
  readonly notices: () => Promise<
    readonly { kind: string; subject: string; open: boolean; times: number }[]
  >;
  readonly suspension: () => ReturnType<typeof readSuspension>;
}

/** A source in force with a schedule of its own. */
async function inForce(): Promise<Health> {
  const source = await newSource();
  const fake = fakeSchedules();
  await storeRevision(source.db, { definitions: [source.definition()], author: 'test' });
  const deps = { schedules: fake.schedules };
  const because = 'It broke.';
  return {
    source,
    fake,
    fail: (name, run = `run-${name}`, platform) =>
      source.finish(
        run,
        {
          verdict: { status: 'failed', because, failure: name },
          ...(platform ? { platform } : {}),
        },
        { deps },
      ),
    succeed: (run) =>
      source.finish(run, { verdict: { status: 'succeeded', because: '' } }, { deps }),
    async notices() {
      const { rows } = await sql<{ kind: string; subject: string; open: boolean; times: number }>`
        select kind, subject, closed_at is null as open, times_noted as times from notices
        where source = ${source.id} order by id`.execute(source.db);
      return rows;
    },
    suspension: () => readSuspension(source.db, { tenant: 'default', source: source.id }),
  };
}

const NAMES = Object.keys(FAILURES) as FailureName[];

test.each(NAMES)('R9 %s of a run has the effect of its row', async (name) => {
  const { fake, fail, notices } = await inForce();

  await fail(name);

  const { effect, fault } = FAILURES[name];
  const told = (await notices()).map(({ kind }) => kind);
  const quiet = effect === 'retry' || effect === 'wait';
  const kind = fault === 'platform' ? 'platform-failed' : 'run-failed';
  expect(told).toEqual(effect === 'pause' ? ['source-paused'] : quiet ? [] : [kind]);
  expect(fake.state.paused).toBe(effect === 'pause');
});

test('R9 a paused source says what, since when and which command ends it, and is told once', async () => {
  const { source, fake, fail, notices, suspension } = await inForce();

  await fail('AuthExpired', 'first');
  await fail('AuthExpired', 'second');

  expect(fake.writes).toHaveLength(1);
  expect(fake.state.note).toMatch(
    new RegExp(
      `^managed:suspended since 20.* UTC\\. AuthExpired: It broke\\. .*"npm run cli -- resume ${source.id}"\\.$`,
    ),
  );
  expect(await notices()).toEqual([
    { kind: 'source-paused', subject: 'failure:AuthExpired', open: true, times: 2 },
  ]);
  expect(await suspension()).toMatchObject({
    by: 'failure',
    failure: 'AuthExpired',
    applied: true,
  });
});

test('R10 five runs in a row without progress pause the schedule and tell, four do not', async () => {
  const { fake, fail, notices } = await inForce();

  for (const run of ['1', '2', '3', '4']) await fail('SourceUnavailable', run);
  const before = fake.state.paused;
  await fail('SourceUnavailable', '5');

  expect(before).toBe(false);
  expect(fake.state).toMatchObject({
    paused: true,
    note: expect.stringContaining('SourceUnavailable: 5 runs in a row confirmed no document.'),
  });
  expect(await notices()).toEqual([
    // From the second run in a row on.
    { kind: 'run-failed', subject: 'SourceUnavailable', open: true, times: 3 },
    { kind: 'source-paused', subject: 'no-progress:SourceUnavailable', open: true, times: 1 },
  ]);
});

test('a run that is ended twice counts once, and makes up for a pause that Temporal did not take', async () => {
  const { source, fake, fail, suspension, notices } = await inForce();
  fake.breakWith(failure('Unavailable', 'Temporal does not answer.'));

  await fail('InvalidConfig', 'run');
  const unapplied = await suspension();
  fake.breakWith(undefined);
  await fail('InvalidConfig', 'run');

  expect(unapplied).toMatchObject({ applied: false });
  expect(await suspension()).toMatchObject({ applied: true });
  expect(fake.state.paused).toBe(true);
  expect(await notices()).toMatchObject([{ times: 1 }]);
  expect(source.ended).toHaveLength(1);
});

test("a person's pause stays a person's", async () => {
  const { fake, fail, succeed } = await inForce();
  fake.set({ paused: true, note: 'the site is moving' });

  await fail('AuthExpired', 'first');
  await succeed('second');

  expect(fake.writes).toEqual([]);
  expect(fake.state).toEqual({ paused: true, note: 'the site is moving' });
});

test('a run that works, by hand or otherwise, lifts the pause of the system and closes what was told', async () => {
  const { fake, fail, succeed, notices, suspension } = await inForce();
  await fail('AuthExpired', 'first');

  await succeed('second');

  expect(fake.state).toEqual({ paused: false, note: 'managed:recovered' });
  expect(await suspension()).toBeUndefined();
  expect(await notices()).toMatchObject([{ open: false }]);
});

test('another definition begins anew: its pause is no more, and its runs count from the beginning', async () => {
  const { source, fail, suspension, fake } = await inForce();
  await fail('InvalidConfig', 'first');

  await source.redefine({ title: 'Mended' });
  await storeRevision(source.db, { definitions: [source.definition()], author: 'test' });
  const mended = await suspension();
  await fail('SourceUnavailable', 'second');

  expect(mended).toBeUndefined();
  expect(await suspension()).toBeUndefined();
  // The reconciliation of `apply` lifts it; a run of the new definition that fails leaves that to it.
  expect(fake.state.paused).toBe(true);
});

test('a refusal of our own bucket pauses nobody', async () => {
  const { fake, fail, notices } = await inForce();

  await fail('AccessDenied', 'run', true);

  expect(fake.writes).toEqual([]);
  expect(await notices()).toMatchObject([{ kind: 'platform-failed', subject: 'AccessDenied' }]);
});

test('resuming clears the count and says whether the system had paused', async () => {
  const { source, fail, suspension } = await inForce();
  const reference = { tenant: 'default', source: source.id };
  await fail('InvalidConfig');

  expect(await clearHealth(source.db, reference)).toBe(true);
  expect(await clearHealth(source.db, reference)).toBe(false);
  expect(await suspension()).toBeUndefined();
});
