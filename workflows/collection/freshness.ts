/** What decides whether a source is fresh. Times are milliseconds since the epoch. */
export interface FreshnessFacts {
  readonly enabled: boolean;
  /** A person paused its schedule, and knows. What the system paused should run, and ages. */
  readonly pausedByPerson: boolean;
  /** End of the last run that was `succeeded` or `partial` and, where its type has a listing, listed everything. `held` never counts. */
  readonly lastSuccessMs?: number;
  /** Since when it could have been collected: for a source that never was. */
  readonly knownSinceMs: number;
  /** Of the schedule, at the last success: a line of cron for working days is three days long on a Friday. */
  readonly periodMs: number;
  /** As the definition has it. */
  readonly graceMs?: number;
}

/** `never collected`: new, and not late yet. `disabled` and `paused` by a person are not counted. */
export type FreshnessState = 'fresh' | 'never collected' | 'late' | 'disabled' | 'paused';

export interface Freshness {
  readonly state: FreshnessState;
  readonly ageMs: number;
  /** Period plus grace. */
  readonly allowedMs: number;
  /** Age ÷ period. */
  readonly ratio: number;
}

/** A tenth of the period, at least ten minutes. */
export function graceOf(periodMs: number): number {
  return Math.max(periodMs * GRACE_SHARE, MIN_GRACE_MS);
}

/** A source meets its objective while its age is within period plus grace. */
export function freshnessOf(facts: FreshnessFacts, nowMs: number): Freshness {
  const { lastSuccessMs, knownSinceMs, periodMs, graceMs = graceOf(periodMs) } = facts;
  const ageMs = Math.max(0, nowMs - (lastSuccessMs ?? knownSinceMs));
  const allowedMs = periodMs + graceMs;
  const state = stateOf(facts, ageMs <= allowedMs);
  return { state, ageMs, allowedMs, ratio: ageMs / periodMs };
}

export interface FleetFreshness {
  readonly counted: number;
  readonly late: number;
  /** Of those that are counted, how many are within their objective: 0..1; 1 where none is counted. */
  readonly share: number;
}

export function fleetFreshness(states: readonly FreshnessState[]): FleetFreshness {
  const counted = states.filter((state) => state !== 'disabled' && state !== 'paused').length;
  const late = states.filter((state) => state === 'late').length;
  return { counted, late, share: counted === 0 ? 1 : (counted - late) / counted };
}

const GRACE_SHARE = 0.1;
const MIN_GRACE_MS = 600_000;

function stateOf(
  { enabled, pausedByPerson, lastSuccessMs }: FreshnessFacts,
  isWithin: boolean,
): FreshnessState {
  if (!enabled) return 'disabled';
  if (pausedByPerson) return 'paused';
  if (!isWithin) return 'late';
  return lastSuccessMs === undefined ? 'never collected' : 'fresh';
}
