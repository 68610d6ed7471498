import { boundAt, probabilityAt, type GateCalibration } from './calibration.ts';
import { evidenceScore, round4, WEIGHTS_VERSION, type ScoreTerm } from './confidence.ts';
import type { GateEvidence } from './gate-evidence.ts';
import { isReadableCalibration, isReadableEvidence, isReadablePolicy } from './gate-readable.ts';
import type { RepairPolicy } from './policy.ts';
import { capOf, vetoesOf, type Veto } from './vetoes.ts';

/** What becomes of a candidate, and every number that led there. Plain data below 4 KB; stored whole. */
export interface GateDecision {
  /** `pull-request` asks people for approval. */
  readonly decision: 'deploy' | 'pull-request' | 'alert';
  /** Evidence score z, 4 decimals; 0 where evidence could not be read. */
  readonly score: number;
  /** 0..1, 4 decimals. */
  readonly probability: number;
  /** One-sided 95 % lower bound of success, 0..1, 4 decimals; 0 where nothing is proven. */
  readonly lowerBound: number;
  readonly vetoes: readonly Veto[];
  /** Whole sentences for people; the first has both numbers. Never empty. */
  readonly reasons: readonly string[];
  /** The evidence alone is good enough to deploy: the outcome counts as if it had been. */
  readonly shadowDeploy: boolean;
  /** The candidate may not be applied, not even by a person. */
  readonly candidateRefused?: true;
  /** People see it as unfinished: a check failed. */
  readonly draft?: true;
  /** What each number of the evidence added to the score. */
  readonly terms: readonly ScoreTerm[];
  readonly thresholds: { readonly deploy: number; readonly ask: number; readonly proven: number };
  /** The decision holds for these alone. */
  readonly patchDigest: string;
  readonly policyHash: string;
  readonly calibrationHash: string;
  readonly weightsVersion: number;
  readonly decidedAtMs: number;
}

/**
 * The gate: deterministic, total, and closed when in doubt. What is missing, not a number or of an unknown version gives `alert`; an unknown
 * stratum never deploys. A decision binds to patch, policy and calibration by their hashes; whoever deploys compares them again.
 */
export function decide(
  evidence: GateEvidence,
  policy: RepairPolicy,
  calibration: GateCalibration,
  nowMs: number,
): GateDecision {
  const unreadable = unreadableOf(evidence, policy, calibration, nowMs);
  if (unreadable.length > 0) return closed(unreadable, nowMs);
  const scored = evidenceScore(evidence.features);
  if (!scored) return closed(['A number of the evidence is missing or out of its range.'], nowMs);
  return judged({ evidence, policy, calibration, nowMs, ...scored });
}

function unreadableOf(
  evidence: unknown,
  policy: unknown,
  calibration: unknown,
  nowMs: unknown,
): readonly string[] {
  return [
    ...(isReadableEvidence(evidence) ? [] : ['The evidence cannot be read.']),
    ...(isReadablePolicy(policy) ? [] : ['The policy cannot be read, or its version is unknown.']),
    ...(isReadableCalibration(calibration) ? [] : ['The calibration cannot be read.']),
    ...(typeof nowMs === 'number' && Number.isFinite(nowMs) ? [] : ['The time is unknown.']),
  ];
}

interface Case {
  readonly evidence: GateEvidence;
  readonly policy: RepairPolicy;
  readonly calibration: GateCalibration;
  readonly nowMs: number;
  readonly score: number;
  readonly terms: readonly ScoreTerm[];
}

