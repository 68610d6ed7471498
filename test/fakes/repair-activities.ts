import { randomUUID } from 'node:crypto';
import { failure, type FailureName } from '../../workflows/failures.ts';
import type {
  CheckedFixes,
  ChosenFix,
  CloseIncidentInput,
  DeployInput,
  Deployment,
  Proof,
  ProbationReading,
  ProposedFixes,
  ProposeInput,
  Recovery,
  RecordDecisionInput,
  RepairActivities,
  RepairCase,
  Reproduction,
  RollbackInput,
  TellOfRepairInput,
} from '../../workflows/repair/activities.ts';
import { uncalibrated, type GateCalibration } from '../../workflows/repair/calibration.ts';
import { CHECK_NAMES } from '../../workflows/repair/checks.ts';
import type { GateEvidence } from '../../workflows/repair/gate-evidence.ts';
import { policyOf, type RepairPolicy, type RepairSettings } from '../../workflows/repair/policy.ts';

/** Incidents as small as the workflow can tell; one an id, made when it is first asked for. */
export interface RepairFakes {
  readonly activities: RepairActivities;
  incident(id: string, settings?: RepairSettings): FakeIncident;
}

/** One incident, as the world around the workflow has it; a test changes it before or while it is repaired. */
export interface FakeIncident {
  readonly id: string;
  opened: RepairCase;
  /** Answers of one call each; an error is thrown. The last one stays. */
  readonly reproductions: (Reproduction | Error)[];
  readonly proposals: (ProposedFixes | Error)[];
  readonly checks: (CheckedFixes | Error)[];
  readonly proofs: (Proof | Error)[];
  readonly deployments: Error[];
  readonly rollbacks: Error[];
  evidence: GateEvidence;
  calibration: GateCalibration;
  recovery: Recovery;
  probation: ProbationReading;
  /** What was called, in order: names, with what matters of the input. */
  readonly calls: readonly string[];
  readonly proposed: readonly ProposeInput[];
  readonly decisions: readonly RecordDecisionInput[];
  readonly deployed: readonly DeployInput[];
  readonly rolledBack: readonly RollbackInput[];
  readonly told: readonly TellOfRepairInput[];
  readonly stages: readonly string[];
  readonly closed: () => CloseIncidentInput | undefined;
  /** Time as the workflow has it, where a test skips it. */
  now: () => Promise<number> | number;
  /** Called in front of each effect, by its name: to hold it up, or to send something meanwhile. */
  before: (name: keyof RepairActivities) => Promise<void> | void;
}

export function repairFakes(): RepairFakes {
  const incidents = new Map<string, Incident>();
  const of = (id: string, settings?: RepairSettings): Incident => {
    const found = incidents.get(id) ?? createIncident(id, settings);
    incidents.set(id, found);
    return found;
  };
  const call = async <Answer>(
    name: keyof RepairActivities,
    { incident }: { readonly incident: string },
    effect: (one: Incident) => Answer | Promise<Answer>,
  ): Promise<Answer> => {
    const one = incidents.get(incident);
    if (!one) throw failure('NotFound', `There is no incident "${incident}".`);
    await one.before(name);
    return effect(one);
  };
  return { incident: of, activities: activitiesOn(call) };
}

type Call = <Answer>(
  name: keyof RepairActivities,
  reference: { readonly incident: string },
  effect: (one: Incident) => Answer | Promise<Answer>,
) => Promise<Answer>;

