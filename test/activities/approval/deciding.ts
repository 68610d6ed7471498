import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { approvalActivities } from '../../../activities/approval/index.ts';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';
import { definitionDigest } from '../../../adapters/definitions/digest.ts';
import { activityInterceptor } from '../../../workers/activity-interceptor.ts';
import type {
  ApprovalActivities,
  HeldDeletion,
  HeldSetReference,
  RecordedVerdict,
} from '../../../workflows/approval/activities.ts';
import {
  COMPLETE,
  numbered,
  type Message,
  type RanRun,
  type SourceCase,
} from '../collection/collecting.ts';

/** What `decideHeld` does with a held set, activity by activity. */
export interface Deciding {
  readonly set: HeldSetReference;
  act<Name extends keyof ApprovalActivities>(
    name: Name,
    input: Parameters<ApprovalActivities[Name]>[0],
    deps?: Partial<CollectionDependencies>,
  ): ReturnType<ApprovalActivities[Name]>;
  record(state: 'approved' | 'rejected' | 'expired', by?: string): Promise<RecordedVerdict>;
  remove(deps?: Partial<CollectionDependencies>): Promise<HeldDeletion>;
}

/** The first of `count` documents, and the source as it is without them. */
export function without(gone: number, count = 40): readonly Message[] {
  return [...numbered(count).slice(gone), COMPLETE];
}

/** A source of forty documents, or as many as are asked for, whose run has held the deletion of seven, or of more. */
export async function heldRun(
  newSource: () => Promise<SourceCase>,
  gone = 7,
  count = 40,
): Promise<{ readonly source: SourceCase; readonly ran: RanRun; readonly deciding: Deciding }> {
  const source = await newSource();
  source.emits(without(0, count));
  await source.run();
  source.emits(without(gone, count));
  const ran = await source.run();
  return { source, ran, deciding: decidingOf(source, ran.held?.digest ?? '') };
}

export function decidingOf(source: SourceCase, digest: string): Deciding {
  const set = { tenant: 'default', source: source.id, digest };
  const act: Deciding['act'] = (name, input, deps = {}) => {
    const env = new MockActivityEnvironment(
      { activityType: name, heartbeatTimeoutMs: 60_000, startToCloseTimeoutMs: 600_000 },
      {
        logger: new DefaultLogger('ERROR', () => undefined),
        interceptors: [() => ({ inbound: activityInterceptor() })] as never,
      },
    );
    const activity = approvalActivities({ ...source.deps, ...deps })[name] as (
      given: unknown,
    ) => Promise<unknown>;
    return env.run(activity, input) as never;
  };
  return {
    set,
    act,
    record: (state, by = 'ana') =>
      act('recordVerdict', { ...set, state, by, atMs: Date.now(), proven: false }),
    remove: (deps) =>
      act('deleteHeld', { ...set, definitionDigest: definitionDigest(source.definition()) }, deps),
  };
}
