import { describe, expect, test, vi } from 'vitest';
import { decideUpdate } from '../../../workflows/approval/messages.ts';
import { failure } from '../../../workflows/failures.ts';
import { killSignal } from '../../../workflows/repair/messages.ts';
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

/** Short enough to wait for. */
const PACES = { lookMs: 50, longestMs: 100, unreproducedMs: 600, holdMs: 300 };
const BY_ITSELF: RepairScript = {
  settings: { phase: 'autonomous' },
  set: (incident) => void (incident.calibration = proven()),
};

function start(script?: RepairScript): Promise<RepairOnStage> {
  return repair(workers().client, fakes, script);
}

async function endOf({ handle, incident }: RepairOnStage): Promise<string | undefined> {
  await handle.result();
  return incident.closed()?.outcome;
}

function isDeployed({ incident }: RepairOnStage): boolean {
  return incident.calls.some((call) => call.startsWith('deploy'));
}

describe.concurrent('every incident ends in one outcome:', () => {
  test('alerted, when nothing can be healed there', async () => {
    const unhealable = 'A wall of the site is no selector. Ask its owner.';
    const one = await start({
      set: (incident) => void (incident.opened = { ...incident.opened, unhealable }),
    });

    expect(await endOf(one)).toBe('alerted');
    expect(one.incident.told).toMatchObject([{ kind: 'alert', what: unhealable }]);
    expect(one.incident.calls).toEqual(['open', 'gather', 'close alerted']);
  });

  test('not-reproduced, when the next run is good', async () => {
    const one = await start({
      input: { paces: PACES },
      set({ reproductions }) {
        reproductions.splice(0, 1, unseen());
      },
    });
    await vi.waitFor(() => expect(one.incident.calls).toContain('reproduce'), PATIENTLY);
    one.incident.recovery = { recovered: true, run: 'collect:2', failedAgain: 0 };
    await one.ran();

    expect(await endOf(one)).toBe('not-reproduced');
    expect(one.incident.calls).not.toContain('propose');
  });

  test('alerted, when it cannot be reproduced and no run tells', async () => {
    const one = await start({
      input: { paces: PACES },
      set: ({ reproductions }) => void reproductions.splice(0, 1, unseen()),
    });

    expect(await endOf(one)).toBe('alerted');
    expect(one.incident.closed()?.because).toContain('could not be reproduced');
  });

  test('what failed again is reproduced once more, and repaired', async () => {
    const one = await start({
      input: { paces: PACES },
      set: ({ reproductions }) => void reproductions.unshift(unseen()),
    });
    one.incident.recovery = { recovered: false, failedAgain: 1 };
    await one.until('awaiting-approval');

    expect(one.incident.calls.filter((call) => call === 'reproduce')).toHaveLength(2);
    await one.decide({ verdict: 'reject' });
    expect(await endOf(one)).toBe('pr-rejected');
  });

  test('pr-rejected, with the reason; the candidate is never deployed', async () => {
    const one = await start();
    await one.until('awaiting-approval');
    await one.decide({ verdict: 'reject', reason: 'That is the teaser.' });

    expect(await endOf(one)).toBe('pr-rejected');
    expect(one.incident.closed()).toMatchObject({ byPerson: true, patchDigest: 'a'.repeat(64) });
    expect(one.incident.closed()?.because).toContain('Rejected by ana');
    expect(one.incident.closed()?.because).toContain('That is the teaser.');
    expect(isDeployed(one)).toBe(false);
  });

  test('pr-expired, when nobody answers', async () => {
    const one = await start({ settings: { deadlineMs: 400 } });

    expect(await endOf(one)).toBe('pr-expired');
    expect(one.incident.told.map(({ kind }) => kind)).toContain('expired');
    expect(isDeployed(one)).toBe(false);
  });

  test('auto-deployed-rolled-back, when a run on the fix is bad', async () => {
    const one = await start(BY_ITSELF);
    await one.until('probation');
    one.incident.probation = { runs: [runOn('bad')] };
    await one.ran();

    expect(await endOf(one)).toBe('auto-deployed-rolled-back');
    expect(one.incident.rolledBack).toHaveLength(1);
    expect(one.incident.told.map(({ kind }) => kind)).toContain('rolled-back');
  });

  test('alerted, when a newer fix lies on the one that should go: once, and not for ever', async () => {
    const one = await start(BY_ITSELF);
    await one.until('probation');
    one.incident.before = (name) => {
      if (name === 'rollbackFix')
        throw failure('StaleDecision', 'A newer fix, of another incident, is in force.');
    };
    one.incident.probation = { runs: [runOn('bad')] };
    await one.ran();

    expect(await endOf(one)).toBe('alerted');
    expect(one.incident.rolledBack).toEqual([]);
    expect(one.incident.told.filter(({ kind }) => kind === 'alert')).toHaveLength(1);
  });

  test('pr-merged-edited, when people asked for another fix first', async () => {
    const one = await start({
      set({ proposals, checks }) {
        proposals.push(proposalOf('b'));
        checks.push({ chosen: fixOf('b'), failed: [] });
      },
    });
    const { question: first } = await one.until('awaiting-approval');
    await one.decide({ verdict: 'request-changes', reason: 'Take the headline.' });
    await vi.waitFor(
      async () =>
        expect(await (async () => (await one.status()).question?.request.digest)()).toContain(
          'b'.repeat(64),
        ),
      PATIENTLY,
    );
    await one.until('awaiting-approval');
    await one.decide();
    await one.until('probation');
    one.incident.probation = { runs: [runOn('good'), runOn('good'), runOn('good')] };
    await one.ran();

    expect(await endOf(one)).toBe('pr-merged-edited');
    expect(one.incident.proposed[1]).toMatchObject({
      guidance: 'Take the headline.',
      refused: ['a'.repeat(64)],
    });
    expect(first?.request.offers).toContain('request-changes');
  });

  test('alerted, when no strategy finds anything and nobody knows more', async () => {
    const abstained = [{ strategy: 'similarity', because: 'The margin is too small.' }];
    const one = await start({
      settings: { deadlineMs: 400 },
      set: ({ proposals }) => void proposals.splice(0, 1, { candidates: [], abstained }),
    });

    expect(await endOf(one)).toBe('alerted');
    expect(one.incident.proposed).toHaveLength(1);
    expect(one.incident.closed()?.because).toContain('The margin is too small.');
  });

  test('three attempts, each knowing what failed before, then people are asked', async () => {
    const failed = (name: string) => ({ failed: [name.repeat(64)], because: 'It found too much.' });
    const one = await start({
      set({ checks, proofs, proposals }) {
        proposals.splice(0, 1, proposalOf('a'), proposalOf('b'), proposalOf('c'), proposalOf('d'));
        const chosen = { chosen: fixOf('c'), failed: [] };
        checks.splice(0, 1, failed('a'), failed('b'), chosen, { ...chosen, chosen: fixOf('d') });
        proofs.unshift({ verdict: 'bad', because: '3 of 10 pages are empty.', pages: 10 });
      },
    });
    await one.until('awaiting-guidance');

    expect(one.incident.proposed.map(({ attempt, refused }) => [attempt, refused.length])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
    ]);
    expect((await one.status()).incident?.stuck).toContain('3 of 10 pages are empty.');
    expect(await one.guide()).toEqual({ attempt: 4 });
    await one.until('awaiting-approval');
    expect(one.incident.proposed[3]).toMatchObject({ attempt: 4, guidance: 'title: h1.headline' });
    await one.decide({ verdict: 'reject' });
    expect(await endOf(one)).toBe('pr-rejected');
  });

  test('guidance that finds nothing is answered by its own reason, with the number of the attempt', async () => {
    const nothing = {
      candidates: [],
      abstained: [
        { strategy: 'memory', because: 'Nothing like it was fixed before.' },
        { strategy: 'guidance', because: '"h2.gone" matches nothing.' },
      ],
    };
    const one = await start({ set: ({ proposals }) => void proposals.splice(0, 1, nothing) });
    await one.until('awaiting-guidance');
    const before = (await one.status()).question?.request.id;

    await one.guide({ text: 'title: h2.gone' });
    await vi.waitFor(
      async () => expect((await one.status()).question?.request.id).not.toBe(before),
      PATIENTLY,
    );
    const { incident: shown } = await one.until('awaiting-guidance');

    expect(shown).toMatchObject({
      attempt: 2,
      stuck:
        'Attempt 2, with what ana said, found no fix. No strategy found a fix. guidance: "h2.gone" matches nothing.',
    });
    await one.decide({ verdict: 'reject' });
    await endOf(one);
  });

  test('guidance that nobody gives does not hold up what breaks next', async () => {
    const nothing = { candidates: [], abstained: [] };
    const one = await start({ set: ({ proposals }) => void proposals.splice(0, 1, nothing) });
    await one.until('awaiting-guidance');
    const next = fakes.incident(`${one.incident.id}-2`);

    await one.report(next.id);

    await vi.waitFor(
      async () =>
        expect(await one.status()).toMatchObject({
          stage: 'awaiting-approval',
          incident: { incident: next.id },
        }),
      PATIENTLY,
    );
    expect(one.incident.closed()).toMatchObject({
      outcome: 'alerted',
      because: expect.stringMatching(/^Another break of the source has come, incident ".*-2"/),
    });
    await one.decide({ verdict: 'reject' });
    await one.handle.result();
  });

  test('a fix below every threshold is shown, and only another attempt may follow', async () => {
    const one = await start({
      set(incident) {
        const features = { ...incident.evidence.features, f2p: 0, holdout: 0, oracle: 0 };
        incident.evidence = { ...incident.evidence, features };
      },
    });
    const { incident: shown } = await one.until('awaiting-guidance');

    expect(shown?.verdict?.decision).toBe('alert');
    expect(shown?.fix?.patchDigest).toBe('a'.repeat(64));
    await one.decide({ verdict: 'reject', reason: 'I mend it by hand.' });
    expect(await endOf(one)).toBe('alerted');
    expect(one.incident.closed()?.because).toContain('I mend it by hand.');
  });

  test('where there is nothing to repair, a person says that the source is right as it is', async () => {
    const one = await start({
      set: ({ proposals }) => void proposals.splice(0, 1, { candidates: [], abstained: [] }),
    });
    await one.until('awaiting-guidance');
    await one.decide({ verdict: 'reject', reasonClass: 'not-a-bug', reason: 'Sold out.' });

    expect(await endOf(one)).toBe('alerted');
    expect(one.incident.closed()).toMatchObject({ rightAsItIs: true, byPerson: true });
  });

  test('in the phase "manual" a question is asked when a person wants one', async () => {
    const one = await start({ settings: { phase: 'manual' } });
    await one.until('awaiting-guidance');

    await one.guide({ text: 'Ask us.' });

    await one.until('awaiting-approval');
    await one.decide({ verdict: 'reject' });
    expect(await endOf(one)).toBe('pr-rejected');
  });

  test('a dry run says what it would have deployed', async () => {
    const one = await start({ ...BY_ITSELF, settings: { phase: 'autonomous', dryRun: true } });

    expect(await endOf(one)).toBe('alerted');
    expect(one.incident.closed()?.because).toMatch(/dry run: candidate aaaaaaaa would be deployed/);
    expect(isDeployed(one)).toBe(false);
  });

  test('a step that fails for good is told, and ends as an alert', async () => {
    const one = await start({
      set({ proposals }) {
        proposals.splice(0, 1, failure('AccessDenied', 'The worker may not read the evidence.'));
      },
    });

    expect(await endOf(one)).toBe('alerted');
    expect(one.incident.told[0]?.what).toContain('AccessDenied: The worker may not read');
  });

  test('no conclusive run on the fix: people look, nothing is rolled back, nothing is called good', async () => {
    const one = await start({
      settings: { ...BY_ITSELF.settings, probation: { runs: 3, withinMs: 200 } },
      set(incident) {
        incident.calibration = proven();
        incident.probation = { runs: [runOn('inconclusive')] };
      },
      input: { paces: { ...PACES, holdMs: 2000 } },
    });

    expect(await endOf(one)).toBe('alerted');
    expect(one.incident.rolledBack).toEqual([]);
    expect(one.incident.told.filter(({ kind }) => kind === 'alert')).toHaveLength(2);
  });

  test('one good run is enough when the time is over, and a bad one during the wait still rolls back', async () => {
    const settings = { ...BY_ITSELF.settings, probation: { runs: 3, withinMs: 300 } };
    const [good, bad] = await Promise.all([
      start({ ...BY_ITSELF, settings, input: { paces: PACES } }),
      start({ ...BY_ITSELF, settings, input: { paces: { ...PACES, holdMs: 20_000 } } }),
    ]);
    good.incident.probation = { runs: [runOn('good')] };
    await vi.waitFor(
      () => expect(bad.incident.told.map(({ kind }) => kind)).toContain('alert'),
      PATIENTLY,
    );
    bad.incident.probation = { runs: [runOn('inconclusive'), runOn('bad')] };
    await bad.ran();

    expect(await endOf(good)).toBe('auto-deployed-ok');
    expect(await endOf(bad)).toBe('auto-deployed-rolled-back');
  });
});

