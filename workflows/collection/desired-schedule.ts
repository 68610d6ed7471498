import type { SourceDefinition } from './definitions.ts';
import { collectWorkflowId, DEFAULT_TENANT, sourceScheduleId } from './ids.ts';
import type { DesiredSchedule } from './schedule-plan.ts';

/** The queue of every workflow. */
const ORCHESTRATION_QUEUE = 'orchestration';

export interface DesiredOptions {
  /**
   * A number from 0 (inclusive) to 1 (exclusive) that depends on the source alone: its place within an interval.
   * Hashing needs Node, so it comes from outside.
   */
  readonly place: number;
}

/** The schedule of a source: one to one, and the source's only lock. */
export function desiredSchedule(
  definition: SourceDefinition,
  { place }: DesiredOptions,
): DesiredSchedule {
  const { id, tenant, type, title, schedule, knowledgeBase, enabled } = definition;
  const attributes = { SourceId: id, SourceType: type, TenantId: tenant };
  return {
    id: sourceScheduleId(tenant, id),
    ...times(schedule, place),
    overlap: 'SKIP',
    catchupWindowMs: clamp(schedule.periodMs, MIN_CATCHUP_MS, MAX_CATCHUP_MS),
    pauseOnFailure: false,
    action: {
      workflowType: 'collectSource',
      workflowId: collectWorkflowId(tenant, id),
      taskQueue: ORCHESTRATION_QUEUE,
      args: [{ v: 1, source: id, ...otherTenant(tenant), trigger: 'schedule' }],
      runTimeoutMs: runTimeoutMs(definition),
      summary: shortened(`Collect ${title}`),
      details: runDetails(definition),
      attributes: { ...attributes, KnowledgeBaseId: knowledgeBase.id },
    },
    attributes,
    enabled,
  };
}

function runDetails({ id, type, schedule, knowledgeBase }: SourceDefinition): string {
  return [
    `Collects source \`${id}\` (${type}) into knowledge base \`${knowledgeBase.id}\`, on the schedule \`${schedule.text}\` (${schedule.timezone}).`,
    '',
    'What it collected, and what is stored:',
    '',
    `    npm run cli -- runs ${id}`,
    `    npm run cli -- documents ${id}`,
  ].join('\n');
}

/** Schedules of the system itself: they buffer one start, and a run that hangs ends just before the next is due. */
export function systemSchedules(): readonly DesiredSchedule[] {
  return [
    singleton(
      'reconcileSchedules',
      RECONCILE_EVERY_MS,
      'Compare schedules with the revision in force',
    ),
    singleton('watchFreshness', WATCH_EVERY_MS, 'Compare ages with schedules'),
    singleton(
      'recalibrateGate',
      RECALIBRATE_EVERY_MS,
      'Learn from outcomes of repairs',
      'recalibrate-gate',
    ),
  ];
}

const RECONCILE_EVERY_MS = 15 * 60_000;
const WATCH_EVERY_MS = 5 * 60_000;
const RECALIBRATE_EVERY_MS = 60 * 60_000;
/** Below the interval by this much: one stuck run under a lock would silence a schedule for ever. */
const SINGLETON_MARGIN_MS = 60_000;

function singleton(
  workflowType: string,
  everyMs: number,
  summary: string,
  workflowId = workflowType,
): DesiredSchedule {
  return {
    id: `system:${workflowType}`,
    spec: { everyMs, offsetMs: 0 },
    timezone: 'UTC',
    jitterMs: 0,
    overlap: 'BUFFER_ONE',
    catchupWindowMs: everyMs,
    pauseOnFailure: false,
    action: {
      workflowType,
      workflowId,
      taskQueue: ORCHESTRATION_QUEUE,
      args: [],
      runTimeoutMs: everyMs - SINGLETON_MARGIN_MS,
      summary,
      details: `${summary}. Runs by itself; nothing has to be done.`,
      attributes: {},
    },
    attributes: {},
    enabled: true,
  };
}

const MIN_CATCHUP_MS = 10_000;
const MAX_CATCHUP_MS = 24 * 3_600_000;
const JITTER_SHARE = 0.1;
const MAX_JITTER_MS = 600_000;

/** Cron lines are spread by jitter; intervals by an offset of their own, which is the same every time. */
function times(
  { spec, timezone, periodMs }: SourceDefinition['schedule'],
  place: number,
): Pick<DesiredSchedule, 'spec' | 'timezone' | 'jitterMs'> {
  if ('everyMs' in spec) {
    const offsetMs = wholeSeconds(place * spec.everyMs);
    return { spec: { everyMs: spec.everyMs, offsetMs }, timezone, jitterMs: 0 };
  }
  return {
    spec,
    timezone,
    jitterMs: wholeSeconds(Math.min(periodMs * JITTER_SHARE, MAX_JITTER_MS)),
  };
}

/**
 * A net for a run that hangs: the bounds of its slices are the workflow's own. Wide enough for a first run of many slices; what it
 * cuts goes on from its cursor in the next run.
 */
function runTimeoutMs({ limits, schedule }: SourceDefinition): number {
  return Math.max(
    MIN_RUN_TIMEOUT_MS,
    RUN_NET * limits.timeoutMs * SLICES_OF_NET,
    RUN_NET * schedule.periodMs,
  );
}

const MIN_RUN_TIMEOUT_MS = 24 * 3_600_000;
const RUN_NET = 1.5;
const SLICES_OF_NET = 96;

/** Temporal rounds to seconds. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}

function otherTenant(tenant: string): { readonly tenant?: string } {
  return tenant === DEFAULT_TENANT ? {} : { tenant };
}

/** Temporal takes 200 bytes, and a character is up to 4. */
function shortened(text: string): string {
  const characters = Array.from(text);
  return characters.length > 50 ? `${characters.slice(0, 49).join('')}…` : text;
}