function judged(one: Case): GateDecision {
  const { evidence, policy, calibration, nowMs, score, terms } = one;
  const probability = probabilityAt(calibration, score);
  const bound = boundAt(calibration, score);
  const lowerBound = round4(bound?.lowerBound ?? 0);
  const thresholds = thresholdsOf(policy, calibration);
  const vetoes = vetoesOf(evidence, policy, calibration, nowMs);
  const cap = capOf(vetoes, policy);
  const likely = probability >= thresholds.deploy;
  const proven = lowerBound >= thresholds.proven;
  const byNumbers = likely && proven ? 'deploy' : askOrAlert(probability, thresholds.ask);
  const inPhase = phased(byNumbers, policy.phase);
  const decision = RANK[cap.at] < RANK[inPhase] ? cap.at : inPhase;
  return {
    decision,
    score,
    probability,
    lowerBound,
    vetoes,
    reasons: [
      numbers(probability, lowerBound, bound),
      ...phaseReason(byNumbers, inPhase, policy.phase),
      ...(likely && !proven ? [notProven(thresholds.proven)] : []),
      ...(likely ? [] : [notLikely(thresholds)]),
      ...cap.reasons,
    ],
    shadowDeploy: likely && cap.evidenceClean && decision === 'pull-request',
    ...(cap.refused ? { candidateRefused: true } : {}),
    ...(cap.draft && decision === 'pull-request' ? { draft: true } : {}),
    terms,
    thresholds,
    patchDigest: evidence.patchDigest,
    policyHash: policy.hash,
    calibrationHash: calibration.hash,
    weightsVersion: WEIGHTS_VERSION,
    decidedAtMs: nowMs,
  };
}

const RANK = { alert: 0, 'pull-request': 1, deploy: 2 } as const;

/** Recalibration may raise a threshold above the policy's, never lower it below. No threshold at all is one that nothing reaches. */
function thresholdsOf(
  { tauDeploy, tauPr, lambda }: RepairPolicy,
  calibration: GateCalibration,
): GateDecision['thresholds'] {
  const deploy = Math.max(tauDeploy, calibration.tauDeploy ?? NEVER);
  return { deploy, ask: Math.min(calibration.tauPr ?? tauPr, deploy), proven: lambda };
}

/** Above every probability. */
const NEVER = 2;

function askOrAlert(probability: number, ask: number): 'pull-request' | 'alert' {
  return probability >= ask ? 'pull-request' : 'alert';
}

function phased(
  decision: GateDecision['decision'],
  phase: RepairPolicy['phase'],
): GateDecision['decision'] {
  if (phase === 'autonomous' || decision === 'alert') return decision;
  return phase === 'assisted' ? 'pull-request' : 'alert';
}

function phaseReason(
  before: GateDecision['decision'],
  after: GateDecision['decision'],
  phase: RepairPolicy['phase'],
): readonly string[] {
  if (before === after) return [];
  return [
    phase === 'manual'
      ? 'The policy of this source is "manual": its fixes are shown, and asked about when a person wants to.'
      : 'The policy of this source is "assisted": people approve each fix.',
  ];
}

function numbers(
  probability: number,
  lowerBound: number,
  bound: ReturnType<typeof boundAt>,
): string {
  const p = `p = ${probability.toFixed(2)}`;
  if (!bound) return `${p}; nothing is proven yet, for there are too few outcomes.`;
  const from = `${Math.round(bound.successes)} of ${Math.round(bound.n)}`;
  const madeUp = bound.synthetic
    ? ` ${bound.synthetic} of the outcomes that it has learned from are made up.`
    : '';
  return `${p}; at least ${downTo2(lowerBound)} with 95 % confidence, from ${from}.${madeUp}`;
}

/** Rounded down: a bound must not look better than it is. */
function downTo2(bound: number): string {
  return (Math.floor(bound * 100) / 100).toFixed(2);
}

function notProven(proven: number): string {
  return `A deploy without a person needs at least ${proven.toFixed(2)} proven by earlier outcomes.`;
}

function notLikely({ deploy, ask }: GateDecision['thresholds']): string {
  if (deploy >= NEVER) return 'Earlier outcomes show no threshold above which deploys are safe.';
  return `A deploy without a person needs p ≥ ${deploy.toFixed(2)}, a question p ≥ ${ask.toFixed(2)}.`;
}

function closed(reasons: readonly string[], nowMs: unknown): GateDecision {
  return {
    decision: 'alert',
    score: 0,
    probability: 0,
    lowerBound: 0,
    vetoes: ['unreadable'],
    reasons,
    shadowDeploy: false,
    candidateRefused: true,
    terms: [],
    thresholds: { deploy: NEVER, ask: NEVER, proven: NEVER },
    patchDigest: '',
    policyHash: '',
    calibrationHash: '',
    weightsVersion: WEIGHTS_VERSION,
    decidedAtMs: typeof nowMs === 'number' && Number.isFinite(nowMs) ? nowMs : 0,
  };
}
