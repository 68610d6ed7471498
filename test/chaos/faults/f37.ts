import type { Fault, Step } from '../fault.ts';
import { at } from '../hold.ts';
import { armAll } from '../steps/repair-deaths.ts';
import {
  approveSoon,
  broken,
  moved,
  PAGES,
  relayout,
  repairEnds,
  SHORT_PROBATION,
  untilAsked,
  visit,
} from '../steps/repairs.ts';

const ROLLED_BACK = 'fixes that were taken back after a bad run';
const STILL_ONE = 'breaks after the rollback that were counted, not opened anew';

const countBack: Step = {
  says: 'see that it was taken back once',
  async act(arena) {
    const { rows } = await counted(arena);
    if (rows !== 1) throw new Error(`It was taken back ${rows} times.`);
    arena.count(ROLLED_BACK);
  },
};

async function counted({ db }: Parameters<Step['act']>[0]): Promise<{ readonly rows: number }> {
  const rows = await db
    .selectFrom('spec_moves')
    .select('id')
    .where('move', '=', 'rolled-back')
    .execute();
  return { rows: rows.length };
}

/** The fix of the old break is no fix of the new layout, and the break is too fresh for another incident. */
const brokenStill: Step = {
  says: 'see what became of the break',
  async act(arena) {
    const rows = await arena.db
      .selectFrom('incidents')
      .select(['id', 'state', 'regression_of as regressionOf', 'suppressed', 'outcome'])
      .where('source', '=', 'wick')
      .execute();
    const known = rows.some(({ suppressed, regressionOf }) => suppressed > 0 || regressionOf);
    if (!known) throw new Error(`Nobody connects the breaks: ${JSON.stringify(rows)}`);
    arena.count(STILL_ONE);
  },
};

export const f37: Fault = {
  id: 'F37',
  title: 'a fix is deployed, and the first run on it fails',
  workload: { wick: PAGES },
  workers: 1,
  repair: SHORT_PROBATION,
  script: (random) => [
    armAll(['stage:deploying']),
    ...broken('second'),
    untilAsked,
    approveSoon,
    // The shop changes again, between the decision and the first run on the fix.
    at('stage:deploying', relayout(random.pick(['third', 'empty']))),
    repairEnds('pr-merged-rolled-back'),
    moved('deployed', 'rolled-back'),
    countBack,
    relayout('second'),
    visit('failed'),
    brokenStill,
    // It is as it was before everything.
    relayout('first'),
    visit('succeeded'),
  ],
  observe: ({ seen }) => ({
    [ROLLED_BACK]: seen.get(ROLLED_BACK) ?? 0,
    [STILL_ONE]: seen.get(STILL_ONE) ?? 0,
  }),
  heals: 'by itself',
};
