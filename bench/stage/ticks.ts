import { setTimeout as sleep } from 'node:timers/promises';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { scheduleOf } from '../../adapters/temporal/reconcile.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { percentile } from '../measure/statistics.ts';

/** What the server started in a window of time, beside what was due. */
export interface Ticks {
  readonly due: number;
  readonly started: number;
  readonly lost: number;
  readonly doubled: number;
  readonly lateSecondsP50: number;
  readonly lateSecondsP99: number;
  readonly mostInOneSecond: number;
}

const SCHEDULED_AT = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');
/** A start this late still counts; the listing needs a moment, too. */
const GRACE_MS = 15_000;

/** Watches the starts whose nominal time lies in a window that begins now. */
export async function watchStarts(
  client: Client,
  fleet: readonly SourceDefinition[],
  windowMs: number,
): Promise<Ticks> {
  const fromMs = Math.ceil(Date.now() / 1000) * 1000 + 1000;
  const toMs = fromMs + windowMs;
  const due = new Set(fleet.flatMap((one) => nominalTimes(one, fromMs, toMs)));
  await sleep(toMs + GRACE_MS - Date.now());
  const starts = await startsSince(client, new Date(fromMs - GRACE_MS));
  const inWindow = starts.filter(({ nominalMs }) => nominalMs >= fromMs && nominalMs < toMs);
  const distinct = new Set(inWindow.map(({ schedule, nominalMs }) => `${schedule}@${nominalMs}`));
  const late = inWindow.map(({ startedMs, nominalMs }) => (startedMs - nominalMs) / 1000);
  const seconds = Map.groupBy(inWindow, ({ startedMs }) => Math.floor(startedMs / 1000));
  return {
    due: due.size,
    started: inWindow.length,
    lost: [...due].filter((one) => !distinct.has(one)).length,
    doubled: inWindow.length - distinct.size,
    lateSecondsP50: late.length === 0 ? 0 : percentile(late, 0.5),
    lateSecondsP99: late.length === 0 ? 0 : percentile(late, 0.99),
    mostInOneSecond: Math.max(0, ...[...seconds.values()].map((one) => one.length)),
  };
}

/** `schedule@time` for each time that an interval with an offset means. */
function nominalTimes(source: SourceDefinition, fromMs: number, toMs: number): readonly string[] {
  const { id, spec } = scheduleOf(source);
  if (!('everyMs' in spec)) throw new Error(`Schedule "${id}" has no interval.`);
  const { everyMs, offsetMs } = spec;
  const first = Math.ceil((fromMs - offsetMs) / everyMs) * everyMs + offsetMs;
  const times: string[] = [];
  for (let at = first; at < toMs; at += everyMs) times.push(`${id}@${at}`);
  return times;
}

async function startsSince(client: Client, since: Date) {
  const query = `StartTime >= "${since.toISOString()}" AND TemporalScheduledById IS NOT NULL`;
  const found = await Array.fromAsync(client.workflow.list({ query, pageSize: 1000 }));
  return found.flatMap(({ workflowId, startTime, typedSearchAttributes }) => {
    const nominal = typedSearchAttributes.get(SCHEDULED_AT);
    // The workflow id is that of the schedule's action, and the nominal time.
    const source = /^collect:(.+)-\d{4}-\d{2}-\d{2}T/.exec(workflowId)?.[1];
    return nominal === undefined || source === undefined
      ? []
      : [
          {
            schedule: `source:${source}`,
            nominalMs: nominal.getTime(),
            startedMs: startTime.getTime(),
          },
        ];
  });
}
