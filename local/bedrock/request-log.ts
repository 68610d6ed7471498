/** What the server was asked, for tests and for the curious. */
export interface RequestLog {
  /** The last requests, oldest first; at most 10,000. */
  all(): readonly LoggedRequest[];
  /** How often an operation was asked for since the start, whatever the answer was. */
  count(operation: string): number;
  add(request: LoggedRequest): void;
}

interface LoggedRequest {
  readonly operation: string;
  readonly status: number | 'lost';
  /** Milliseconds since 1970, by the clock of the server. */
  readonly at: number;
}

const MAX_REQUESTS = 10_000;

export function createRequestLog(): RequestLog {
  const requests: LoggedRequest[] = [];
  const counts = new Map<string, number>();
  return {
    all: () => [...requests],
    count: (operation) => counts.get(operation) ?? 0,
    add(request) {
      if (requests.push(request) > MAX_REQUESTS) requests.shift();
      counts.set(request.operation, (counts.get(request.operation) ?? 0) + 1);
    },
  };
}
