import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import {
  approveSignal,
  decideUpdate,
  extendDeadlineUpdate,
  rejectSignal,
} from '../../../workflows/approval/messages.ts';
import type { Verdict } from '../../../workflows/approval/request.ts';
import {
  killSignal,
  provideGuidanceUpdate,
  reportFailureSignal,
  rollbackSignal,
  runFinishedSignal,
} from '../../../workflows/repair/messages.ts';
import { failure } from '../../../workflows/failures.ts';
import { fixOf, proposalOf, proven, repairFakes, runOn } from '../../fakes/repair-activities.ts';
import { withWorkers } from '../../set-up/workflow-workers.ts';
import {
  PATIENTLY,
  refusalOf,
  repair,
  type RepairOnStage,
  type RepairScript,
} from './repair-stage.ts';

const fakes = repairFakes();
const workers = withWorkers({ activities: fakes.activities });
const BEN = { provider: 'slack', user: 'ben' } as const;

async function asked(script?: RepairScript): Promise<RepairOnStage> {
  const one = await repair(workers().client, fakes, script);
  await one.until('awaiting-approval');
  return one;
}

function isDeployed({ incident }: RepairOnStage): boolean {
  return incident.calls.some((call) => call.startsWith('deploy'));
}

interface Forgery {
  readonly what: string;
  readonly script?: RepairScript;
  /** What is sent, as an update. */
  readonly send: (one: RepairOnStage) => Promise<unknown>;
  /** The refusal's failure name, and a part of its sentence. */
  readonly refused: RegExp;
}

/** Asks for another fix first, so that what was shown before is of an older candidate. */
async function replaced(one: RepairOnStage): Promise<Verdict> {
  willFind(one, 'b');
  const old = await one.verdict();
  await one.decide({ verdict: 'request-changes', reason: 'Another one.' });
  await vi.waitFor(
    async () =>
      expect(await (async () => (await one.status()).question?.request.digest)()).toContain(
        'b'.repeat(64),
      ),
    PATIENTLY,
  );
  return old;
}

function willFind({ incident }: RepairOnStage, name: string): void {
  incident.proposals.splice(0, 1, proposalOf(name));
  incident.checks.splice(0, 1, { chosen: fixOf(name), failed: [] });
}

function update(one: RepairOnStage, given: unknown): Promise<unknown> {
  return one.handle.executeUpdate(decideUpdate, { args: [given as Verdict] });
}

function guide(one: RepairOnStage, given: unknown): Promise<unknown> {
  return one.handle.executeUpdate(provideGuidanceUpdate, { args: [given as never] });
}

