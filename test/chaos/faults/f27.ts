import { randomUUID } from 'node:crypto';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import type { Random } from '../random.ts';
import {
  approveFix,
  broken,
  moved,
  PAGES,
  repairEnds,
  repairHandle,
  repairStatus,
  SHORT_PROBATION,
  untilAsked,
} from '../steps/repairs.ts';
import { until } from '../steps/runs.ts';

const SENT = 'signals sent';
const REFUSED = 'signals that the repair refused, and kept count of';

const NAMES = ['approve', 'reject', 'rollback', 'kill', 'reportFailure', 'nonsense'] as const;

/** None of them means anything here; some look as if they did. */
function junk(random: Random): readonly [string, unknown] {
  const name = random.pick(NAMES);
  const text = 'x'.repeat(random.between(1, 400));
  const payloads: readonly [unknown, ...unknown[]] = [
    null,
    text,
    [text, 1],
    { requestId: text, digest: text, decisionId: randomUUID() },
    { incident: text, by: 'mallory', reason: text },
    { on: 'yes', by: 7 },
  ];
  const payload = random.pick(payloads);
  return [name, payload];
}

const AT_ONCE = 50;

function flood(count: number): Step {
  return {
    says: `${count} signals that mean nothing`,
    async act(arena) {
      const handle = repairHandle(arena);
      for (let sent = 0; sent < count; sent += AT_ONCE) {
        const some = Array.from({ length: AT_ONCE }, () => junk(arena.random));
        await Promise.all(some.map(([name, payload]) => handle.signal(name, payload)));
      }
      arena.count(SENT, count);
      await until(async () => isAsking(arena), 'a repair that answers again');
      const status = await repairStatus(arena);
      arena.count(REFUSED, status?.refusedTotal ?? 0);
    },
  };
}

async function isAsking(arena: Arena): Promise<boolean> {
  return (await repairStatus(arena))?.stage === 'awaiting-approval';
}

export const f27: Fault = {
  id: 'F27',
  title: 'a flood of signals, and junk in them',
  workload: { wick: PAGES },
  workers: 1,
  repair: SHORT_PROBATION,
  script: (random) => [
    ...broken('second'),
    untilAsked,
    flood(AT_ONCE * random.between(16, 24)),
    moved(),
    approveFix,
    repairEnds('pr-merged-unchanged'),
    moved('deployed'),
  ],
  observe: ({ seen }) => ({ [SENT]: seen.get(SENT) ?? 0, [REFUSED]: seen.get(REFUSED) ?? 0 }),
  heals: 'by itself',
};
