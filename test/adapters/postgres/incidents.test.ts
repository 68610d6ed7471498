import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import {
  closeIncident,
  noteRepair,
  openIncidentsOf,
  readIncident,
} from '../../../adapters/postgres/incidents.ts';
import {
  incidentIdFor,
  reportFailure,
  type ReportedFailure,
} from '../../../adapters/postgres/report-failure.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { leaveRepairPlace, takeRepairPlace } from '../../../adapters/postgres/repair-places.ts';
import {
  openSystemicIncidents,
  releaseSystemicHold,
  systemicHold,
} from '../../../adapters/postgres/systemic-incidents.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());
beforeEach(async () => {
  await sql`truncate incidents, systemic_incidents, runs`.execute(db);
});

function broken(overrides: Partial<ReportedFailure> = {}): ReportedFailure {
  return {
    v: 1,
    tenant: 'default',
    source: 'docs',
    name: 'SelectorMissing',
    fingerprint: 'f00d4bad'.repeat(8),
    runId: 'run-1',
    specDigest: 'spec-1',
    definitionDigest: 'definition-1',
    detector: 'field-emptiness',
    fields: ['price'],
    because: 'Field "price" is empty in 40 of 40 records.',
    atMs: Date.now(),
    heals: true,
    ...overrides,
  };
}

const report = (failure: ReportedFailure) =>
  db.transaction().execute((tx) => reportFailure(tx, failure));

describe('an incident', () => {
  test('opens once for a break, and counts the runs that met it', async () => {
    const first = await report(broken());
    const again = await report(broken());
    const second = await report(broken({ runId: 'run-2' }));

    expect([first.kind, again.kind, second.kind]).toEqual(['opened', 'repeated', 'counted']);
    expect(await readIncident(db, 'docs-f00d4bad')).toMatchObject({
      state: 'open',
      occurrences: 2,
      enough: true,
      run: 'run-2',
      occurred: [{ run: 'run-1' }, { run: 'run-2' }],
    });
  });

  test('opens once when two runs report it at the same moment', async () => {
    const reports = await Promise.all(
      Array.from({ length: 8 }, (_, at) => report(broken({ runId: `run-${at % 4}` }))),
    );

    expect(reports.map(({ kind }) => kind).toSorted()).toEqual([
      'counted',
      'counted',
      'counted',
      'opened',
      'repeated',
      'repeated',
      'repeated',
      'repeated',
    ]);
    expect(await openIncidentsOf(db, { tenant: 'default', source: 'docs' })).toHaveLength(1);
  });

  test('repair 1.3 keeps the first five and the last fifteen occurrences, and their number', async () => {
    for (let run = 1; run <= 30; run += 1) await report(broken({ runId: `run-${run}` }));

    const { occurred, occurrences } = (await readIncident(db, 'docs-f00d4bad')) ?? {};
    expect(occurrences).toBe(30);
    expect(occurred?.map(({ run }) => run)).toEqual(
      [1, 2, 3, 4, 5, ...Array.from({ length: 15 }, (_, at) => 16 + at)].map((run) => `run-${run}`),
    );
  });

  test('ends exactly once, and later calls answer the first end', async () => {
    await report(broken());

    const [first, second] = [
      await closeIncident(db, 'docs-f00d4bad', 'recovered', 'Run 2 was good.'),
      await closeIncident(db, 'docs-f00d4bad', 'alerted', 'Nothing was found.'),
    ];

    expect(first).toEqual({ outcome: 'recovered', because: 'Run 2 was good.', first: true });
    expect(second).toEqual({ outcome: 'recovered', because: 'Run 2 was good.', first: false });
    expect(await closeIncident(db, 'nothing', 'alerted', '')).toBeUndefined();
  });

  test('repair 1.3 its break is quiet for an hour after it, and is a new incident then', async () => {
    await report(broken());
    await closeIncident(db, 'docs-f00d4bad', 'recovered', 'Run 2 was good.');

    const soon = await report(broken({ runId: 'run-3' }));
    const twice = await report(broken({ runId: 'run-3' }));
    const later = broken({ runId: 'run-4', atMs: Date.now() + 3_700_000 });
    const expected = await incidentIdFor(db, later);
    const late = await report(later);

    expect([soon.kind, twice.kind]).toEqual(['suppressed', 'repeated']);
    expect(await readIncident(db, 'docs-f00d4bad')).toMatchObject({ suppressed: 1 });
    expect(late).toMatchObject({ kind: 'opened', incident: 'docs-f00d4bad-2' });
    expect(expected).toBe('docs-f00d4bad-2');
  });

  test('what people were alerted of stays quiet until a run was good', async () => {
    await report(broken());
    await closeIncident(db, 'docs-f00d4bad', 'alerted', 'No fix was found.');
    const later = Date.now() + 86_400_000;
    const still = await report(broken({ runId: 'run-3', atMs: later }));
    await sql`insert into runs (id, temporal_run_id, tenant, source, definition_digest, trigger, status, phase, started_at, finished_at)
      values ('run-4', 't', 'default', 'docs', 'd', 'schedule', 'succeeded', 'ended', now(), clock_timestamp())`.execute(
      db,
    );

    const again = await report(broken({ runId: 'run-5', atMs: later }));

    expect([still.kind, again.kind]).toEqual(['suppressed', 'opened']);
  });

  test('repair 1.3 the same failure on our own fix is a regression of it, whatever its fingerprint', async () => {
    await report(broken());
    await closeIncident(db, 'docs-f00d4bad', 'auto-deployed-ok', 'Three good runs.');

    const onFix = { fingerprint: 'beef'.repeat(16), specDigest: 'spec-2', runId: 'run-9' };
    await report(broken({ ...onFix, fields: ['price', 'title'] }));
    await report(broken({ ...onFix, fingerprint: 'cafe'.repeat(16), fields: ['author'] }));

    expect((await readIncident(db, 'docs-beefbeef'))?.regressionOf).toBe('docs-f00d4bad');
    expect((await readIncident(db, 'docs-cafecafe'))?.regressionOf).toBeNull();
  });

  test('keeps what its repair knows, key by key', async () => {
    await report(broken());

    await noteRepair(db, 'docs-f00d4bad', { decision: 'deploy', cost: 0 });
    await noteRepair(db, 'docs-f00d4bad', { cost: 12 });

    expect((await readIncident(db, 'docs-f00d4bad'))?.repair).toEqual({
      decision: 'deploy',
      cost: 12,
    });
    expect(await noteRepair(db, 'nothing', {})).toBe(false);
  });
});

