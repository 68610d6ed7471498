import type { ApprovalWorkflows } from '../../activities/collection/dependencies.ts';
import type { HeldSetReference } from '../../workflows/approval/activities.ts';
import type { DecideHeldInput } from '../../workflows/approval/held-input.ts';

/** Temporal, as far as runs ask people through it: what they asked and ended, and which workflows are under way. */
export interface ApprovalFakes {
  readonly workflows: ApprovalWorkflows;
  readonly asked: readonly DecideHeldInput[];
  readonly superseded: readonly HeldSetReference[];
  /** Ids of workflows that are under way. */
  readonly running: Set<string>;
}

export function approvalFakes(): ApprovalFakes {
  const asked: DecideHeldInput[] = [];
  const superseded: HeldSetReference[] = [];
  const running = new Set<string>();
  return {
    asked,
    superseded,
    running,
    workflows: {
      ask: (question) => Promise.resolve(void asked.push(question)),
      supersede: (sets) => Promise.resolve(void superseded.push(...sets)),
      isRunning: (workflowId) => Promise.resolve(running.has(workflowId)),
    },
  };
}
