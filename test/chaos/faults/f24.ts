import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import {
  broken,
  decide,
  moved,
  PAGES,
  repairEnds,
  SHORT_PROBATION,
  untilAsked,
  verdictNow,
  type Told,
} from '../steps/repairs.ts';

const SENT = 'approvals sent at the same time';
const REPEATED = 'times the same approval was answered as before';
const TOO_LATE = 'people who were told that it is decided already';

/** A double click has one id; other people have their own. */
function approvedByAll(clicks: number, others: number): Step {
  return {
    says: `ana clicks approve ${clicks} times, and ${others} other people approve, all at once`,
    async act(arena) {
      const first = await verdictNow(arena);
      const people = Array.from({ length: others }, (_, at) => ({
        ...first,
        decisionId: `slack:${at}`,
        by: { provider: 'slack', user: `person-${at}` } as const,
      }));
      const all = [...Array.from({ length: clicks }, () => first), ...people];
      const told = await Promise.all(all.map((verdict) => decide(arena, verdict)));
      arena.count(SENT, all.length);
      countTold(arena, told);
    },
  };
}

function countTold(arena: Arena, told: readonly Told[]): void {
  const taken = told.filter((one) => 'answer' in one);
  const late = told.filter((one) => 'refused' in one && one.refused.startsWith('AlreadyDecided'));
  const names = told.map((one) => ('refused' in one ? one.refused : 'taken'));
  if (taken.length + late.length < told.length)
    throw new Error(`They were told: ${names.join('; ')}.`);
  arena.count(TOO_LATE, late.length);
  // Whoever was first: the others of the same click hear the same.
  arena.count(REPEATED, Math.max(taken.length, 1));
}

/** Slack sends again what it got no answer to in time. */
const sentAgain: Step = {
  says: 'the first approval is sent once more, after it was deployed',
  async act(arena) {
    const told = await decide(arena, await verdictNow(arena, { decisionId: 'slack:retry' }));
    if (!('refused' in told)) throw new Error('It was taken a second time.');
    arena.count(TOO_LATE);
  },
};

export const f24: Fault = {
  id: 'F24',
  title: 'a fix is approved several times',
  workload: { wick: PAGES },
  workers: 1,
  repair: SHORT_PROBATION,
  script: (random) => [
    ...broken('second'),
    untilAsked,
    approvedByAll(random.between(2, 4), random.between(1, 4)),
    sentAgain,
    repairEnds('pr-merged-unchanged'),
    moved('deployed'),
  ],
  observe: ({ seen }) => ({
    [SENT]: seen.get(SENT) ?? 0,
    [REPEATED]: seen.get(REPEATED) ?? 0,
    [TOO_LATE]: seen.get(TOO_LATE) ?? 0,
  }),
  heals: 'by itself',
};
