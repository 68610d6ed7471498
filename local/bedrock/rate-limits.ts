import type { OperationName } from './operation-name.ts';
import { throttled } from './service-error.ts';
import type { Timing } from './timing.ts';

export interface RateLimits {
  /** Takes one request of the operation's quota. @throws ThrottlingException - none is left. */
  admit(operation: OperationName): void;
}

/** One token bucket an operation: it holds one second's worth, at least one request. */
export function createRateLimits(timing: Timing): RateLimits {
  const buckets = new Map<OperationName, Bucket>();
  return {
    admit(operation) {
      const perSecond = rateOf(operation, timing);
      if (perSecond === undefined) return;
      const bucket = refilled(buckets.get(operation), perSecond, timing.clock.now());
      buckets.set(operation, bucket.tokens < 1 ? bucket : { ...bucket, tokens: bucket.tokens - 1 });
      if (bucket.tokens < 1) {
        throw throttled(
          `Your request rate is too high: ${operation} allows ${perSecond} a second.`,
        );
      }
    },
  };
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

function rateOf(operation: OperationName, timing: Timing): number | undefined {
  if (operation === 'StartIngestionJob') return timing.startsPerSecond;
  return timing.requestsPerSecond[operation];
}

function refilled(bucket: Bucket | undefined, perSecond: number, now: number): Bucket {
  const size = Math.max(1, perSecond);
  if (!bucket) return { tokens: size, at: now };
  const tokens = Math.min(size, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
  return { tokens, at: now };
}
