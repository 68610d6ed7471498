import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Step } from '../fault.ts';
import {
  broken,
  decide,
  incidentOf,
  movesOf,
  PAGES,
  SHORT_PROBATION,
  untilAsked,
  verdictNow,
} from '../steps/repairs.ts';
import { until } from '../steps/runs.ts';

const RACES = 'approvals and rejections at the same time';
const LOST = 'people who were told who was first';

/** Both are on their way before either is answered. */
function race(first: 'approve' | 'reject', leadMs: number): Step {
  return {
    says: `${first} has a lead of ${leadMs} ms in a race of approve and reject`,
    async act(arena) {
      const shown = await verdictNow(arena);
      const send = async (verdict: 'approve' | 'reject', user: string) => {
        if (verdict !== first) await sleep(leadMs);
        const by = { provider: 'slack', user } as const;
        return decide(arena, { ...shown, verdict, by, decisionId: `slack:${user}` });
      };
      const [approval, rejection] = await Promise.all([
        send('approve', 'ana'),
        send('reject', 'ben'),
      ]);
      arena.count(RACES);
      const winner = 'answer' in approval ? 'approve' : 'reject';
      const loser = 'answer' in approval ? rejection : approval;
      const name = 'answer' in approval ? 'ana' : 'ben';
      if (!('refused' in loser)) throw new Error('Both were taken.');
      // A repair that is over already has no door any more: that, too, says who was first.
      if (!loser.refused.includes(`by "${name}"`) && !loser.refused.includes('WorkflowNotFound'))
        throw new Error(`The other was told: ${loser.refused}`);
      arena.count(LOST);
      await endsAs(arena, winner);
    },
  };
}

async function endsAs(
  arena: Parameters<Step['act']>[0],
  winner: 'approve' | 'reject',
): Promise<void> {
  await until(async () => (await incidentOf(arena))?.state === 'closed', 'the end of the repair');
  const moves = await movesOf(arena);
  const outcome = (await incidentOf(arena))?.outcome;
  const expected = winner === 'approve' ? 'pr-merged-unchanged' : 'pr-rejected';
  if (outcome !== expected || moves.length !== (winner === 'approve' ? 1 : 0))
    throw new Error(`"${winner}" won, and it ended as ${outcome} after ${moves.length} moves.`);
}

export const f25: Fault = {
  id: 'F25',
  title: 'an approval and a rejection race',
  workload: { wick: PAGES },
  workers: 1,
  repair: SHORT_PROBATION,
  script: (random) => [
    ...broken('second'),
    untilAsked,
    race(random.pick(['approve', 'reject']), random.pick([0, 0, 2, 10])),
  ],
  observe: ({ seen }) => ({ [RACES]: seen.get(RACES) ?? 0, [LOST]: seen.get(LOST) ?? 0 }),
  heals: 'by itself',
};
