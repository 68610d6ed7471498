import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundAt } from '../../../workflows/repair/calibration.ts';
import { CHECK_NAMES, checkReport, type CheckName } from '../../../workflows/repair/checks.ts';
import { WEIGHTS, type EvidenceFeatures } from '../../../workflows/repair/confidence.ts';
import type { CandidateFacts, GateCircumstances } from '../../../workflows/repair/gate-evidence.ts';
import { decide, type GateDecision } from '../../../workflows/repair/gate.ts';
import { phaseOf, type RepairPolicy } from '../../../workflows/repair/policy.ts';
import { isAudited, type Veto } from '../../../workflows/repair/vetoes.ts';
import { CLEAN_FEATURES, gateCalibration, gateEvidence, gatePolicy } from '../../fakes/gate.ts';

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');
const RANK = { alert: 0, 'pull-request': 1, deploy: 2 };

describe('the gate (repair 7)', () => {
  test('deploys what is likely, proven, not vetoed and allowed by its phase', () => {
    const decision = decide(gateEvidence(), gatePolicy(), gateCalibration(), NOW_MS);

    expect(decision).toMatchObject({
      decision: 'deploy',
      probability: 0.9831,
      lowerBound: 0.9513,
      vetoes: [],
      shadowDeploy: false,
      patchDigest: 'p'.repeat(64),
      policyHash: 'h'.repeat(64),
      calibrationHash: 'c'.repeat(64),
      reasons: ['p = 0.98; at least 0.95 with 95 % confidence, from 60 of 60.'],
    });
  });

  test('without outcomes asks people, and counts the outcome as if it had deployed', () => {
    const levels = gateCalibration().levels.map((level) => ({ ...level, n: 0, bounds: [] }));
    const decision = decide(gateEvidence(), gatePolicy(), gateCalibration({ levels }), NOW_MS);

    expect(decision).toMatchObject({
      decision: 'pull-request',
      shadowDeploy: true,
      lowerBound: 0,
    });
    expect(decision.reasons[0]).toBe(
      'p = 0.98; nothing is proven yet, for there are too few outcomes.',
    );
  });

  test.each<[RepairPolicy['phase'], number, GateDecision['decision'], boolean]>([
    ['manual', 1, 'alert', false],
    ['assisted', 1, 'pull-request', true],
    ['autonomous', 1, 'deploy', false],
    ['manual', 0, 'alert', false],
    ['assisted', 0, 'pull-request', false],
    ['autonomous', 0, 'pull-request', false],
  ])('phase %s with agreement %d gives %s', (phase, agree, expected, shadowDeploy) => {
    const evidence = gateEvidence({ features: { ...CLEAN_FEATURES, agree, oracle: agree } });

    expect(decide(evidence, gatePolicy({ phase }), gateCalibration(), NOW_MS)).toMatchObject({
      decision: expected,
      shadowDeploy,
    });
  });

  test('a phase that is missing is assisted, one that nobody knows is manual', () => {
    expect(
      [undefined, null, 'autonomous', 'Autonomous', 'auto', 3].map((text) => phaseOf(text)),
    ).toEqual(['assisted', 'assisted', 'autonomous', 'manual', 'manual', 'manual']);
  });

  test.each<[Veto, Partial<CandidateFacts>, 'refused' | 'ask' | 'draft']>([
    ['not-reproduced', { reproduced: false }, 'refused'],
    ['touches-guards', { touchesGuards: true }, 'refused'],
    ['no-sandbox', { sandbox: 'none' }, 'refused'],
    ['new-finding', { newFindings: ['eval'] }, 'draft'],
    ['shadow-bad', { shadow: 'bad' }, 'draft'],
    ['holdout-empty', { heldOutBodies: 0 }, 'ask'],
    ['reviewer-rejects', { review: 'reject' }, 'ask'],
    ['base-moved', { baseMoved: true }, 'ask'],
    ['regression-of-own-fix', { regressionOfOwnFix: true }, 'ask'],
    ['no-shadow-run', { shadow: 'none' }, 'ask'],
    ['no-shadow-run', { shadow: 'inconclusive' }, 'ask'],
    ['no-rollback', { rollbackPossible: false }, 'ask'],
  ])('"%s" of the candidate caps the decision', (veto, facts, level) => {
    const evidence = gateEvidence({ facts: { ...gateEvidence().facts, ...facts } });

    expect(decide(evidence, gatePolicy(), gateCalibration(), NOW_MS)).toEqual(capped(veto, level));
  });

  test.each<[Veto, CheckName, 'fail' | 'inconclusive', 'refused' | 'ask' | 'draft']>([
    ['invalid-candidate', 'schema', 'fail', 'refused'],
    ['path-not-allowed', 'paths', 'fail', 'refused'],
    ['output-empty', 'output', 'fail', 'refused'],
    ['f2p-incomplete', 'f2p', 'fail', 'draft'],
    ['p2p-regression', 'p2p', 'fail', 'draft'],
    ['required-missing', 'required', 'fail', 'draft'],
    ['not-deterministic', 'deterministic', 'fail', 'draft'],
    ['check-not-run', 'f2p', 'inconclusive', 'ask'],
    ['check-not-run', 'output', 'inconclusive', 'ask'],
    ['holdout-empty', 'holdout', 'inconclusive', 'ask'],
  ])('"%s" of check "%s" (%s) caps the decision', (veto, check, verdict, level) => {
    const checks = CHECK_NAMES.map((name) => checkReport(name, name === check ? verdict : 'pass'));

    expect(decide(gateEvidence({ checks }), gatePolicy(), gateCalibration(), NOW_MS)).toEqual(
      capped(veto, level),
    );
  });

  test.each<[Veto, Partial<GateCircumstances>, Partial<RepairPolicy>]>([
    ['kill-switch', { killSwitch: true }, {}],
    ['budget-exceeded', { budgetExceeded: true }, {}],
    ['daily-cap', { deploysToday: 2 }, {}],
    ['failed-repairs', { failedRepairs: 3 }, {}],
    ['review-required', {}, { review: 'required' }],
    ['freeze-window', {}, { freezeWindows: [{ fromMs: NOW_MS, toMs: NOW_MS + 1 }] }],
  ])('"%s" asks people, and says nothing against the candidate', (veto, hour, policy) => {
    const circumstances = { ...gateEvidence().circumstances, ...hour };
    const evidence = gateEvidence({ circumstances });

    const decision = decide(evidence, gatePolicy(policy), gateCalibration(), NOW_MS);

    expect(decision).toMatchObject({
      decision: 'pull-request',
      vetoes: [veto],
      shadowDeploy: true,
    });
  });

  test('failed checks alert where the policy says so', () => {
    const facts = { ...gateEvidence().facts, shadow: 'bad' as const };
    const policy = gatePolicy({ onFailedChecks: 'alert' });

    expect(decide(gateEvidence({ facts }), policy, gateCalibration(), NOW_MS).decision).toBe(
      'alert',
    );
  });

  test('outcomes may make the gate stricter than its policy, never looser', () => {
    const stricter = gateCalibration({ tauDeploy: 0.99 });
    const looser = gateCalibration({ tauDeploy: 0.5 });
    const never = gateCalibration({ tauDeploy: null });
    const policy = gatePolicy({ tauDeploy: 0.985 });
    const decisionWith = (calibration: typeof never, of = gatePolicy()): string =>
      decide(gateEvidence(), of, calibration, NOW_MS).decision;

    expect(decisionWith(stricter)).toBe('pull-request');
    expect(decisionWith(looser, policy)).toBe('pull-request');
    expect(decisionWith(looser)).toBe('deploy');
    expect(decisionWith(never)).toBe('pull-request');
  });

  test('after a rollback nothing deploys until its time is over, or a person says so', () => {
    const off = { scope: 'stratum' as const, because: 'A fix was rolled back.' };
    const timed = gateCalibration({ off: { ...off, untilMs: NOW_MS + 1 } });
    const held = gateCalibration({ off: { ...off, untilMs: null } });

    expect(decide(gateEvidence(), gatePolicy(), timed, NOW_MS).vetoes).toEqual(['deploys-off']);
    expect(decide(gateEvidence(), gatePolicy(), timed, NOW_MS + 1).decision).toBe('deploy');
    expect(decide(gateEvidence(), gatePolicy(), held, NOW_MS + 1e12).decision).toBe('pull-request');
  });

  test('a stratum without outcomes of its own never deploys', () => {
    const strangers = [
      gateCalibration({ known: false }),
      gateCalibration({ stratum: 'json/SelectorMissing' }),
      gateCalibration({ levels: [] }),
    ];

    for (const calibration of strangers)
      expect(decide(gateEvidence(), gatePolicy(), calibration, NOW_MS).decision).not.toBe('deploy');
  });

  test('one fix in ten goes to people first, chosen by its own digits', () => {
    const fingerprints = Array.from({ length: 2000 }, (_, i) =>
      Math.imul(i + 1, 0x9e_37_79_b1 | 0)
        .toString(16)
        .replace('-', '')
        .padStart(8, '0'),
    );
    const audited = fingerprints.filter((one) => isAudited(one));

    const evidence = gateEvidence({ fingerprint: audited[0] ?? '' });
    const decision = decide(evidence, gatePolicy(), gateCalibration(), NOW_MS);

    expect(audited.length / fingerprints.length).toBeCloseTo(0.1, 1);
    expect(decision).toMatchObject({ vetoes: ['audit-sample'], shadowDeploy: true });
  });
});