/** Breaks of different sources. */
function breaks(count: number, overrides: (at: number) => Partial<ReportedFailure>) {
  return Array.from({ length: count }, (_, at) =>
    broken({
      source: `source-${at}`,
      fingerprint: `${at}`.padStart(8, '0').repeat(8),
      runId: `run-${at}`,
      ...overrides(at),
    }),
  );
}

const FAILURE_NAMES = ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'] as const;

describe('repair 1.3 a storm', () => {
  test.each([5, 6])('of %d breaks of one host', async (count) => {
    const failures = breaks(count, (at) => ({
      host: 'a.example',
      name: FAILURE_NAMES[at % FAILURE_NAMES.length] ?? 'EmptyResult',
    }));

    const reported = await Promise.all(failures.map(report));

    const storms = reported.flatMap((one) => one.storms);
    expect(storms.map(({ scope, key }) => `${scope} ${key}`)).toEqual(
      count > 5 ? ['host a.example'] : [],
    );
  });

  test('of one failure name is one row, told once, and holds the repairs of all', async () => {
    const reported = [];
    for (const failure of breaks(9, () => ({}))) reported.push(await report(failure));

    expect(reported.flatMap(({ storms }) => storms)).toHaveLength(1);
    expect(reported.map(({ storm }) => storm !== undefined)).toEqual(
      Array.from({ length: 9 }, (_, at) => at >= 5),
    );
    expect(await openSystemicIncidents(db)).toMatchObject([
      { id: 'storm-1', scope: 'failure', key: 'SelectorMissing', breaks: 9 },
    ]);
    expect(await systemicHold(db, 'source-0-00000000')).toMatchObject({ id: 'storm-1' });
  });

  test('of one source again and again is none', async () => {
    for (let run = 0; run < 9; run += 1) await report(broken({ runId: `run-${run}` }));

    expect(await openSystemicIncidents(db)).toEqual([]);
  });

  test('of breaks of a revision that was just applied', async () => {
    await sql`insert into revisions (author, sources, in_force) values ('test', '{}', true)`.execute(
      db,
    );
    const failures = breaks(6, (at) => ({
      name: FAILURE_NAMES[at % FAILURE_NAMES.length] ?? 'EmptyResult',
    }));

    for (const failure of failures) await report(failure);

    expect((await openSystemicIncidents(db)).map(({ scope }) => scope)).toEqual(['release']);
    await sql`delete from revisions`.execute(db);
  });

  test('holds until a person releases it, and no longer', async () => {
    for (const failure of breaks(6, () => ({}))) await report(failure);

    const released = await releaseSystemicHold(db, 'storm-1', 'ana');

    expect(released).toBe(true);
    expect(await releaseSystemicHold(db, 'storm-1', 'ana')).toBe(false);
    expect(await systemicHold(db, 'source-0-00000000')).toBeUndefined();
  });

  test('is over when failures have stopped', async () => {
    for (const failure of breaks(6, () => ({}))) await report(failure);
    await sql`update systemic_incidents set last_failure_at = now() - interval '31 minutes'`.execute(
      db,
    );

    expect(await systemicHold(db, 'source-0-00000000')).toBeUndefined();
    expect(await openSystemicIncidents(db)).toEqual([]);
  });
});

