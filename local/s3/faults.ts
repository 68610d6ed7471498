import type { Operation } from './operation.ts';
import type { S3Request } from './request.ts';

/**
 * What goes wrong.
 * - `throttle`, `error500`, `access-denied`: that error, and nothing is done.
 * - `reset`: the socket is cut before anything is done.
 * - `reset-mid-body`: the answer breaks off in the middle of its body.
 * - `slow`: everything works, `delayMs` later.
 * - `lost-answer`: everything is done, and the socket is cut instead of the answer.
 */
export type FaultKind =
  | 'access-denied'
  | 'error500'
  | 'lost-answer'
  | 'reset'
  | 'reset-mid-body'
  | 'slow'
  | 'throttle';

/** One way in which requests go wrong. The first rule that fits decides. */
export interface FaultRule {
  readonly kind: FaultKind;
  readonly operation: Operation | '*';
  readonly keyMatches?: RegExp;
  /** How often at most; absent: as long as the rule stands in the list. */
  readonly times?: number;
  /** 0..1; absent: always. */
  readonly probability?: number;
  /** Of `slow`; default 1000. */
  readonly delayMs?: number;
}

/** Decides for a request whether something goes wrong. */
export type ChooseFault = (request: S3Request) => FaultRule | undefined;

/** Follows a list of rules that may change at any time. The same seed gives the same accidents. */
export function createFaults(rules: readonly FaultRule[], seed: number): ChooseFault {
  const used = new WeakMap<FaultRule, number>();
  const random = seededRandom(seed);

  return (request) => {
    const rule = rules.find((one) => fits(one, request) && isLeft(one) && isDue(one));
    if (rule) used.set(rule, (used.get(rule) ?? 0) + 1);
    return rule;
  };

  function isLeft(rule: FaultRule): boolean {
    return rule.times === undefined || (used.get(rule) ?? 0) < rule.times;
  }

  function isDue({ probability }: FaultRule): boolean {
    return probability === undefined || random() < probability;
  }
}

function fits({ operation, keyMatches }: FaultRule, request: S3Request): boolean {
  const fitsOperation = operation === '*' || operation === request.operation;
  return fitsOperation && (keyMatches === undefined || keyMatches.test(request.key));
}

/** Numbers from 0 to below 1 by the generator "mulberry32": small, and good enough for accidents. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
