import type { HistoryEvent } from '../../set-up/workflow-history.ts';
import type { DecisionEvidence, RepairEvidence, VerdictEvidence } from '../evidence.ts';

export type RepairEvents = Pick<RepairEvidence, 'decisions' | 'verdicts'>;

/** What the histories of repairs say: what the gate decided, and what people sent. Read from events alone, not from what the repair made of them. */
export function repairEventsIn(events: readonly HistoryEvent[]): RepairEvents {
  return {
    decisions: events.flatMap((event) => decisionIn(event)).toSorted(byTime),
    verdicts: events.flatMap((event) => verdictIn(event)).toSorted(byTime),
  };
}

function decisionIn(event: HistoryEvent): readonly DecisionEvidence[] {
  const { activityType, input } = event.activityTaskScheduledEventAttributes ?? {};
  if (activityType?.name !== 'recordDecision') return [];
  const given = payload(input?.payloads?.[0]?.data);
  const verdict = given['verdict'] as { readonly decision?: unknown } | undefined;
  return [
    {
      incident: text(given['incident']),
      patchDigest: text(given['patchDigest']),
      policyHash: text(given['policyHash']),
      decision: text(verdict?.decision),
      ...(typeof given['requestId'] === 'string' ? { requestId: given['requestId'] } : {}),
      atMs: msOf(event),
    },
  ];
}

/** A signal's name is its verdict; an update reaches history only when its validator let it in. */
function verdictIn(event: HistoryEvent): readonly VerdictEvidence[] {
  const { signalName, input } = event.workflowExecutionSignaledEventAttributes ?? {};
  if (signalName === 'approve' || signalName === 'reject')
    return [{ ...verdictOf(payload(input?.payloads?.[0]?.data), event), verdict: signalName }];
  const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
  if (update?.name !== 'decide') return [];
  return [verdictOf(payload(update.args?.payloads?.[0]?.data), event)];
}

function verdictOf(given: Readonly<Record<string, unknown>>, event: HistoryEvent): VerdictEvidence {
  const by = given['by'] as { readonly user?: unknown } | undefined;
  return {
    requestId: text(given['requestId']),
    digest: text(given['digest']),
    verdict: text(given['verdict']),
    by: text(by?.user),
    atMs: msOf(event),
  };
}

function payload(data: Uint8Array | null | undefined): Readonly<Record<string, unknown>> {
  if (!data || data.length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Junk is sent on purpose, too.
    return {};
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function msOf({ eventTime }: HistoryEvent): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6;
}

function byTime(a: { readonly atMs: number }, b: { readonly atMs: number }): number {
  return a.atMs - b.atMs;
}
