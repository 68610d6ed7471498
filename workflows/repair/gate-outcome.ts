import type { GateDecision } from './gate.ts';

/** What is known of one decision about a fix, and what came of it: what calibration learns from. */
export interface GateOutcome {
  readonly incident: string;
  /** `<strategy family>/<failure name>`. */
  readonly stratum: string;
  readonly score: number;
  /** As it was when the decision was made. */
  readonly probability: number;
  readonly decision: GateDecision['decision'];
  /** The evidence alone was good enough to deploy. */
  readonly shadow: boolean;
  readonly label: OutcomeLabel;
  readonly rolledBack: boolean;
  /** Made up, to show how the gate behaves. */
  readonly synthetic: boolean;
  readonly decidedAtMs: number;
  readonly labelledAtMs?: number;
}

/** `censored`: nobody will ever know, for example because the question expired. */
export type OutcomeLabel = 'pending' | 'success' | 'failure' | 'censored';

/** An outcome that teaches something, with how much it still weighs. */
export interface Resolved extends GateOutcome {
  readonly success: boolean;
  /** 1 for now, half for 90 days ago. */
  readonly weight: number;
}

const HALF_LIFE_MS = 90 * 86_400_000;

const DAY_MS = 86_400_000;

/** Outcomes with a success or a failure, weighed by their age in days, so that a day has one calibration; what has no usable numbers is left out. */
export function resolved(outcomes: readonly GateOutcome[], nowMs: number): readonly Resolved[] {
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return outcomes
    .filter(
      ({ label, score }) => (label === 'success' || label === 'failure') && Number.isFinite(score),
    )
    .map((one) => ({
      ...one,
      success: one.label === 'success',
      weight: 0.5 ** (Math.max(0, todayMs - (one.labelledAtMs ?? one.decidedAtMs)) / HALF_LIFE_MS),
    }));
}
