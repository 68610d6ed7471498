import type { Fault, Step } from '../fault.ts';
import { collect, editAll, firstRound, runsEnd } from '../steps/runs.ts';
import { road, untilDelayed } from '../steps/services.ts';
import { change } from '../steps/sources.ts';
import type { ShopTransaction } from '../sources/shop.ts';

const LATE = 'rows that came into sight with a time before the newest cursor';
const DURING = 'rows that changed while they were read';

/** Two steps share what one of them opened. */
function lateWriter(numbers: readonly number[]): { readonly open: Step; readonly commit: Step } {
  const opened = new WeakMap<object, ShopTransaction>();
  return {
    open: {
      says: `a transaction writes shop ${numbers.join(', ')} and stays open`,
      async act(arena) {
        const transaction = await arena.shop.begin();
        await transaction.put(...numbers);
        opened.set(arena, transaction);
      },
    },
    commit: {
      says: 'the transaction commits',
      async act(arena) {
        await opened.get(arena)?.commit();
        arena.count(LATE, numbers.length);
      },
    },
  };
}

export const f15: Fault = {
  id: 'F15',
  title: 'rows change while they are read, and one commits late with an older time',
  workload: { shop: 60 },
  script(random) {
    // New ones: a row that exists would be locked against the other writers.
    const late = lateWriter(random.some(3, 9).map((number) => 100 + number));
    const during = random.some(12, 60).filter((number) => number > 2);
    return [
      firstRound,
      late.open,
      editAll,
      road('source-database', { kind: 'latency', ms: 25 }),
      collect(),
      untilDelayed('source-database', random.between(14, 30)),
      change('shop', ...during),
      {
        says: 'count what changed meanwhile',
        act: (arena) => Promise.resolve(arena.count(DURING, during.length)),
      },
      runsEnd('succeeded'),
      road('source-database', { kind: 'pass' }),
      late.commit,
    ];
  },
  observe: ({ seen }) => ({ [LATE]: seen.get(LATE) ?? 0, [DURING]: seen.get(DURING) ?? 0 }),
  heals: 'by the next run',
};