const DECISIONS: readonly Forgery[] = [
  {
    what: 'an approval of a question that nobody asked',
    send: (one) => one.decide({ requestId: 'nobody-asked' }),
    refused: /^StaleDecision: .*is asked now/,
  },
  {
    what: 'an approval of other bytes',
    send: (one) => one.decide({ digest: 'f'.repeat(64) }),
    refused: /^StaleDecision: This answers for "ffffffff"/,
  },
  {
    what: 'an approval of the same patch under another policy',
    send: (one) => one.decide({ digest: `${'a'.repeat(64)}.${'0'.repeat(64)}` }),
    refused: /^StaleDecision/,
  },
  {
    what: 'an approval of the patch alone',
    send: (one) => one.decide({ digest: 'a'.repeat(64) }),
    refused: /^StaleDecision/,
  },
  {
    what: 'an approval of an older candidate',
    send: async (one) => update(one, { ...(await replaced(one)), decisionId: 'late' }),
    refused: /^StaleDecision: .*is asked now/,
  },
  {
    what: 'an approval with the older question and the newer digest',
    async send(one) {
      const { requestId } = await replaced(one);
      return one.decide({ requestId });
    },
    refused: /^StaleDecision/,
  },
  {
    what: 'an approval while the next fix is looked for',
    async send(one) {
      const old = await one.verdict();
      one.incident.before = (name) =>
        name === 'proposeFixes' ? new Promise((resolve) => setTimeout(resolve, 500)) : undefined;
      await one.decide({ verdict: 'request-changes', reason: 'No.' });
      return update(one, { ...old, decisionId: 'late' });
    },
    refused: /^AlreadyDecided: .*was answered with "request-changes" by "ana"/,
  },
  {
    what: 'a verdict that is none',
    send: (one) => one.decide({ verdict: 'deploy' as never }),
    refused: /^StaleDecision: A decision needs requestId/,
  },
  { what: 'nothing', send: (one) => update(one, null), refused: /^StaleDecision: A decision/ },
  {
    what: 'a megabyte of letters',
    send: (one) => update(one, 'x'.repeat(1_000_000)),
    refused: /^StaleDecision: A decision/,
  },
  {
    what: 'a decision without a name',
    send: (one) => one.decide({ by: { provider: 'cli', user: '' } }),
    refused: /^StaleDecision: A decision/,
  },
  {
    what: 'an approval in the name of our own app',
    send: (one) => one.decide({ by: { provider: 'github', user: 'wellspring' } }),
    refused: /^NotAllowed: "wellspring" is part of what is asked/,
  },
  {
    what: 'an approval of somebody who may not approve',
    script: { settings: { approvers: ['ana'] } },
    send: (one) => one.decide({ by: BEN }),
    refused: /^NotAllowed: "ben" may not decide/,
  },
  {
    what: 'an approval in the name of an approver that nothing proves',
    script: { settings: { approvers: ['ana'] } },
    send: (one) => one.decide(),
    refused: /^NotAllowed: Nothing proves that this comes from "ana"/,
  },
  {
    what: 'an approval that calls itself proven',
    script: { settings: { approvers: ['ana'] } },
    send: async (one) => update(one, { ...(await one.verdict()), proven: true }),
    refused: /^NotAllowed: Nothing proves/,
  },
  {
    what: 'an approval of a member of a team that is no approver',
    script: { settings: { approvers: ['team:data'] }, input: { authorisedFrontend: true } },
    send: (one) => one.decide({ by: { ...BEN, team: 'sales' } }),
    refused: /^NotAllowed: "ben \(team sales\)" may not decide/,
  },
  {
    what: 'a third wish for changes',
    async send(one) {
      await replaced(one);
      await one.until('awaiting-approval');
      willFind(one, 'c');
      await one.decide({ verdict: 'request-changes', reason: 'Again.' });
      await vi.waitFor(
        async () =>
          expect(await (async () => (await one.status()).question?.request.digest)()).toContain(
            'c'.repeat(64),
          ),
        PATIENTLY,
      );
      return one.decide({ verdict: 'request-changes', reason: 'And again.' });
    },
    refused: /^NotAllowed: "request-changes" is no answer/,
  },
  {
    what: 'guidance while a question is open',
    send: (one) => one.guide(),
    refused: /^NotAllowed: .*does not wait for guidance now/,
  },
  {
    what: 'guidance for another incident',
    send: (one) => one.guide({ incident: 'inc-other' }),
    refused: /^StaleDecision: This is about incident "inc-other"/,
  },
  {
    what: 'guidance of more than 4 KB',
    send: (one) => one.guide({ text: 'ü'.repeat(2100) }),
    refused: /^StaleDecision: Guidance needs/,
  },
  { what: 'guidance that is a number', send: (one) => guide(one, 7), refused: /^StaleDecision/ },
  {
    what: 'more time for an unknown question',
    send: (one) =>
      one.handle.executeUpdate(extendDeadlineUpdate, {
        args: [{ requestId: 'other', by: BEN, hours: 1 }],
      }),
    refused: /^StaleDecision/,
  },
  {
    what: 'more time without end',
    async send(one) {
      const { requestId } = await one.verdict();
      return one.handle.executeUpdate(extendDeadlineUpdate, {
        args: [{ requestId, by: BEN, hours: Number.POSITIVE_INFINITY }],
      });
    },
    refused: /^StaleDecision: .*hours from 1 to 168/,
  },
];

