import type { RepairWorkflows } from '../../activities/collection/dependencies.ts';
import type { FinishedRun } from '../../workflows/repair/messages.ts';
import { repairWorkflowId } from '../../workflows/repair/ids.ts';

/** Temporal, as far as runs start repairs through it: what they reported, and which repairs are under way. */
export interface RepairFakes {
  readonly workflows: RepairWorkflows;
  readonly reported: readonly { readonly source: string; readonly incident: string }[];
  readonly finished: readonly (FinishedRun & { readonly source: string })[];
  /** Ids of workflows that are under way. */
  readonly running: Set<string>;
}

export function repairFakes(): RepairFakes {
  const reported: { source: string; incident: string }[] = [];
  const finished: (FinishedRun & { source: string })[] = [];
  const running = new Set<string>();
  return {
    reported,
    finished,
    running,
    workflows: {
      report: ({ tenant, source, id }) => {
        reported.push({ source, incident: id });
        running.add(repairWorkflowId(tenant, source));
        return Promise.resolve();
      },
      runFinished: ({ source }, run) => Promise.resolve(void finished.push({ source, ...run })),
      running: () => Promise.resolve(running),
    },
  };
}
