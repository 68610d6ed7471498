/** gRPC requests of a worker to Temporal by operation, out of the SDK's own counters; long polls and others alike. */
export type GrpcRequests = Readonly<Record<string, number>>;

/** Reads the metrics page of a bench worker. */
export async function grpcRequests(workerUrl: string): Promise<GrpcRequests> {
  const text = await (await fetch(`${workerUrl}/metrics`)).text();
  const found: Record<string, number> = {};
  for (const [, operation = '', count] of text.matchAll(REQUESTS)) {
    found[operation] = (found[operation] ?? 0) + Number(count);
  }
  return found;
}

/** What was asked between two readings; operations without a request are left out. */
export function requestsBetween(before: GrpcRequests, after: GrpcRequests): GrpcRequests {
  const entries = Object.entries(after)
    .map(([operation, count]) => [operation, count - (before[operation] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return Object.fromEntries(entries);
}

/** A heartbeat that reaches the server is a billable action. */
export function heartbeats(requests: GrpcRequests): number {
  return requests['RecordActivityTaskHeartbeat'] ?? 0;
}

const REQUESTS =
  /^temporal_(?:long_)?request_total\{[^}]*operation="([^"]+)"[^}]*\} (\d+(?:\.\d+)?)$/gm;