describe.concurrent('refused, by its name, and nothing is deployed:', () => {
  test.each(DECISIONS)('$what', async ({ script, send, refused }) => {
    const one = await asked(script);

    expect(await refusalOf(send(one))).toMatch(refused);

    expect(isDeployed(one)).toBe(false);
    expect((await one.status()).incident?.outcome).toBeUndefined();
    await one.handle.terminate();
  });

  test('an approval before anything was asked', async () => {
    const one = await repair(workers().client, fakes, {
      set(incident) {
        incident.before = (name) =>
          name === 'proveFix' ? new Promise((resolve) => setTimeout(resolve, 600)) : undefined;
      },
    });
    await one.until('proving');

    expect(await refusalOf(one.decide())).toMatch(/^StaleDecision: Nothing is asked/);

    await one.handle.signal(approveSignal, await one.verdict());
    await vi.waitFor(
      async () => expect(await (async () => (await one.status()).refusedTotal)()).toBe(1),
      PATIENTLY,
    );
    expect(isDeployed(one)).toBe(false);
    await one.handle.terminate();
  });

  test.each([
    ['a rejection', async (one: RepairOnStage) => void (await one.decide({ verdict: 'reject' }))],
    [
      'a recovery',
      async (one: RepairOnStage) => {
        one.incident.recovery = { recovered: true, run: 'collect:2', failedAgain: 0 };
        await one.ran();
      },
    ],
  ])('an approval after %s', async (_what, end) => {
    const one = await asked();
    const verdict = await one.verdict();
    // The incident is being closed, and takes its time.
    one.incident.before = (name) =>
      name === 'closeIncident' ? new Promise((resolve) => setTimeout(resolve, 800)) : undefined;
    await end(one);
    await one.until('learning');

    expect(await refusalOf(update(one, verdict))).toMatch(/^(AlreadyDecided|StaleDecision): /);

    await one.handle.result();
    expect(isDeployed(one)).toBe(false);
  });

  test('an approval after the deadline', async () => {
    const one = await asked({ settings: { deadlineMs: 1500 } });
    const verdict = await one.verdict();
    one.incident.before = (name) =>
      name === 'closeIncident' ? new Promise((resolve) => setTimeout(resolve, 800)) : undefined;
    await one.until('learning');

    expect(await refusalOf(update(one, verdict))).toMatch(/^DeadlinePassed: /);

    await one.handle.result();
    expect(isDeployed(one)).toBe(false);
    expect(one.incident.closed()?.outcome).toBe('pr-expired');
  });

  test('an approval of what was rolled back', async () => {
    const one = await asked();
    const verdict = await one.verdict();
    await one.decide();
    await one.until('probation');
    one.incident.before = (name) =>
      name === 'closeIncident' ? new Promise((resolve) => setTimeout(resolve, 800)) : undefined;
    await one.rollBack();
    await one.until('learning');

    expect(await refusalOf(update(one, { ...verdict, decisionId: 'again' }))).toMatch(
      /^AlreadyDecided: /,
    );

    await one.handle.result();
    expect(one.incident.deployed).toHaveLength(1);
  });
});

