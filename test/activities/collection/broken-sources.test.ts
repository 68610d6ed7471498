import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  closeIncident,
  openIncidentsOf,
  readIncident,
} from '../../../adapters/postgres/incidents.ts';
import { closeIncident as endIncident } from '../../../activities/repair/close-incident.ts';
import type { RepairDependencies } from '../../../activities/repair/dependencies.ts';
import { resetBaseline } from '../../../adapters/postgres/good-runs.ts';
import { EXTRACT, HEALING, priceless, withPages } from './broken-pages.ts';
import { COMPLETE, numbered, withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

async function healing() {
  const source = await newSource(HEALING);
  // Sources of other tests must not make a storm of this one.
  await sql`truncate incidents, systemic_incidents`.execute(source.db);
  return { source, pages: withPages(source) };
}

const openOf = (source: SourceCase) =>
  openIncidentsOf(source.db, { tenant: 'default', source: source.id });

async function noticesOf(source: SourceCase): Promise<readonly string[]> {
  const { rows } = await sql<{ kind: string; open: boolean; times: number }>`
    select kind, closed_at is null as open, times_noted as times from notices where source = ${source.id} order by id`.execute(
    source.db,
  );
  return rows.map(({ kind, open, times }) => `${kind} ${open ? 'open' : 'closed'} ${times}`);
}

const notesOf = async (source: SourceCase, run: string) =>
  (
    await sql<{
      notes: readonly string[] | null;
    }>`select notes from runs where id = ${run}`.execute(source.db)
  ).rows[0]?.notes ?? [];

test('repair 1.1 a run whose field went empty is held by the rule, deletes nothing, asks nobody and starts a repair', async () => {
  const { source, pages } = await healing();
  pages.gives(40);
  await source.run();

  // Ten documents are gone as well: nothing of the source can be trusted.
  pages.gives(30, priceless(30, 30));
  const run = await source.run();

  const [incident] = await openOf(source);
  expect(run).toMatchObject({ status: 'held', failure: 'SelectorMissing', counts: { deleted: 0 } });
  expect(run.because).toBe(
    `Field "price" is empty in 30 of 30 records (100 %); 1 earlier good run had 0 %, and up to 10 % is usual. Nothing was deleted; what was read well is stored. "npm run cli -- repair show ${incident?.id}" tells how it goes on.`,
  );
  expect(Object.keys(await source.stored())).toHaveLength(40);
  expect(source.approvals.asked).toEqual([]);
  expect(incident).toMatchObject({
    failure: 'SelectorMissing',
    detector: 'field-emptiness',
    fields: ['price'],
    run: run.run,
    occurrences: 1,
    heals: true,
    host: 'a.example',
  });
  expect(source.repairs.reported).toEqual([{ source: source.id, incident: incident?.id }]);
  expect(source.repairs.finished).toMatchObject([{ run: run.run, status: 'held' }]);
  expect(await noticesOf(source)).toEqual(['incident-opened open 1']);
});

test('a source without history, and a page that lacks an optional field, raise nothing', async () => {
  const { source, pages } = await healing();
  pages.gives(20, priceless(18, 20));
  const first = await source.run();
  pages.gives(20, priceless(20, 20));
  const second = await source.run();

  expect([first.status, second.status]).toEqual(['succeeded', 'succeeded']);
  expect(await openOf(source)).toEqual([]);
});

test('a fallback that serves is a note of the run, and no reason to hold it', async () => {
  const { source, pages } = await healing();
  pages.gives(20);
  await source.run();
  const { fields = [] } = priceless(0, 20);
  pages.gives(20, { records: 20, fields: fields.map((field) => ({ ...field, served: [0, 20] })) });

  const run = await source.run();

  expect(run.status).toBe('succeeded');
  expect(await notesOf(source, run.run)).toEqual([
    'The first locator of field "price" serves 0 of 20 values; it used to serve nearly all, and a fallback serves the rest.',
  ]);
  expect(await openOf(source)).toEqual([]);
});

test('documents that agree give their failure its name, so that the run can be repaired', async () => {
  const { source, pages } = await healing();
  pages.gives(10);
  await source.run();
  const failed = Array.from(
    { length: 10 },
    (_, at) =>
      ({
        kind: 'failed',
        id: `page-${at}`,
        failure: 'SelectorMissing',
        detail: 'No title.',
      }) as const,
  );
  pages.says([...failed, COMPLETE], { pages: 10, failures: { SelectorMissing: 10 } });

  const run = await source.run();

  expect(run).toMatchObject({ status: 'failed', failure: 'SelectorMissing' });
  expect(await openOf(source)).toMatchObject([{ failure: 'SelectorMissing', detector: 'run' }]);
});

test.each([
  [['SelectorMissing', 'InvalidDocument', 'InvalidDocument'], 'InvalidDocument'],
  [['AuthExpired', 'AuthExpired', 'AuthExpired'], 'InvalidDocument'],
  [['Blocked', 'Blocked', 'Blocked'], 'Blocked'],
] as const)('documents that fail by %j make a run that fails by %s', async (names, expected) => {
  const source = await newSource();
  source.emits([
    ...names.map(
      (failure, at) => ({ kind: 'failed', id: `d${at}`, failure, detail: 'x' }) as const,
    ),
    COMPLETE,
  ]);

  expect(await source.run()).toMatchObject({ status: 'failed', failure: expected });
});

test('while an incident is open good documents publish and deletions wait; the first run after it deletes', async () => {
  const { source, pages } = await healing();
  pages.gives(40);
  await source.run();
  pages.gives(40, priceless(40, 40));
  await source.run();
  const [incident] = await openOf(source);

  pages.gives(38);
  const during = await source.run();
  await closeIncident(source.db, incident?.id ?? '', 'recovered', 'A run was good.');
  const after = await source.run();

  expect(during).toMatchObject({ status: 'succeeded', counts: { deleted: 0, unchanged: 38 } });
  expect(await notesOf(source, during.run)).toEqual([
    `2 deletions wait for the end of incident "${incident?.id}".`,
  ]);
  expect(source.repairs.finished.map(({ status }) => status)).toEqual(['held', 'succeeded']);
  expect(after.counts.deleted).toBe(2);
});

test('a person who says that the source is right as it is makes it the new baseline', async () => {
  const { source, pages } = await healing();
  pages.gives(40);
  await source.run();
  pages.gives(40, priceless(40, 40));
  await source.run();
  const [incident] = await openOf(source);

  await endIncident(
    {
      tenant: 'default',
      source: source.id,
      incident: incident?.id ?? '',
      outcome: 'pr-rejected',
      because: 'Ana: not a bug.',
      byPerson: true,
      rightAsItIs: true,
    },
    { db: source.db } as RepairDependencies,
  );

  expect((await source.run()).status).toBe('succeeded');
  expect(await noticesOf(source)).toEqual(['incident-opened closed 1', 'incident-closed closed 1']);
});

test('a source that became empty is held for repair; declared right, its deletions are still asked about', async () => {
  const { source, pages } = await healing();
  pages.gives(20);
  await source.run();
  pages.gives(0, { pages: 1 });
  const held = await source.run();
  const [incident] = await openOf(source);

  const person = { tenant: 'default', source: source.id, by: 'ana', because: 'site gone' };
  await resetBaseline(source.db, person);
  await closeIncident(source.db, incident?.id ?? '', 'pr-rejected', 'Ana: the site is gone.');
  const asked = await source.run();

  expect(held).toMatchObject({ status: 'held', failure: 'EmptyResult', counts: { deleted: 0 } });
  expect(incident).toMatchObject({
    failure: 'EmptyResult',
    detector: 'record-count',
    fields: [''],
  });
  expect(asked).toMatchObject({ status: 'held', failure: 'EmptyResult', counts: { deleted: 0 } });
  expect(source.approvals.asked).toHaveLength(1);
  expect(await openOf(source)).toEqual([]);
});

test('what a person changes in the definition begins a new baseline', async () => {
  const { source, pages } = await healing();
  pages.gives(40);
  await source.run();
  await source.redefine({ config: { ...HEALING.config, urls: ['https://a.example/new'] } });
  pages.gives(40, priceless(40, 40));

  expect((await source.run()).status).toBe('succeeded');
});

test('a source that no repair can heal opens an incident beside its question and its notice, which stay as they were', async () => {
  const source = await newSource();
  source.emits([...numbered(20), COMPLETE]);
  await source.run();
  source.emits([COMPLETE]);

  const run = await source.run();

  expect(run).toMatchObject({ status: 'held', failure: 'EmptyResult' });
  expect(source.approvals.asked).toHaveLength(1);
  expect(await openOf(source)).toMatchObject([{ failure: 'EmptyResult', heals: false }]);
  expect(await noticesOf(source)).toEqual(['approval-waiting open 1', 'run-held open 1']);
});

test('a run that fails by what passes by itself opens no incident', async () => {
  const { source, pages } = await healing();
  pages.gives(5);
  await source.run();

  const because = 'The site did not answer.';
  const verdict = { status: 'failed', because, failure: 'SourceUnavailable' } as const;
  await source.finish('run-x', { verdict });

  expect(await openOf(source)).toEqual([]);
  expect(source.repairs.finished).toEqual([]);
});

const BLOCKED = {
  verdict: { status: 'failed', because: 'The captcha stays.', failure: 'Blocked' },
} as const;

test('repair 1.1 from a failed run to a started repair it is one signal, in the activity that ends the run; twice changes nothing', async () => {
  const source = await newSource();

  await source.finish('run-1', BLOCKED);
  const once = { reported: [...source.repairs.reported], open: await openOf(source) };
  await source.finish('run-1', BLOCKED);

  expect(once.reported).toHaveLength(1);
  expect(once.open).toMatchObject([{ occurrences: 1, failure: 'Blocked' }]);
  expect((await openOf(source))[0]).toMatchObject({ occurrences: 1 });
});

test('a run whose repair could not be started ends all the same, and starts it when it is tried again', async () => {
  const source = await newSource();
  const report = () => Promise.reject(new Error('Temporal is away.'));

  const repairs = { ...source.repairs.workflows, report };
  await source.finish('run-1', BLOCKED, { deps: { repairs } });
  const before = source.repairs.reported.length;
  await source.finish('run-1', BLOCKED);

  expect([before, source.repairs.reported.length]).toEqual([0, 1]);
});

test('further runs of a break only raise its counter, and people are told once', async () => {
  const { source, pages } = await healing();
  pages.gives(40);
  await source.run();
  pages.gives(40, priceless(40, 40));
  for (let run = 0; run < 3; run += 1) await source.run();

  const [incident, ...others] = await openOf(source);
  expect(others).toEqual([]);
  expect(incident).toMatchObject({ occurrences: 3, enough: true });
  expect(await noticesOf(source)).toEqual(['incident-opened open 3']);
  expect((await readIncident(source.db, incident?.id ?? ''))?.occurred).toHaveLength(3);
});

test('the extraction of a definition names the incident, so that another one is another break', async () => {
  const { source, pages } = await healing();
  pages.gives(40);
  await source.run();
  pages.gives(40, priceless(40, 40));
  await source.run();
  await source.redefine({
    config: { ...HEALING.config, extract: { ...EXTRACT, title: 'h2' } },
  });
  pages.gives(40);
  await source.run();
  pages.gives(40, priceless(40, 40));
  await source.run();

  const specs = (await openOf(source)).map(({ specDigest }) => specDigest);
  expect(new Set(specs).size).toBe(2);
});
