import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { HostLimits } from '../../adapters/net/host-limits.ts';

const HOUR_MS = 3_600_000;

/** What guests may rely on, wherever the limits of hosts are kept. */
export function describeHostLimits(name: string, setup: () => HostLimits): void {
  describe(`the contract of the limits of hosts, kept by ${name}`, () => {
    let limits: HostLimits;
    let host: string;
    beforeEach(() => {
      limits = setup();
      host = `${randomUUID()}.example:443`;
    });

    const turn = { intervalMs: 10_000, turns: 1, maxWaitMs: HOUR_MS };

    test('the first turn is at once, the next ones follow at the interval', async () => {
      const waits = [];
      for (let count = 0; count < 3; count += 1) waits.push((await limits.take(host, turn)).waitMs);

      expect(waits[0]).toBeLessThan(100);
      expect(waits[1]).toBeGreaterThan(9_000);
      expect(waits[1]).toBeLessThanOrEqual(10_000);
      expect(waits[2]).toBeGreaterThan(19_000);
      expect(waits[2]).toBeLessThanOrEqual(20_000);
    });

    test('guests that come together get different turns, and none is left out', async () => {
      const taken = await Promise.all(Array.from({ length: 10 }, () => limits.take(host, turn)));

      const seconds = taken
        .map(({ waitMs }) => Math.round(waitMs / 10_000))
        .toSorted((a, b) => a - b);
      expect(seconds).toStrictEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    test('a block of turns is for one guest alone', async () => {
      await limits.take(host, { ...turn, turns: 5 });

      const { waitMs } = await limits.take(host, turn);

      expect(waitMs).toBeGreaterThan(49_000);
    });

    test('a turn that is too far away is not taken, and says when to come again', async () => {
      await limits.take(host, { ...turn, intervalMs: HOUR_MS });

      const refused = await limits.take(host, { ...turn, maxWaitMs: 60_000 });
      const later = await limits.take(host, { ...turn, maxWaitMs: 2 * HOUR_MS });

      expect(refused.taken).toBe(false);
      expect(refused.waitMs).toBeGreaterThan(HOUR_MS - 60_000);
      expect(later.taken).toBe(true);
      expect(later.waitMs).toBeLessThanOrEqual(HOUR_MS);
    });

    test('a host that asked to wait is held for everybody, and a shorter wait does not free it', async () => {
      await limits.hold(host, HOUR_MS);
      await limits.hold(host, 1000);

      const { taken, waitMs } = await limits.take(host, { ...turn, maxWaitMs: 60_000 });
      const { heldMs } = await limits.look(`https://${host}`, host);

      expect(taken).toBe(false);
      expect(waitMs).toBeGreaterThan(HOUR_MS - 60_000);
      expect(heldMs).toBeGreaterThan(HOUR_MS - 60_000);
    });

    test('hosts do not wait for one another', async () => {
      await limits.hold(host, HOUR_MS);

      expect(await limits.take(`other-${host}`, turn)).toMatchObject({ taken: true });
      expect(await limits.look('https://other.example', `other-${host}`)).toStrictEqual({
        heldMs: 0,
      });
    });

    test('the rules of a site are kept until others come; an answer without rules keeps them', async () => {
      const origin = `https://${host}`;
      await limits.keep(origin, { status: 200, body: Buffer.from('disallow: /a\u0000') });
      await limits.keep(origin, { status: 503, problem: 'It answered 503.' });
      const kept = (await limits.look(origin, host)).copy;
      await limits.keep(origin, { status: 404, body: Buffer.alloc(0) });

      expect(kept?.body.toString()).toBe('disallow: /a\u0000');
      expect(kept?.ageMs).toBeLessThan(5000);
      expect((await limits.look(origin, host)).copy?.body).toHaveLength(0);
    });
  });
}