describe.concurrent('decisions that race', () => {
  test('approve and reject at once: the first stands, and exactly that happens', async () => {
    const one = await asked();

    const raced = await Promise.allSettled([
      one.decide(),
      one.decide({ verdict: 'reject', by: BEN }),
    ]);

    const isApproved = raced[0]?.status === 'fulfilled';
    expect(raced.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    if (isApproved) await one.until('probation');
    else await one.handle.result();
    expect(one.incident.deployed).toHaveLength(isApproved ? 1 : 0);
    if (isApproved) await one.handle.terminate();
  });

  test('by signal, both in one task: the first stands, and the other is kept as refused', async () => {
    const one = await asked();
    const { verdict: _verdict, ...signalled } = await one.verdict();

    await one.handle.signal(rejectSignal, signalled);
    await one.handle.signal(approveSignal, { ...signalled, decisionId: 'second' }).catch(() => {});
    await one.handle.result();

    expect(one.incident.closed()?.outcome).toBe('pr-rejected');
    expect(isDeployed(one)).toBe(false);
  });

  test('the same click twice is one approval, also by two doors', async () => {
    const one = await asked({ settings: { quorum: 2 } });
    const verdict = await one.verdict();

    const first = await update(one, verdict);
    await one.handle.signal(approveSignal, verdict);
    const again = await update(one, verdict);

    expect([first, again]).toMatchObject([{ repeated: false }, { repeated: true }]);
    expect((await one.status()).question?.approvals).toBe(1);
    expect(isDeployed(one)).toBe(false);
    await one.decide({ by: BEN });
    await one.until('probation');
    expect(one.incident.deployed).toMatchObject([{ decidedBy: 'ben' }]);
    await one.handle.terminate();
  });

  test('one person twice is no quorum', async () => {
    const one = await asked({ settings: { quorum: 2 } });

    await one.decide();
    const second = await one.decide({ decisionId: 'another' });

    expect(second).toMatchObject({ approvals: 1, terminal: false });
    expect(isDeployed(one)).toBe(false);
    await one.handle.terminate();
  });

  test('a proven approver approves, and the decision is recorded as proven', async () => {
    const one = await asked({
      settings: { approvers: ['ana'] },
      input: { authorisedFrontend: true },
    });

    await one.decide();
    await one.until('probation');

    expect(one.incident.deployed).toMatchObject([{ decidedBy: 'ana', proven: true }]);
    await one.handle.terminate();
  });

  test('two guidances at once: one attempt, and the same one again is the same answer', async () => {
    const one = await repair(workers().client, fakes, {
      set: ({ proposals }) => void proposals.splice(0, 1, { candidates: [], abstained: [] }),
    });
    await one.until('awaiting-guidance');

    const raced = await Promise.allSettled([
      one.guide({ decisionId: 'one' }),
      one.guide({ decisionId: 'two' }),
    ]);
    await vi.waitFor(() => expect(one.incident.proposed.length).toBe(2), PATIENTLY);
    await one.until('awaiting-guidance');
    const won = raced[0]?.status === 'fulfilled' ? 'one' : 'two';

    expect(raced.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await one.guide({ decisionId: won })).toEqual({ attempt: 2 });
    expect(one.incident.proposed).toHaveLength(2);
    await one.handle.terminate();
  });
});

describe.concurrent('a rollback', () => {
  const byItself: RepairScript = {
    settings: { phase: 'autonomous' },
    set: (incident) => void (incident.calibration = proven()),
  };

  test('ordered in probation happens, once, however often it is ordered', async () => {
    const one = await repair(workers().client, fakes, byItself);
    await one.until('probation');

    await Promise.all([one.rollBack(), one.rollBack({ by: 'ben' }), one.rollBack()]);
    await one.handle.result();

    expect(one.incident.rolledBack).toHaveLength(1);
    expect(one.incident.closed()).toMatchObject({
      outcome: 'auto-deployed-rolled-back',
      byPerson: true,
    });
  });

  test('ordered while it is deployed happens right after', async () => {
    const one = await repair(workers().client, fakes, {
      ...byItself,
      set(incident) {
        incident.calibration = proven();
        incident.before = async (name) => {
          if (name === 'deployFix') await one.rollBack();
        };
      },
    });
    await vi.waitFor(() => expect(one.incident.rolledBack.length).toBe(1), PATIENTLY);
    await one.handle.result();

    expect(one.incident.calls.filter((call) => /^(deploy|roll)/.test(call))).toEqual([
      `deploy ${'a'.repeat(64)} by gate`,
      `roll back ${'a'.repeat(64)}`,
    ]);
  });

  test('ordered before anything is deployed is refused, and kept', async () => {
    const one = await asked();

    await one.rollBack();
    await vi.waitFor(
      async () => expect(await (async () => (await one.status()).refused.length)()).toBe(1),
      PATIENTLY,
    );

    const { stage, refused } = await one.status();
    expect(stage).toBe('awaiting-approval');
    expect(refused[0]).toMatchObject({ failure: 'NotAllowed', by: 'ana' });
    await one.handle.terminate();
  });

  test('of a closed incident starts a workflow of its own, and the second order finds nothing', async () => {
    const one = await repair(workers().client, fakes, byItself);
    await one.until('probation');
    one.incident.probation = { runs: [runOn('good'), runOn('good'), runOn('good')] };
    await one.ran();
    await one.handle.result();

    await one.rollBack();
    await one.handle.result();
    await one.rollBack();
    await one.handle.result();

    expect(one.incident.rolledBack).toMatchObject([{ by: 'ana', because: 'It is wrong.' }]);
    expect((await one.status()).refused).toMatchObject([{ failure: 'NotAllowed' }]);
  });

  test('of a closed incident happens while another one is repaired', async () => {
    const one = await repair(workers().client, fakes, byItself);
    await one.until('probation');
    one.incident.probation = { runs: [runOn('good'), runOn('good'), runOn('good')] };
    await one.ran();
    await one.handle.result();
    const second = fakes.incident(`inc-${randomUUID()}`);
    await one.report(second.id);
    await one.until('awaiting-approval');

    await one.rollBack();
    await vi.waitFor(() => expect(one.incident.rolledBack.length).toBe(1), PATIENTLY);

    await one.until('awaiting-approval');
    expect(second.closed()).toBeUndefined();
    await one.decide({ verdict: 'reject' });
    await one.handle.result();
    expect(second.closed()?.outcome).toBe('pr-rejected');
  });

  test('that fails is tried until it is done, and people are paged meanwhile', async () => {
    const one = await repair(workers().client, fakes, {
      ...byItself,
      input: { paces: { lookMs: 50, longestMs: 100 } },
    });
    await one.until('probation');
    one.incident.rollbacks.push(
      failure('AccessDenied', 'No.'),
      failure('AccessDenied', 'Still no.'),
    );
    one.incident.probation = { runs: [runOn('bad')] };
    await one.ran();
    await one.handle.result();

    expect(one.incident.rolledBack).toHaveLength(1);
    expect(one.incident.told.filter(({ kind }) => kind === 'alert')).toHaveLength(2);
    expect(one.incident.closed()?.outcome).toBe('auto-deployed-rolled-back');
  });

  test('outlives the cancellation of its workflow', async () => {
    const one = await repair(workers().client, fakes, byItself);
    await one.until('probation');
    one.incident.before = async (name) => {
      if (name === 'rollbackFix') await one.handle.cancel();
    };
    one.incident.probation = { runs: [runOn('bad')] };
    await one.ran();
    await one.handle.result().catch(() => undefined);

    expect(one.incident.rolledBack).toHaveLength(1);
    expect(one.incident.closed()?.outcome).toBe('auto-deployed-rolled-back');
  });
});

describe.concurrent('signals', () => {
  test.each([
    ['nothing', null],
    ['a word', 'approve'],
    ['a list', [1, 2]],
    ['fields of other types', { incident: 7, on: 'yes', by: {}, failure: 'NoSuchName' }],
    ['a book', { by: 'x'.repeat(200_000), incident: 'y' }],
  ])('with %s break nothing, and nothing follows from them', async (_what, junk) => {
    const one = await asked();
    const signals = [reportFailureSignal, rollbackSignal, killSignal, approveSignal, rejectSignal];
    for (const signal of signals) await one.handle.signal(signal.name, junk);
    await one.handle.signal(runFinishedSignal, junk as never);
    await vi.waitFor(
      async () => expect(await (async () => (await one.status()).refusedTotal)()).toBe(5),
      PATIENTLY,
    );

    const { stage, queued, parked, refused } = await one.status();

    expect({ stage, queued, parked }).toEqual({
      stage: 'awaiting-approval',
      queued: [],
      parked: undefined,
    });
    expect(new Set(refused.map((refusal) => refusal.failure))).toEqual(new Set(['junk']));
    expect(isDeployed(one)).toBe(false);
    await one.handle.terminate();
  });

  test('about an incident that nobody opened end without a trace', async () => {
    const one = await asked();
    const invented = `inc-${randomUUID()}`;
    await one.report(invented);
    await one.decide({ verdict: 'reject' });
    await one.handle.result();

    expect(one.incident.closed()?.outcome).toBe('pr-rejected');
    expect((await one.status()).stage).toBe('closed');
  });
});