function activitiesOn(call: Call): RepairActivities {
  return {
    openRepair: (input) => call('openRepair', input, (one) => one.open()),
    reproduceFailure: (input) =>
      call('reproduceFailure', input, (one) => one.next('reproduce', one.reproductions)),
    gatherEvidence: (input) =>
      call('gatherEvidence', input, (one) => {
        one.calls.push('gather');
        const evidence = { key: `evidence/${one.id}`, sha256: 'e'.repeat(64), bytes: 1000 };
        return { evidence, facts: ['"title" is empty on 20 of 20 pages.'] };
      }),
    proposeFixes: (input) =>
      call('proposeFixes', input, (one) => {
        one.proposed.push(input);
        return one.next('propose', one.proposals);
      }),
    checkCandidates: (input) =>
      call('checkCandidates', input, (one) => one.next('check', one.checks)),
    proveFix: (input) => call('proveFix', input, (one) => one.next('prove', one.proofs)),
    readGate: ({ patchDigest, shadow, ...input }) =>
      call('readGate', input, (one) => {
        one.calls.push('read gate');
        const facts = { ...one.evidence.facts, shadow };
        return { evidence: { ...one.evidence, patchDigest, facts }, calibration: one.calibration };
      }),
    recordDecision: (input) =>
      call('recordDecision', input, (one) => {
        one.calls.push(`decide ${input.verdict.decision}`);
        one.decisions.push(input);
      }),
    deployFix: (input) => call('deployFix', input, (one) => one.deploy(input)),
    watchProbation: (input) =>
      call('watchProbation', input, (one) => {
        one.calls.push('watch');
        return one.probation;
      }),
    rollbackFix: (input) => call('rollbackFix', input, (one) => one.rollBack(input)),
    readRecovery: (input) =>
      call('readRecovery', input, (one) => {
        one.calls.push('look');
        return one.recovery;
      }),
    tellOfRepair: (input) =>
      call('tellOfRepair', input, (one) => {
        one.told.push(input);
      }),
    recordStage: (input) =>
      call('recordStage', input, (one) => {
        one.stages.push(input.stage);
      }),
    closeIncident: (input) => call('closeIncident', input, (one) => one.close(input)),
  };
}

interface Incident extends FakeIncident {
  readonly calls: string[];
  readonly proposed: ProposeInput[];
  readonly decisions: RecordDecisionInput[];
  readonly deployed: DeployInput[];
  readonly rolledBack: RollbackInput[];
  readonly told: TellOfRepairInput[];
  readonly stages: string[];
  next<Answer>(name: string, answers: (Answer | Error)[]): Answer;
  open(): RepairCase;
  deploy(input: DeployInput): Promise<Deployment>;
  rollBack(input: RollbackInput): { rolledBackAtMs: number; moved: boolean };
  close(input: CloseIncidentInput): { outcome: CloseIncidentInput['outcome'] };
}

function createIncident(id: string, settings: RepairSettings = {}): Incident {
  const hash = '9'.repeat(64);
  const policy: RepairPolicy = { ...policyOf(undefined, 'default', settings), hash };
  let end: CloseIncidentInput | undefined;
  let inForce: DeployInput | undefined;
  let deployedAtMs = 0;
  const one: Incident = {
    id,
    opened: openedCase(policy),
    reproductions: [
      { verdict: 'reproduced', strength: 1, because: 'The same fingerprint appeared twice.' },
    ],
    proposals: [proposalOf('a')],
    checks: [{ chosen: fixOf('a'), failed: [] }],
    proofs: [{ verdict: 'good', because: '10 of 10 pages are good.', pages: 10 }],
    deployments: [],
    rollbacks: [],
    evidence: goodEvidence(),
    calibration: { ...uncalibrated(STRATUM), hash: 'c'.repeat(64) },
    recovery: { recovered: false, failedAgain: 0 },
    probation: { runs: [] },
    calls: [],
    proposed: [],
    decisions: [],
    deployed: [],
    rolledBack: [],
    told: [],
    stages: [],
    closed: () => end,
    now: () => Date.now(),
    before: () => undefined,
    next(name, answers) {
      one.calls.push(name);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === undefined) throw new Error(`Nothing was scripted for "${name}".`);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    open() {
      one.calls.push('open');
      const { deployed: _deployed, ...opened } = one.opened;
      if (end) Object.assign(opened, { state: 'closed' });
      if (!inForce) return one.opened.deployed && !end ? one.opened : opened;
      const { patchDigest, decidedBy } = inForce;
      const who = decidedBy === 'gate' ? {} : { byPerson: decidedBy };
      const deployed = {
        patchDigest,
        specDigest: `${patchDigest}-spec`,
        atMs: deployedAtMs,
        ...who,
      };
      return { ...opened, deployed };
    },
    async deploy(input) {
      one.calls.push(`deploy ${input.patchDigest} by ${input.decidedBy}`);
      const error = one.deployments.shift();
      if (error) throw error;
      one.deployed.push(input);
      inForce = input;
      deployedAtMs = await one.now();
      return { revision: 2, definitionDigest: 'd'.repeat(64), deployedAtMs, title: 'Articles' };
    },
    rollBack(input) {
      one.calls.push(`roll back ${input.patchDigest}`);
      const error = one.rollbacks.shift();
      if (error) throw error;
      one.rolledBack.push(input);
      const moved = inForce !== undefined;
      inForce = undefined;
      return { rolledBackAtMs: Date.now(), moved };
    },
    close(input) {
      one.calls.push(`close ${input.outcome}`);
      end ??= input;
      return { outcome: end.outcome };
    },
  };
  return one;
}

