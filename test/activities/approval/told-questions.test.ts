import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { withCollecting, type SourceCase } from '../collection/collecting.ts';
import { heldRun, without } from './deciding.ts';

const newSource = withCollecting();

async function noticesOf({ db, id }: SourceCase) {
  const { rows } = await sql<{ kind: string; what: string; command: string; open: boolean }>`
    select kind, what, command, closed_at is null as open from notices
    where source = ${id} and kind like 'approval-%' order by id`.execute(db);
  return rows;
}

const states = async (source: SourceCase) =>
  (await noticesOf(source)).map(({ kind, open }) => `${kind} ${open ? 'open' : 'closed'}`);

test('a question is told once, with the commands that answer it', async () => {
  const { source, deciding } = await heldRun(newSource);
  await source.run();

  const short = deciding.set.digest.slice(0, 8);
  expect(await noticesOf(source)).toEqual([
    {
      kind: 'approval-waiting',
      what: expect.stringContaining(`"npm run cli -- approve ${short}" deletes them, "reject"`),
      command: 'npm run cli -- approvals',
      open: true,
    },
  ]);
});

test.each(['approved', 'rejected'] as const)(
  'an answer (%s) ends the question and its reminders, and a repeated call tells nothing',
  async (state) => {
    const { source, deciding } = await heldRun(newSource);
    const remind = (reminders: number, to: readonly string[] = []) =>
      deciding.act('recordReminder', { ...deciding.set, reminders, escalations: to.length, to });
    await remind(1);
    await remind(1);
    await remind(2, ['ben']);
    expect(await states(source)).toEqual([
      'approval-waiting open',
      'approval-reminder open',
      'approval-reminder open',
    ]);
    expect((await noticesOf(source)).at(-1)?.what).toContain('Asked are now "ben".');

    await deciding.record(state);
    await deciding.record(state);
    await remind(3);
    expect(await states(source)).toEqual([
      'approval-waiting closed',
      'approval-reminder closed',
      'approval-reminder closed',
    ]);
  },
);

test('sources R5: a deadline that passed is told, and the next question ends that', async () => {
  const { source, deciding } = await heldRun(newSource);

  await deciding.record('expired');
  await deciding.record('expired');
  expect(await states(source)).toEqual(['approval-waiting closed', 'approval-expired open']);
  expect((await noticesOf(source)).at(-1)).toMatchObject({
    what: expect.stringMatching(/^Nobody answered .+ so everything is kept\. /),
    command: `npm run cli -- run ${source.id}`,
  });

  await source.run();
  expect(await states(source)).toEqual([
    'approval-waiting closed',
    'approval-expired closed',
    'approval-waiting open',
  ]);
});

test('a set that took the place of another, and a source that is whole again, end what was told', async () => {
  const { source } = await heldRun(newSource);

  source.emits(without(8));
  await source.run();
  expect(await states(source)).toEqual(['approval-waiting closed', 'approval-waiting open']);

  source.emits(without(0));
  await source.run();
  expect(await states(source)).toEqual(['approval-waiting closed', 'approval-waiting closed']);
});

test.each([
  ['approved', 'closed'],
  ['rejected', 'closed'],
  ['expired', 'open'],
] as const)(
  'a question that is %s leaves the notice of its held run %s',
  async (state, expected) => {
    const { source, deciding } = await heldRun(newSource);
    const held = async () => {
      const { rows } = await sql<{ state: string }>`
      select case when closed_at is null then 'open' else 'closed' end as state from notices
      where source = ${source.id} and kind = 'run-held'`.execute(source.db);
      return rows.map((row) => row.state);
    };
    expect(await held()).toEqual(['open']);

    await deciding.record(state);

    expect(await held()).toEqual([expected]);
  },
);
