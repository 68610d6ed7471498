import type {
  ScheduleOptions,
  ScheduleOptionsStartWorkflowAction,
  ScheduleSpec,
} from '@temporalio/client';
import type { SearchAttributePair, Workflow } from '@temporalio/common';
import type {
  DesiredAction,
  DesiredSchedule,
  HashedSchedule,
} from '../../workflows/collection/schedule-plan.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { digestOf } from '../definitions/digest.ts';

/** What an update of a schedule writes: all that we own. */
export interface OwnedOptions {
  readonly spec: ScheduleSpec;
  readonly action: ScheduleOptionsStartWorkflowAction<Workflow>;
  readonly policies: NonNullable<ScheduleOptions['policies']>;
  readonly typedSearchAttributes: SearchAttributePair[];
}

/** Adds the hash of all that we own: the schedule without what is about its pause, which people may overrule. */
export function withHash(schedule: DesiredSchedule): HashedSchedule {
  const { enabled: _, suspended: __, ...owned } = schedule;
  return { ...schedule, hash: digestOf(owned) };
}

/** A desired schedule in the words of Temporal's client. */
export function ownedOptions(schedule: HashedSchedule): OwnedOptions {
  const { overlap, catchupWindowMs, pauseOnFailure, attributes, hash } = schedule;
  return {
    spec: specOf(schedule),
    action: actionOf(schedule.action),
    policies: { overlap, catchupWindow: catchupWindowMs, pauseOnFailure },
    typedSearchAttributes: keywords({ ...attributes, ConfigHash: hash }),
  };
}

function specOf({ spec, timezone, jitterMs }: DesiredSchedule): ScheduleSpec {
  const times =
    'cron' in spec
      ? { cronExpressions: [spec.cron] }
      : { intervals: [{ every: spec.everyMs, offset: spec.offsetMs }] };
  return { ...times, timezone, jitter: jitterMs };
}

function actionOf(action: DesiredAction): ScheduleOptionsStartWorkflowAction<Workflow> {
  return {
    type: 'startWorkflow',
    workflowType: action.workflowType,
    workflowId: action.workflowId,
    taskQueue: action.taskQueue,
    args: [...action.args],
    workflowRunTimeout: action.runTimeoutMs,
    staticSummary: action.summary,
    staticDetails: action.details,
    typedSearchAttributes: keywords(action.attributes),
  };
}

const KEYWORDS = new Map(
  [
    SEARCH_ATTRIBUTES.sourceId,
    SEARCH_ATTRIBUTES.sourceType,
    SEARCH_ATTRIBUTES.tenantId,
    SEARCH_ATTRIBUTES.knowledgeBaseId,
    SEARCH_ATTRIBUTES.configHash,
  ].map((key) => [key.name, key] as const),
);

function keywords(attributes: Readonly<Record<string, string>>): SearchAttributePair[] {
  return Object.entries(attributes).map(([name, value]) => {
    const key = KEYWORDS.get(name);
    if (!key)
      throw new TypeError(`"${name}" is no search attribute of schedules. Add its key here.`);
    return { key, value };
  });
}