const STRATUM = 'relocate/SelectorMissing';

function openedCase(policy: RepairPolicy): RepairCase {
  return {
    state: 'open',
    title: 'Articles',
    type: 'http',
    failure: 'SelectorMissing' satisfies FailureName,
    fingerprint: `00000001${'f'.repeat(56)}`,
    fields: ['title'],
    because: 'Field "title" is empty on 20 of 20 pages; it never was before.',
    occurrences: 2,
    openedAtMs: Date.now(),
    firstFailureAtMs: Date.now() - 3_600_000,
    specDigest: 'spec-old',
    policy,
    policyHash: policy.hash,
    isRegression: false,
  };
}

/** A candidate by a name of one letter. */
export function fixOf(name: string): ChosenFix {
  return {
    patchDigest: name.repeat(64),
    specDigest: `spec-${name}`,
    strategies: ['value-anchor'],
    explains: 'The title moved into <h1 class="headline">.',
    checks: ['schema: pass', 'f2p: pass', 'holdout: pass'],
    changes: ['fields.title.css: "h1.title" → "h1.headline"'],
    values: [{ field: 'title', before: '', after: 'A headline' }],
  };
}

export function proposalOf(name: string): ProposedFixes {
  const { patchDigest, specDigest, strategies, explains } = fixOf(name);
  return { candidates: [{ patchDigest, specDigest, strategies, explains }], abstained: [] };
}

function goodEvidence(): GateEvidence {
  return {
    fingerprint: `00000001${'f'.repeat(56)}`,
    patchDigest: 'a'.repeat(64),
    stratum: STRATUM,
    features: {
      repro: 1,
      f2p: 1,
      holdout: 1,
      oracle: 1,
      agree: 1,
      ambig: 0,
      margin: 0.8,
      size: 0.3,
      breadth: 0,
      drift: 0.3,
      review: 0,
      memory: 0,
    },
    checks: CHECK_NAMES.map((check) => ({ check, verdict: 'pass', findings: [] })),
    facts: {
      reproduced: true,
      heldOutBodies: 3,
      touchesGuards: false,
      sandbox: 'not-needed',
      changesCode: false,
      newFindings: [],
      review: 'abstain',
      baseMoved: false,
      regressionOfOwnFix: false,
      shadow: 'good',
      rollbackPossible: true,
    },
    circumstances: {
      killSwitch: false,
      budgetExceeded: false,
      deploysToday: 0,
      failedRepairs: 0,
    },
  };
}

/** Enough good outcomes that the gate may deploy by itself. */
export function proven(): GateCalibration {
  const bounds = [{ minScore: 0, n: 84, successes: 81, lowerBound: 0.91 }];
  const levels = [
    { key: STRATUM, n: 84, bounds },
    { key: 'relocate', n: 84, bounds },
    { key: '*', n: 84, bounds },
  ];
  return {
    v: 1,
    version: 1,
    hash: 'c'.repeat(64),
    stratum: STRATUM,
    known: true,
    a: 1,
    b: 0,
    levels,
    tauDeploy: 0.95,
  };
}

export function runOn(verdict: ProbationReading['runs'][number]['verdict']) {
  return {
    run: `collect:articles-${randomUUID().slice(0, 4)}`,
    endedAtMs: Date.now(),
    verdict,
    because: `All of it was ${verdict}.`,
  };
}
