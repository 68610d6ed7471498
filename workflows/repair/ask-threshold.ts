import { round4 } from './confidence.ts';
import type { GateOutcome } from './gate-outcome.ts';

/** From which probability people are asked, as their own answers move it; undefined: as the policy says. */
export interface AskThreshold {
  readonly tau?: number;
  /** Answers up to then have moved it already. */
  readonly usedUntilMs: number;
}

const LOWEST = 0.6;
const HIGHEST = 0.85;
const USUAL = 0.7;
const STEP = 0.05;
const SHOWN = 20;

/**
 * Of the last 20 questions fewer than half were worth asking: ask less. Of the last 20 alerts more than three in ten were cured by the fix
 * that lay ready: ask more. It stays within 0.60 and 0.85, and no answer moves it twice.
 */
export function movedAskThreshold(
  outcomes: readonly GateOutcome[],
  before: AskThreshold | undefined,
  nowMs: number,
): AskThreshold {
  const usedUntilMs = before?.usedUntilMs ?? -1;
  const fresh = outcomes
    .filter(({ label, labelledAtMs }) => isAnswer(label) && (labelledAtMs ?? 0) > usedUntilMs)
    .toSorted((a, b) => (a.labelledAtMs ?? 0) - (b.labelledAtMs ?? 0));
  const asked = rateOf(fresh.filter(({ decision }) => decision === 'pull-request'));
  const alerted = rateOf(fresh.filter(({ decision }) => decision === 'alert'));
  const tau = before?.tau ?? USUAL;
  if (asked !== undefined && asked < 0.5)
    return { tau: round4(Math.min(HIGHEST, tau + STEP)), usedUntilMs: nowMs };
  if (alerted !== undefined && alerted > 0.3)
    return { tau: round4(Math.max(LOWEST, tau - STEP)), usedUntilMs: nowMs };
  return before ?? { usedUntilMs };
}

function isAnswer(label: GateOutcome['label']): boolean {
  return label === 'success' || label === 'failure';
}

/** Share of successes of the last 20; undefined while there are fewer. */
function rateOf(answers: readonly GateOutcome[]): number | undefined {
  const last = answers.slice(-SHOWN);
  if (last.length < SHOWN) return undefined;
  return last.filter(({ label }) => label === 'success').length / SHOWN;
}
