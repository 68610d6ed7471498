import type { FaultKind } from './faults.ts';

/** A request as it was answered. */
export interface LoggedRequest {
  readonly method: string;
  /** As S3 names it; also of operations that were refused. `Unreadable`: the address made no sense. */
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  /** Absent: the socket was cut instead. */
  readonly status?: number;
  readonly fault?: FaultKind;
}

/** What a server was asked, for tests that count. */
export interface RequestLog {
  /** The last 10,000 requests, the oldest first. */
  all(): readonly LoggedRequest[];
  /** How often an operation was asked for since the start or the last `clear`, whatever came of it. */
  count(operation: string): number;
  clear(): void;
}

const KEPT_REQUESTS = 10_000;

/** The log, and the way to write into it, which only the server has. */
export function createRequestLog(): {
  readonly log: RequestLog;
  readonly add: (request: LoggedRequest) => void;
} {
  const kept: LoggedRequest[] = [];
  const counts = new Map<string, number>();
  return {
    add: (request) => {
      counts.set(request.operation, (counts.get(request.operation) ?? 0) + 1);
      kept.push(request);
      if (kept.length > KEPT_REQUESTS * 2) kept.splice(0, kept.length - KEPT_REQUESTS);
    },
    log: {
      all: () => kept.slice(-KEPT_REQUESTS),
      count: (operation) => counts.get(operation) ?? 0,
      clear: () => {
        kept.length = 0;
        counts.clear();
      },
    },
  };
}
