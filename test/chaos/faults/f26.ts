import type { Verdict } from '../../../workflows/approval/request.ts';
import { rejectSignal } from '../../../workflows/approval/messages.ts';
import type { Arena } from '../arena.ts';
import { cli } from '../cli.ts';
import type { Fault, Step } from '../fault.ts';
import { at } from '../hold.ts';
import { armAll } from '../steps/repair-deaths.ts';
import {
  approveFix,
  approveSoon,
  broken,
  decide,
  incidentOf,
  moved,
  PAGES,
  repairEnds,
  repairHandle,
  repairStatus,
  SHORT_PROBATION,
  untilAsked,
  untilStage,
  verdictNow,
} from '../steps/repairs.ts';
import { until } from '../steps/runs.ts';

const REFUSED = 'decisions out of order that were refused with a reason';
const CONTINUED = 'times the repair went on in a new execution';
const SWITCHED = 'times the kill switch was turned on at the deployment';

/** So few messages make a new execution. */
const MAX_MESSAGES = 12;

/** What was shown at some time, to be sent later. */
const shown = new WeakMap<Arena, Verdict>();

function refused(what: string, verdict: (arena: Arena) => Promise<Verdict>, name: RegExp): Step {
  return {
    says: `${what} is refused`,
    async act(arena) {
      const told = await decide(arena, await verdict(arena));
      if (!('refused' in told)) throw new Error('It was taken.');
      if (!name.test(told.refused)) throw new Error(`It was told: ${told.refused}`);
      arena.count(REFUSED);
    },
  };
}

const early = refused(
  'an approval of what nobody has asked yet',
  (arena) => verdictNow(arena, { requestId: 'tomorrow', digest: 'a'.repeat(64) }),
  /^StaleDecision/u,
);

const remember: Step = {
  says: 'ana copies the command that is shown',
  act: async (arena) => void shown.set(arena, await verdictNow(arena)),
};

async function copied(arena: Arena): Promise<Verdict> {
  const verdict = shown.get(arena);
  if (!verdict) throw new Error('Nothing was copied.');
  return Promise.resolve(verdict);
}

/** Messages that mean nothing, until the repair begins a new execution; what was asked must still be asked. */
const continueAsNew: Step = {
  says: `${MAX_MESSAGES} messages that mean nothing, so that the repair goes on in a new execution`,
  async act(arena) {
    const before = (await repairHandle(arena).describe()).runId;
    for (let sent = 0; sent < MAX_MESSAGES; sent += 1)
      await repairHandle(arena).signal(rejectSignal.name, { junk: sent });
    await until(
      async () => (await repairHandle(arena).describe()).runId !== before,
      'a new execution',
    );
    arena.count(CONTINUED);
  },
};

const askForAnother: Step = {
  says: 'ben asks for another fix',
  async act(arena) {
    const by = { provider: 'cli', user: 'ben' } as const;
    const verdict = await verdictNow(arena, { verdict: 'request-changes', reason: 'No.', by });
    const told = await decide(arena, verdict);
    if (!('answer' in told)) throw new Error(told.refused);
    await until(async () => {
      const { question } = (await repairStatus(arena)) ?? {};
      return question !== undefined && question.request.id !== verdict.requestId;
    }, 'another question');
  },
};

const rejectNow: Step = {
  says: 'ben rejects what is asked now',
  async act(arena) {
    const by = { provider: 'cli', user: 'ben' } as const;
    const told = await decide(arena, await verdictNow(arena, { verdict: 'reject', by }));
    if (!('answer' in told)) throw new Error(told.refused);
    await until(async () => (await incidentOf(arena))?.state === 'closed', 'the end');
  },
};

function turnSwitch(state: 'on' | 'off'): Step {
  return {
    says: `the kill switch is turned ${state}`,
    async act(arena) {
      const { code, output } = await cli(arena, 'kill-switch', state, '--reason', 'chaos');
      if (code !== 0) throw new Error(output);
      if (state === 'on') arena.count(SWITCHED);
    },
  };
}

/** Each ends without a fix in force, or with one that was decided anew. */
const ENDS = {
  'old bytes': [
    remember,
    askForAnother,
    refused('an approval of the older fix', copied, /^StaleDecision/u),
    rejectNow,
    refused('the same approval after the end', copied, /./u),
    moved(),
  ],
  'too late': [
    remember,
    repairEnds('pr-expired'),
    refused('an approval after the expiry', copied, /./u),
    moved(),
  ],
  'kill switch': [
    armAll(['stage:deploying']),
    remember,
    approveSoon,
    at('stage:deploying', turnSwitch('on')),
    untilStage('parked'),
    refused('the same approval once more', copied, /^(?:AlreadyDecided|StaleDecision)/u),
    moved(),
    turnSwitch('off'),
    untilAsked,
    refused('an approval of what was asked before', copied, /^StaleDecision/u),
    approveFix,
    repairEnds('pr-merged-unchanged'),
    moved('deployed'),
  ],
} as const satisfies Readonly<Record<string, readonly Step[]>>;
const WAYS = ['old bytes', 'too late', 'kill switch'] as const;

/** Long enough that everything in front of it is done. */
const DEADLINE_MS = 25_000;

export const f26: Fault = {
  id: 'F26',
  title: 'decisions come out of order: early, about older bytes, late, after the end',
  workload: { wick: PAGES },
  workers: 1,
  repair: { ...SHORT_PROBATION, deadlineMs: DEADLINE_MS },
  script: (random) => [
    ...broken('second', { maxMessages: MAX_MESSAGES }),
    early,
    untilAsked,
    continueAsNew,
    untilAsked,
    ...ENDS[random.pick(WAYS)],
  ],
  observe: ({ seen }) => ({
    [REFUSED]: seen.get(REFUSED) ?? 0,
    [CONTINUED]: seen.get(CONTINUED) ?? 0,
  }),
  heals: 'by itself',
};
