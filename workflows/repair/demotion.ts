import type { DeploysOff } from './calibration.ts';
import type { GateOutcome } from './gate-outcome.ts';

const DAY_MS = 86_400_000;
const STRATUM_OFF_MS = 14 * DAY_MS;
const CLEAN_SHADOWS = 10;
const PAIR_MS = 7 * DAY_MS;

/**
 * Fast demotion, read from the outcomes themselves, so that it holds from the moment of a rollback: two rollbacks within 7 days turn deploys
 * off everywhere until a person re-arms them; one turns them off for its stratum for 14 days *and* until 10 clean shadow outcomes.
 */
export function deploysOff(
  outcomes: readonly GateOutcome[],
  stratum: string,
  rearmedAtMs: number | undefined,
): DeploysOff | undefined {
  return offEverywhere(outcomes, rearmedAtMs) ?? offInStratum(outcomes, stratum);
}

function offEverywhere(
  outcomes: readonly GateOutcome[],
  rearmedAtMs = -Infinity,
): DeploysOff | undefined {
  const times = outcomes
    .filter(({ rolledBack }) => rolledBack)
    .map(resolvedAt)
    .toSorted((a, b) => a - b);
  const isPair = (at: number, i: number): boolean =>
    at > rearmedAtMs && at - (times[i - 1] ?? -Infinity) <= PAIR_MS;
  if (!times.some(isPair)) return undefined;
  const because =
    'Two fixes were rolled back within 7 days: deploys are off everywhere until a person re-arms them.';
  return { scope: 'everywhere', untilMs: null, because };
}

function offInStratum(outcomes: readonly GateOutcome[], stratum: string): DeploysOff | undefined {
  const own = outcomes.filter((one) => one.stratum === stratum);
  const lastMs = own
    .filter(({ rolledBack }) => rolledBack)
    .reduce((last, one) => Math.max(last, resolvedAt(one)), -Infinity);
  if (lastMs === -Infinity) return undefined;
  const clean = cleanShadows(own, lastMs);
  const timed = clean >= CLEAN_SHADOWS;
  const because = timed
    ? 'A fix of this kind was rolled back within 14 days.'
    : `A fix of this kind was rolled back; since then ${clean} of ${CLEAN_SHADOWS} fixes that would have deployed went well.`;
  return { scope: 'stratum', untilMs: timed ? lastMs + STRATUM_OFF_MS : null, because };
}

/** In a row: a failure among them begins again. */
function cleanShadows(own: readonly GateOutcome[], sinceMs: number): number {
  const later = own
    .filter((one) => one.shadow && one.label !== 'pending' && resolvedAt(one) > sinceMs)
    .toSorted((a, b) => resolvedAt(a) - resolvedAt(b));
  return later.reduce(
    (count, { label }) => (label === 'failure' ? 0 : count + (label === 'success' ? 1 : 0)),
    0,
  );
}

function resolvedAt({ labelledAtMs, decidedAtMs }: GateOutcome): number {
  return labelledAtMs ?? decidedAtMs;
}
