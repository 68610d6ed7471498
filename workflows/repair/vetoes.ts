import { EVERYTHING, type GateCalibration } from './calibration.ts';
import { verdictOf, type CheckName } from './checks.ts';
import type { GateEvidence } from './gate-evidence.ts';
import type { RepairPolicy } from './policy.ts';

/** What at most may become of a vetoed candidate. */
type Level = 'refused' | 'draft' | 'pull-request';

interface VetoRule {
  readonly level: Level;
  /** About the candidate; the others are about the hour and the policy, and say nothing against it. */
  readonly about: 'evidence' | 'circumstances';
  readonly because: string;
}

/** Every reason that no score lifts. */
const VETOES = {
  unreadable: refused('What the gate was given cannot be read.'),
  'not-reproduced': refused('The failure was not reproduced twice, so nothing may be changed.'),
  'invalid-candidate': refused('The candidate is no valid spec.'),
  'path-not-allowed': refused('The candidate changes what a repair may not touch.'),
  'touches-guards': refused('The candidate changes tests, checks, the gate or a policy.'),
  'output-empty': refused('The candidate yields nothing.'),
  'no-sandbox': refused('The candidate ran without isolation.'),
  'f2p-incomplete': draft('Something that failed before still fails.'),
  'p2p-regression': draft('Something that passed before fails now.'),
  'required-missing': draft('A required field is missing on a record.'),
  'not-deterministic': draft('Two runs of the candidate differ.'),
  'new-finding': draft('The candidate adds findings of the linter, the types or the ban list.'),
  'shadow-bad': draft('The shadow run was bad.'),
  'check-not-run': ask('A check could not run, and that is no pass.'),
  'holdout-empty': ask('No held-out body tried the candidate.'),
  'reviewer-rejects': ask('Whoever looked at this candidate before rejected it.'),
  'base-moved': ask('The definition moved since the checks ran.'),
  'regression-of-own-fix': ask('An earlier fix of ours broke this.'),
  'no-shadow-run': ask('There was no conclusive shadow run.'),
  'no-rollback': ask('A rollback would not be possible.'),
  'kill-switch': hour('The kill switch is on.'),
  'budget-exceeded': hour('The budget is spent.'),
  'daily-cap': hour('This source has had its deploys of 24 hours.'),
  'freeze-window': hour('The policy freezes deploys at this time.'),
  'review-required': hour('The policy wants a person to review every fix of this source.'),
  'code-not-allowed': hour('The policy allows no deploys of code.'),
  'failed-repairs': hour('Three repairs of this source failed within 30 days.'),
  'audit-sample': hour('It is one of the ten percent that people look at first.'),
  'unknown-stratum': hour('No outcome of such a fix is known yet.'),
  'deploys-off': hour('Deploys are off after a rollback.'),
} as const satisfies Record<string, VetoRule>;

export type Veto = keyof typeof VETOES;

/** Every veto that stands against a deploy, in the order of the table. */
export function vetoesOf(
  evidence: GateEvidence,
  policy: RepairPolicy,
  calibration: GateCalibration,
  nowMs: number,
): readonly Veto[] {
  const standing = {
    ...aboutChecks(evidence),
    ...aboutCandidate(evidence),
    ...aboutHour(evidence, policy, nowMs),
    'unknown-stratum': !calibration.known || !isKnown(calibration, evidence.stratum),
    'deploys-off': isOff(calibration, nowMs),
  };
  return (Object.keys(VETOES) as Veto[]).filter((veto) => standing[veto] === true);
}

export interface Cap {
  /** The most that may become of it. */
  readonly at: 'deploy' | 'pull-request' | 'alert';
  readonly refused: boolean;
  readonly draft: boolean;
  /** No veto is about the candidate itself. */
  readonly evidenceClean: boolean;
  /** One sentence a veto. */
  readonly reasons: readonly string[];
}

