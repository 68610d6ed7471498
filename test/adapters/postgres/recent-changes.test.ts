import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { closeIncident } from '../../../adapters/postgres/incidents.ts';
import { reportFailure, type ReportedFailure } from '../../../adapters/postgres/report-failure.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { readRecentChanges } from '../../../adapters/postgres/recent-changes.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());
beforeEach(async () => {
  await sql`truncate incidents, spec_pointers, spec_moves, revisions cascade`.execute(db);
});

const BEGAN_MS = Date.parse('2026-11-20T00:00:00Z');
const MINUTE_MS = 60_000;
const at = (minute: number): Date => new Date(BEGAN_MS + minute * MINUTE_MS);

const BREAK = 'f00d4bad'.repeat(8);
const QUESTION = {
  tenant: 'default',
  source: 'shop',
  incident: 'shop-now',
  fingerprint: BREAK,
  host: 'shop.example',
  limit: 20,
};

async function revision(minute: number, digest: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into revisions (author, sources, in_force, created_at)
    values ('ana', ${JSON.stringify({ shop: digest, other: String(minute) })}, false, ${at(minute)})
    returning id`.execute(db);
  return rows[0]?.id ?? 0;
}

/** A fix, with what became of it. */
async function fix(
  incident: string,
  moves: readonly (readonly [string, number, number | null])[],
  overrides: { readonly tenant?: string; readonly source?: string } = {},
): Promise<void> {
  const { tenant = 'default', source = 'shop' } = overrides;
  const { rows } = await sql<{ id: number }>`
    insert into spec_pointers (tenant, source, incident, patch_digest, kind, from_digest, to_digest, from_extract, to_extract, state, author)
    values (${tenant}, ${source}, ${incident}, ${`patch-${incident}`}, 'fix', 'old', 'new', '{}', '{}', 'landed', 'test') returning id`.execute(
    db,
  );
  for (const [move, minute, id] of moves)
    await sql`insert into spec_moves (pointer, move, revision, author, at)
      values (${rows[0]?.id}, ${move}, ${id}, ${`repair:${incident}`}, ${at(minute)})`.execute(db);
}

/** An incident that is over. */
async function ended(minute: number, overrides: Partial<ReportedFailure> = {}): Promise<string> {
  const failure: ReportedFailure = {
    v: 1,
    tenant: 'default',
    source: 'shop',
    name: 'SelectorMissing',
    fingerprint: BREAK,
    runId: `run-${minute}`,
    specDigest: 'spec-1',
    definitionDigest: 'definition-1',
    detector: 'field-emptiness',
    fields: ['price'],
    because: 'Field "price" is empty in 40 of 40 records.',
    atMs: at(minute).getTime(),
    heals: true,
    ...overrides,
  };
  const { incident } = await db.transaction().execute((tx) => reportFailure(tx, failure));
  await closeIncident(db, incident, 'recovered', 'It was good again.');
  // Out of the time in which the same break stays quiet.
  await sql`update incidents set closed_at = ${at(minute)} where id = ${incident}`.execute(db);
  return incident;
}

test('revisions of the source, moves of its fixes and ends of like incidents come newest first', async () => {
  await revision(0, 'a');
  await revision(1, 'a');
  await revision(2, 'b');
  const deployed = await revision(3, 'c');
  await fix('shop-1', [
    ['deployed', 3, deployed],
    ['landed', 4, null],
  ]);
  await fix('shop-2', [['rolled-back', 6, null]]);
  const before = await ended(5);
  const neighbour = await ended(7, {
    source: 'toys',
    fingerprint: 'e'.repeat(64),
    host: 'shop.example',
  });

  const { rows, total } = await readRecentChanges(db, QUESTION);

  expect(rows).toEqual([
    {
      kind: 'outcome',
      atMs: at(7).getTime(),
      incident: neighbour,
      source: 'toys',
      failure: 'SelectorMissing',
      outcome: 'recovered',
      sameBreak: false,
    },
    {
      kind: 'rolled-back',
      atMs: at(6).getTime(),
      incident: 'shop-2',
      author: 'repair:shop-2',
    },
    expect.objectContaining({ kind: 'outcome', incident: before, sameBreak: true }),
    expect.objectContaining({ kind: 'deployed', atMs: at(3).getTime(), incident: 'shop-1' }),
    expect.objectContaining({ kind: 'revision', atMs: at(2).getTime(), author: 'ana' }),
    expect.objectContaining({ kind: 'revision', atMs: at(0).getTime() }),
  ]);
  expect(total).toBe(6);
});

test('other tenants, other hosts, open incidents and the incident itself are left out', async () => {
  await ended(1, { tenant: 'second', host: 'shop.example' });
  await ended(2, { source: 'toys', fingerprint: 'e'.repeat(64), host: 'toys.example' });
  const itself = await ended(3);
  const open = await ended(4, {
    source: 'lamps',
    fingerprint: 'd'.repeat(64),
    host: 'shop.example',
  });
  await sql`update incidents set state = 'open' where id = ${open}`.execute(db);
  await fix('other-1', [['deployed', 5, null]], { source: 'other' });
  await fix('second-1', [['deployed', 6, null]], { tenant: 'second' });

  const found = await readRecentChanges(db, { ...QUESTION, incident: itself });

  expect(found).toEqual({ rows: [], total: 0 });
});

test('without a host only the same break is alike', async () => {
  const before = await ended(1);
  await ended(2, { source: 'toys', fingerprint: 'e'.repeat(64) });

  const { rows } = await readRecentChanges(db, { ...QUESTION, host: null });

  expect(rows).toMatchObject([{ incident: before }]);
});

test('repair 2: the oldest are left out, and counted', async () => {
  for (let minute = 0; minute < 25; minute += 1) await revision(minute, `digest-${minute}`);

  const { rows, total } = await readRecentChanges(db, QUESTION);

  expect([rows.length, rows[0]?.atMs, total]).toEqual([20, at(24).getTime(), 25]);
});