describe('places for repairs', () => {
  const caps = { perHost: 2, perHour: 4, atATime: 3 };

  async function opened(count: number, host: (at: number) => string): Promise<string[]> {
    const reported = [];
    for (const failure of breaks(count, (at) => ({ host: host(at) })))
      reported.push((await report(failure)).incident);
    return reported;
  }

  test('two of one host, three in all; the others wait, and take a place that comes free', async () => {
    const ids = await opened(5, (at) => (at < 3 ? 'a.example' : `h${at}.example`));
    const taken = await Promise.all(ids.map((id) => takeRepairPlace(db, id, caps)));

    expect(taken.filter(({ kind }) => kind === 'ok')).toHaveLength(3);
    const ofHost = taken.slice(0, 3).filter(({ kind }) => kind === 'ok');
    expect(ofHost.length).toBeLessThanOrEqual(2);
    for (const id of ids) await leaveRepairPlace(db, id);
    const waited = ids.filter((_, at) => taken[at]?.kind === 'wait').slice(0, 1);
    for (const id of waited) expect((await takeRepairPlace(db, id, caps)).kind).toBe('ok');
  });

  test('names the cap of the host', async () => {
    const [one, two, three] = (await opened(3, () => 'a.example')) as [string, string, string];
    await takeRepairPlace(db, one, caps);
    await takeRepairPlace(db, two, caps);

    expect(await takeRepairPlace(db, three, caps)).toEqual({
      kind: 'wait',
      waitMs: 60_000,
      because: '2 repairs of host "a.example" are under way, and 2 are allowed (repair.caps).',
    });
  });

  test('who has a place keeps it, and one that is over gives it back', async () => {
    const [one, two] = (await opened(2, () => 'a.example')) as [string, string];
    const tight = { ...caps, perHost: 1 };

    expect((await takeRepairPlace(db, one, tight)).kind).toBe('ok');
    expect((await takeRepairPlace(db, one, tight)).kind).toBe('ok');
    expect((await takeRepairPlace(db, two, tight)).kind).toBe('wait');
    await closeIncident(db, one, 'recovered', 'It was good.');
    expect((await takeRepairPlace(db, two, tight)).kind).toBe('ok');
  });

  test('so many are begun within an hour', async () => {
    const ids = await opened(5, (at) => `h${at}.example`);
    const kinds: string[] = [];
    for (const id of ids) {
      kinds.push((await takeRepairPlace(db, id, caps)).kind);
      await leaveRepairPlace(db, id);
    }

    expect(kinds).toEqual(['ok', 'ok', 'ok', 'ok', 'wait']);
  });
});
