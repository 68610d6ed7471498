import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { noteNotice } from '../../../adapters/postgres/notices.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { RunVerdict } from '../../../workflows/collection/run-status.ts';
import { fakeSchedules } from '../../fakes/schedules.ts';
import { withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

const HELD: RunVerdict = {
  status: 'held',
  failure: 'EmptyResult',
  because: 'The listing holds 0 documents, and 40 are live.',
};
const SUCCEEDED: RunVerdict = { status: 'succeeded', because: '' };

async function inForce() {
  const source = await newSource();
  await storeRevision(source.db, {
    definitions: [source.definition()],
    notifications: [{ id: 'ops', url: 'https://example.com', secret: '${env:S}' }],
    author: 'test',
  });
  const woken: string[] = [];
  const deps = {
    schedules: fakeSchedules().schedules,
    wakeTeller: async (webhook: string) => void woken.push(webhook),
  };
  const end = (run: string, verdict: RunVerdict) => source.finish(run, { verdict }, { deps });
  return { source, end, woken, notices: () => noticesOf(source) };
}

async function noticesOf({ db, id }: SourceCase) {
  const { rows } = await sql<{ kind: string; what: string; command: string; open: boolean }>`
    select kind, what, command, closed_at is null as open from notices where source = ${id} order by id`.execute(
    db,
  );
  return rows;
}

test('a held run is noted with its reason and its command, and its teller is woken', async () => {
  const { source, end, woken, notices } = await inForce();

  await end('one', HELD);

  expect(await notices()).toEqual([
    {
      kind: 'run-held',
      what: `A run of source "${source.id}" is held, and nothing is deleted. EmptyResult: The listing holds 0 documents, and 40 are live.`,
      command: `npm run cli -- run show ${source.id}:one`,
      open: true,
    },
  ]);
  expect(woken).toEqual(['ops']);
});

test('runs held for the same reason are one notice, until a good run ends it', async () => {
  const { end, notices } = await inForce();

  for (const run of ['one', 'two', 'three']) await end(run, HELD);
  expect((await notices()).map(({ open }) => open)).toEqual([true]);
  await end('four', SUCCEEDED);
  expect((await notices()).map(({ open }) => open)).toEqual([false]);
  await end('five', HELD);
  expect((await notices()).map(({ open }) => open)).toEqual([false, true]);
});

test('a repair that needed a person needs nobody any more once a run is good', async () => {
  const { source, end, notices } = await inForce();
  await noteNotice(source.db, {
    kind: 'repair-alert',
    severity: 'critical',
    tenant: 'default',
    source: source.id,
    subject: 'incident#alert.1',
    what: 'No strategy found a fix.',
    command: 'npm run cli -- repair show incident',
    since: new Date(),
  });

  await end('one', HELD);
  expect((await notices()).map(({ open }) => open)).toEqual([true, true]);
  await end('two', SUCCEEDED);
  expect((await notices()).map(({ open }) => open)).toEqual([false, false]);
});

test('a run held for another reason is told, and the first reason is over', async () => {
  const { end, notices } = await inForce();

  await end('one', HELD);
  await end('two', { ...HELD, failure: 'SchemaDrift' });

  expect((await notices()).map(({ open }) => open)).toEqual([false, true]);
});

test('a run that ended already wakes the teller again, whose worker may have died before it did', async () => {
  const { end, woken } = await inForce();

  await end('one', HELD);
  await end('one', HELD);

  expect(woken).toEqual(['ops', 'ops']);
});