describe('what always holds of the gate', () => {
  const features = fc.record(
    Object.fromEntries(
      Object.entries(WEIGHTS).map(([name, { min, max }]) => [
        name,
        fc.double({ min, max, noNaN: true }),
      ]),
    ),
  ) as unknown as fc.Arbitrary<EvidenceFeatures>;
  const names = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[];

  test('better evidence never gives less: monotone in every number', () => {
    const steps = [
      { minScore: -1, n: 200, successes: 150, lowerBound: 0.6951 },
      { minScore: 2.5, n: 90, successes: 88, lowerBound: 0.9316 },
    ];
    const calibration = gateCalibration({
      levels: gateCalibration().levels.map((level) => ({ ...level, bounds: steps })),
    });
    const betterBy = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(features, fc.constantFrom(...names), betterBy, (before, name, by) => {
        const { weight, min, max } = WEIGHTS[name];
        const target = weight > 0 ? max : min;
        const after = { ...before, [name]: before[name] + (target - before[name]) * by };
        const [less, more] = [before, after].map((x) =>
          decide(gateEvidence({ features: x }), gatePolicy(), calibration, NOW_MS),
        );

        expect(more?.probability).toBeGreaterThanOrEqual(less?.probability ?? 1);
        expect(more?.lowerBound).toBeGreaterThanOrEqual(less?.lowerBound ?? 1);
        expect(RANK[more?.decision ?? 'alert']).toBeGreaterThanOrEqual(
          RANK[less?.decision ?? 'deploy'],
        );
      }),
      { numRuns: 500 },
    );
  });

  test('a veto never gives more than the same without it, whatever the numbers', () => {
    const facts = fc.record({
      reproduced: fc.boolean(),
      heldOutBodies: fc.nat(3),
      touchesGuards: fc.boolean(),
      sandbox: fc.constantFrom<CandidateFacts['sandbox']>('not-needed', 'isolated', 'none'),
      changesCode: fc.boolean(),
      newFindings: fc.array(fc.string(), { maxLength: 1 }),
      review: fc.constantFrom<CandidateFacts['review']>('accept', 'reject', 'abstain'),
      baseMoved: fc.boolean(),
      regressionOfOwnFix: fc.boolean(),
      shadow: fc.constantFrom<CandidateFacts['shadow']>('good', 'bad', 'inconclusive', 'none'),
      rollbackPossible: fc.boolean(),
    });
    fc.assert(
      fc.property(features, facts, (numbers, some) => {
        const evidence = gateEvidence({ features: numbers, facts: some });
        const vetoed = decide(evidence, gatePolicy(), gateCalibration(), NOW_MS);
        const clean = decide(
          gateEvidence({ features: numbers }),
          gatePolicy(),
          gateCalibration(),
          NOW_MS,
        );

        expect(RANK[vetoed.decision]).toBeLessThanOrEqual(RANK[clean.decision]);
        expect(vetoed.vetoes.length > 0 && vetoed.decision === 'deploy').toBe(false);
        expect(vetoed.candidateRefused === true && vetoed.decision !== 'alert').toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('junk alerts, and never throws', () => {
    const junk = fc.anything({ withNullPrototype: true, withSparseArray: true, withMap: true });
    fc.assert(
      fc.property(junk, junk, junk, fc.anything(), (a, b, c, d) => {
        const decision = decide(a as never, b as never, c as never, d as never);
        expect(decision.decision).toBe('alert');
        expect(decision.reasons.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  test('one part replaced by junk never deploys what its type does not allow', () => {
    const parts = [
      ['features', 'repro'],
      ['features', 'holdout'],
      ['facts', 'reproduced'],
      ['facts', 'shadow'],
      ['circumstances', 'killSwitch'],
      ['circumstances', 'deploysToday'],
    ] as const;
    const wrong = fc.oneof(
      fc.constantFrom<unknown>(undefined, null, Number.NaN, Infinity, -5, {}, [], 'yes', 'true'),
      fc.object(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...parts), wrong, ([group, name], value) => {
        const evidence = gateEvidence();
        const broken = { ...evidence, [group]: { ...evidence[group], [name]: value } };
        expect(decide(broken as never, gatePolicy(), gateCalibration(), NOW_MS).decision).toBe(
          'alert',
        );
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['another version', { v: 2 }],
    ['no version', { v: undefined }],
    ['a threshold that is no number', { tauDeploy: Number.NaN }],
    ['a bound that is missing', { lambda: undefined }],
    ['a phase that nobody knows', { phase: 'full-auto' }],
    ['no hash', { hash: '' }],
  ])('a policy with %s never deploys', (_name, changes) => {
    const policy = { ...gatePolicy(), ...changes } as never;
    expect(decide(gateEvidence(), policy, gateCalibration(), NOW_MS).decision).toBe('alert');
  });

  test('decides the same twice', () => {
    fc.assert(
      fc.property(features, (numbers) => {
        const evidence = gateEvidence({ features: numbers });
        expect(decide(evidence, gatePolicy(), gateCalibration(), NOW_MS)).toEqual(
          decide(structuredClone(evidence), gatePolicy(), gateCalibration(), NOW_MS),
        );
      }),
    );
  });

  test('a score below every recorded one is worth what all of them prove', () => {
    expect(boundAt(gateCalibration(), -9)).toMatchObject({ lowerBound: 0.9513, n: 60 });
  });
});

function capped(veto: Veto, level: 'refused' | 'ask' | 'draft'): GateDecision {
  const whole = decide(gateEvidence(), gatePolicy(), gateCalibration(), NOW_MS);
  return {
    ...whole,
    decision: level === 'refused' ? 'alert' : 'pull-request',
    vetoes: [veto],
    reasons: expect.arrayContaining([whole.reasons[0]]),
    ...(level === 'refused' ? { candidateRefused: true } : {}),
    ...(level === 'draft' ? { draft: true } : {}),
  };
}
