import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import {
  closeNotices,
  forgetNotices,
  noteNotice,
  noteNotices,
} from '../../../adapters/postgres/notices.ts';
import type { NewNotice } from '../../../workflows/notices/notice.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
let count = 0;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());

function paused(
  rest: { readonly source?: string; readonly subject?: string; readonly what?: string } = {},
) {
  count += 1;
  return {
    kind: 'source-paused',
    tenant: 'default',
    source: `s${count}`,
    subject: 'InvalidConfig',
    what: 'Source "s" is paused.',
    command: 'npm run cli -- resume s',
    since: new Date('2026-11-21T12:00:00Z'),
    ...rest,
  } satisfies NewNotice;
}

function rowsOf(source: string) {
  return db.selectFrom('notices').selectAll().where('source', '=', source).orderBy('id').execute();
}

describe('a notice', () => {
  test('is new once, however often and by however many it is noted', async () => {
    const notice = paused();
    const answers = await Promise.all(Array.from({ length: 8 }, () => noteNotice(db, notice)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await rowsOf(notice.source)).toMatchObject([{ times_noted: 8, severity: 'critical' }]);
  });

  test('is new again after it was closed', async () => {
    const notice = paused();
    await noteNotice(db, notice);
    const cured = { ...notice, kinds: ['source-paused'] as const, because: 'it was resumed' };
    const { subject: _, ...all } = cured;
    expect(await closeNotices(db, all)).toBe(1);
    expect(await closeNotices(db, all)).toBe(0);
    expect(await noteNotice(db, notice)).toBe(true);
    expect(await rowsOf(notice.source)).toHaveLength(2);
  });

  test('is another one with another subject, and the two are closed apart', async () => {
    const first = paused({ subject: 'a' });
    await noteNotices(db, [first, { ...first, subject: 'a#1' }, { ...first, subject: 'b' }]);
    const { tenant, source } = first;
    const about = { tenant, source, kinds: ['source-paused'] as const, because: 'x' };
    expect(await closeNotices(db, { ...about, exceptSubject: 'a' })).toBe(2);
    await noteNotices(db, [first, { ...first, subject: 'a#1' }, { ...first, subject: 'b' }]);
    expect(await closeNotices(db, { ...about, subject: 'a' })).toBe(2);
  });

  test('holds hostile text bounded, and without what no database takes', async () => {
    const notice = paused({ what: `Page "${'x'.repeat(5000)}\0\ud800"` });
    await noteNotice(db, notice);
    const [row] = await rowsOf(notice.source);
    expect(row?.what).toHaveLength(1000);
    expect(row?.what.endsWith('…')).toBe(true);
  });

  test('is forgotten long after it ended, and what is open is never told twice for that', async () => {
    const [ended, open] = [paused(), paused()];
    await noteNotices(db, [ended, open]);
    await sql`insert into notice_posts (id, webhook, body, state, ended_at)
      values ('ended', 'ops', '{}', 'delivered', now()), ('open', 'ops', '{}', 'delivered', now())`.execute(
      db,
    );
    await sql`insert into notice_deliveries (notice, webhook, post)
      select id, 'ops', case source when ${ended.source} then 'ended' else 'open' end from notices
      where source in (${ended.source}, ${open.source})`.execute(db);
    const { tenant, source } = ended;
    await closeNotices(db, { tenant, source, kinds: ['source-paused'], because: 'x' });

    await forgetNotices(db, 3_600_000);
    expect(await rowsOf(ended.source)).toHaveLength(1);
    await forgetNotices(db, 0);

    expect(await rowsOf(ended.source)).toEqual([]);
    expect(await rowsOf(open.source)).toHaveLength(1);
    const posts = await db.selectFrom('notice_posts').select('id').execute();
    expect(posts).toEqual([{ id: 'open' }]);
  });

  test('of ten thousand sources is noted in a few statements', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => paused({ source: `many-${at}` }));
    expect(await noteNotices(db, many)).toBe(10_000);
    expect(await noteNotices(db, many)).toBe(0);
  });
});