/** What the vetoes leave: the worst of them counts. */
export function capOf(vetoes: readonly Veto[], { onFailedChecks }: RepairPolicy): Cap {
  const rules: readonly VetoRule[] = vetoes.map((veto) => VETOES[veto]);
  const levels = rules.map(({ level }) => level);
  const isRefused = levels.includes('refused');
  const isDraft = levels.includes('draft');
  const alert = isRefused || (isDraft && onFailedChecks === 'alert');
  return {
    at: alert ? 'alert' : levels.length > 0 ? 'pull-request' : 'deploy',
    refused: isRefused,
    draft: isDraft,
    evidenceClean: rules.every(({ about }) => about === 'circumstances'),
    reasons: rules.map(({ because }) => because),
  };
}

type Standing = Partial<Readonly<Record<Veto, boolean>>>;

function aboutChecks({ checks, facts }: GateEvidence): Standing {
  const failed = (name: CheckName): boolean => verdictOf(checks, name) === 'fail';
  const notRun = (name: CheckName): boolean => verdictOf(checks, name) === 'inconclusive';
  return {
    'invalid-candidate': failed('schema'),
    'path-not-allowed': failed('paths'),
    'output-empty': failed('output'),
    'f2p-incomplete': failed('f2p'),
    'p2p-regression': failed('p2p'),
    'required-missing': failed('required'),
    'not-deterministic': failed('deterministic'),
    'check-not-run': MUST_RUN.some(notRun),
    'holdout-empty': facts.heldOutBodies === 0 || notRun('holdout'),
  };
}

/** `holdout` has a veto of its own, and `oracle` is a share: where there is nothing to compare with, the score says so. */
const MUST_RUN = ['schema', 'paths', 'f2p', 'p2p', 'required', 'output', 'deterministic'] as const;

function aboutCandidate({ facts }: GateEvidence): Standing {
  return {
    'not-reproduced': !facts.reproduced,
    'touches-guards': facts.touchesGuards,
    'no-sandbox': facts.sandbox === 'none',
    'new-finding': facts.newFindings.length > 0,
    'shadow-bad': facts.shadow === 'bad',
    'reviewer-rejects': facts.review === 'reject',
    'base-moved': facts.baseMoved,
    'regression-of-own-fix': facts.regressionOfOwnFix,
    'no-shadow-run': facts.shadow === 'none' || facts.shadow === 'inconclusive',
    'no-rollback': !facts.rollbackPossible,
  };
}

function aboutHour(
  { facts, circumstances, fingerprint }: GateEvidence,
  policy: RepairPolicy,
  nowMs: number,
): Standing {
  const { killSwitch, budgetExceeded, deploysToday, failedRepairs } = circumstances;
  return {
    'kill-switch': killSwitch,
    'budget-exceeded': budgetExceeded,
    'daily-cap': deploysToday >= policy.deploysADay,
    'freeze-window': policy.freezeWindows.some(
      ({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs,
    ),
    'review-required': policy.review === 'required',
    'code-not-allowed': facts.changesCode,
    'failed-repairs': failedRepairs >= MAX_FAILED_REPAIRS,
    'audit-sample': isAudited(fingerprint),
  };
}

const MAX_FAILED_REPAIRS = 3;

/** One in ten, by the fingerprint's own digits: nobody chooses, and a second look gives the same answer. */
export function isAudited(fingerprint: string): boolean {
  return Number.parseInt(fingerprint.slice(0, 8), 16) % 10 === 0;
}

function isKnown({ stratum, levels }: GateCalibration, asked: string): boolean {
  return stratum === asked && levels.some(({ key }) => key === EVERYTHING);
}

function isOff({ off }: GateCalibration, nowMs: number): boolean {
  return off !== undefined && (off.untilMs === null || nowMs < off.untilMs);
}

function refused(because: string): VetoRule {
  return { level: 'refused', about: 'evidence', because };
}

function draft(because: string): VetoRule {
  return { level: 'draft', about: 'evidence', because };
}

function ask(because: string): VetoRule {
  return { level: 'pull-request', about: 'evidence', because };
}

function hour(because: string): VetoRule {
  return { level: 'pull-request', about: 'circumstances', because };
}
