import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHostMemory, openManners } from '../../../adapters/net/manners.ts';
import { createNet, type Net } from '../../../adapters/net/net.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { createHostLimits, forgetOldHosts } from '../../../adapters/postgres/host-limits.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { describeHostLimits } from '../../contracts/host-limits.ts';
import { startSite } from '../../fakes/site.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
let net: Net;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
  net = createNet({ allowedHosts: ['127.0.0.1'], userAgent: 'tests/1' });
});
afterAll(async () => {
  await net.close();
  await db.destroy();
});

describeHostLimits('PostgreSQL', () => createHostLimits(db));

test('hosts that nobody asks any more are forgotten, those that asked to wait are not', async () => {
  const limits = createHostLimits(db);
  const wait = { intervalMs: 10_000, turns: 1, maxWaitMs: 0 };
  await limits.take('old.example', wait);
  await limits.take('held.example', wait);
  await limits.hold('held.example', 3_600_000);
  await limits.keep('https://old.example', { status: 404, body: Buffer.alloc(0) });
  await sql`update host_limits set updated_at = now() - interval '2 days', next_at = now() - interval '2 days'
    where host in ('old.example', 'held.example')`.execute(db);
  await sql`update robots_copies set asked_at = now() - interval '2 days'`.execute(db);

  await forgetOldHosts(db, 86_400_000);

  expect(await limits.take('old.example', wait)).toMatchObject({ taken: true });
  expect(await limits.look('https://old.example', 'old.example')).not.toHaveProperty('copy');
  expect(await limits.take('held.example', wait)).toMatchObject({ taken: false });
});

/** A guest of a worker of its own: workers share the database and nothing else. */
function guestOfNewWorker(delayMs = 50) {
  const memory = createHostMemory(createHostLimits(db));
  const signal = new AbortController().signal;
  return openManners({ net, userAgent: 'tests/1', signal, delayMs }, memory);
}

test('B8: guests of two workers share the turns of a host', async () => {
  const site = await startSite({ '/robots.txt': { status: 404 } });
  const guests = [guestOfNewWorker(500), guestOfNewWorker(500)];
  const startedAt = performance.now();
  const times: number[] = [];

  await Promise.all(
    guests.map(async (guest) => {
      for (let count = 0; count < 4; count += 1) {
        await guest.takeTurn(`${site.origin}/`);
        times.push(performance.now() - startedAt);
      }
    }),
  );
  await site.close();

  expect(times).toHaveLength(8);
  expect(times.at(-1)).toBeGreaterThan(7 * 500 - 550);
});

test('a 429 with Retry-After holds the host for the guests of all workers', async () => {
  const site = await startSite({ '/robots.txt': { status: 404 } });
  const [first, second] = [guestOfNewWorker(), guestOfNewWorker()];
  const page = `${site.origin}/a`;
  await first.takeTurn(page);

  await first.heed({ url: page, status: 429, headers: { 'retry-after': '120' } });

  for (const guest of [first, second]) {
    await expect(guest.takeTurn(page)).rejects.toMatchObject({
      type: 'RateLimited',
      nextRetryDelay: expect.any(Number),
      message: expect.stringMatching(/may be asked again in 1[12]\d seconds/u),
    });
  }
  await site.close();
});

test('R11: a copy of the rules that one worker made bridges an outage for another', async () => {
  const robots = {
    headers: { 'content-type': 'text/plain' },
    body: 'user-agent: *\ndisallow: /no',
  };
  const site = await startSite({ '/robots.txt': robots });
  await guestOfNewWorker().allows(`${site.origin}/no`);
  site.put('/robots.txt', { status: 500 });

  expect(await guestOfNewWorker().allows(`${site.origin}/no`)).toBe(false);
  expect(site.requests).toStrictEqual(['GET /robots.txt']);
  await site.close();
});