describe.concurrent('a deployment that is refused at the last moment', () => {
  test('by the switch waits until it is off, and then everybody is asked anew', async () => {
    const one = await start({
      input: { paces: PACES },
      set({ deployments }) {
        deployments.push(failure('PolicyDenied', 'The kill switch is on.'));
      },
    });
    const { question: first } = await one.until('awaiting-approval');
    one.incident.before = (name) => {
      if (name !== 'deployFix') return;
      const wait = { because: 'The kill switch is on.', untilMs: Date.now(), parked: true };
      one.incident.opened = { ...one.incident.opened, wait };
    };
    await one.decide();
    await one.until('parked');
    one.incident.before = () => undefined;
    const { wait: _off, ...opened } = one.incident.opened;
    one.incident.opened = opened;
    const { question: second } = await one.until('awaiting-approval');

    expect(second?.request.id).not.toBe(first?.request.id);
    expect(one.incident.deployed).toEqual([]);
    await one.decide({ verdict: 'reject' });
    expect(await endOf(one)).toBe('pr-rejected');
  });

  test.each(['Conflict', 'StaleDecision'] as const)(
    'by %s starts again on the spec that is in force now',
    async (name) => {
      const one = await start({
        ...BY_ITSELF,
        set(incident) {
          incident.calibration = proven();
          incident.deployments.push(failure(name, 'Another spec is in force.'));
        },
      });
      await one.until('probation');

      expect(one.incident.calls.filter((call) => call === 'reproduce')).toHaveLength(2);
      expect(one.incident.deployed).toHaveLength(1);
      await one.handle.terminate();
    },
  );

  test('because somebody mended the definition ends as recovered', async () => {
    const one = await start({
      ...BY_ITSELF,
      set(incident) {
        incident.calibration = proven();
        incident.deployments.push(failure('Conflict', 'Another spec is in force.'));
        incident.before = (name) => {
          if (name === 'deployFix')
            incident.recovery = { recovered: true, run: 'collect:9', failedAgain: 0 };
        };
      },
    });

    expect(await endOf(one)).toBe('recovered');
    expect(one.incident.deployed).toEqual([]);
  });
});

const STAGES = [
  ['triaging', 'openRepair'],
  ['reproducing', 'reproduceFailure'],
  ['diagnosing', 'gatherEvidence'],
  ['proposing', 'proposeFixes'],
  ['checking', 'checkCandidates'],
  ['proving', 'proveFix'],
  ['deciding', 'readGate'],
] as const;

describe.concurrent('a run that is good without us', () => {
  test.each(STAGES)('while it stands at %s ends it as recovered', async (_stage, effect) => {
    const one = await start({
      set(incident) {
        incident.before = async (name) => {
          if (name !== effect) return;
          incident.recovery = { recovered: true, run: 'collect:2', failedAgain: 0 };
          await one.ran();
        };
      },
    });

    expect(await endOf(one)).toBe('recovered');
    expect(isDeployed(one)).toBe(false);
  });

  test('while people are asked withdraws the question', async () => {
    const one = await start();
    await one.until('awaiting-approval');
    one.incident.recovery = { recovered: true, run: 'collect:2', failedAgain: 0 };
    await one.ran();

    expect(await endOf(one)).toBe('recovered');
    expect((await one.status()).question?.closed?.outcome).toBe('superseded');
  });

  test('on no spec yet, but another spec is in force: the question is withdrawn and all starts again', async () => {
    const one = await start();
    const { question: first } = await one.until('awaiting-approval');
    const old = await one.verdict();
    one.incident.recovery = { recovered: false, failedAgain: 0, specDigest: 'spec-by-hand' };
    await one.ran();
    await vi.waitFor(
      async () =>
        expect(await (async () => (await one.status()).question?.request.id)()).not.toBe(
          first?.request.id,
        ),
      PATIENTLY,
    );
    await one.until('awaiting-approval');

    expect(one.incident.calls.filter((call) => call === 'reproduce')).toHaveLength(2);
    expect(await refusalOf(one.handle.executeUpdate(decideUpdate, { args: [old] }))).toMatch(
      /^StaleDecision: /,
    );
    expect(isDeployed(one)).toBe(false);
    await one.handle.terminate();
  });

  test('whose signal was lost is found by a look now and then', async () => {
    const one = await start({ input: { paces: PACES } });
    await one.until('awaiting-approval');
    one.incident.recovery = { recovered: true, run: 'collect:2', failedAgain: 0 };

    expect(await endOf(one)).toBe('recovered');
  });

  test('is no run at all: anybody can send the signal, only the runs count', async () => {
    const one = await start();
    await one.until('awaiting-approval');
    await one.ran();
    await vi.waitFor(() => expect(one.incident.calls).toContain('look'), PATIENTLY);

    expect((await one.status()).stage).toBe('awaiting-approval');
    await one.handle.terminate();
  });
});

describe.concurrent('the kill signal', () => {
  test.each([...STAGES, ['awaiting-approval', 'tellOfRepair'] as const])(
    'parks it at %s, and lets it go on',
    async (_stage, effect) => {
      const order = { by: 'ana', reason: 'Something is odd.' };
      const one = await start({
        set(incident) {
          let isSent = false;
          incident.before = async (name) => {
            if (name !== effect || isSent) return;
            isSent = true;
            await one.handle.signal(killSignal, { ...order, on: true });
          };
        },
      });
      const { parked } = await one.until('parked');
      const before = one.incident.calls.length;
      await one.handle.signal(killSignal, { ...order, on: false });
      await one.until('awaiting-approval');
      await one.decide();
      await one.until('probation');

      expect(parked).toMatchObject({ by: 'ana', reason: 'Something is odd.' });
      expect(before).toBeLessThan(one.incident.calls.length);
      expect(one.incident.deployed).toHaveLength(1);
      await one.handle.terminate();
    },
  );
});

function unseen() {
  return {
    verdict: 'not-reproduced',
    strength: 0,
    because: 'The page yields everything now.',
  } as const;
}
