import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import type { RepairSourceInput } from '../../workflows/repair/repair-input.ts';
import type { repairSource } from '../../workflows/repair/repair-source.ts';
import { goTo, newWork } from '../../workflows/repair/repair-work.ts';
import { policyOf } from '../../workflows/repair/policy.ts';
import { newQuestion } from '../../workflows/approval/question.ts';
import type { WorkflowHandle } from '@temporalio/client';
import type { Arena } from './arena.ts';

const DAY_MS = 24 * 3_600_000;

/** Repairs that stand at their question, as one that has gone on in a new execution carries it; nobody else knows of them. */
export function startWaiting(
  { temporal: { client } }: Arena,
  count: number,
): Promise<readonly WorkflowHandle<typeof repairSource>[]> {
  return Promise.all(
    Array.from({ length: count }, (_, at) =>
      client.workflow.start<typeof repairSource>('repairSource', {
        workflowId: repairWorkflowId('default', `waiting-${at}`),
        taskQueue: 'orchestration',
        args: [waiting(`waiting-${at}`)],
      }),
    ),
  );
}

function waiting(source: string): RepairSourceInput {
  const now = Date.now();
  const policy = { ...policyOf(undefined, 'default', undefined), hash: 'policy' };
  const request = {
    id: `question-${source}`,
    subject: `the fix of source "${source}"`,
    digest: `${'a'.repeat(64)}.policy`,
    evidenceDigest: 'e'.repeat(64),
    offers: ['approve', 'reject'] as const,
    approvers: 'everyone' as const,
    excluded: [],
    quorum: 1,
    expiresAtMs: now + 3 * DAY_MS,
    escalation: [],
  };
  const opened = {
    state: 'open' as const,
    title: source,
    type: 'http',
    failure: 'SelectorMissing' as const,
    fingerprint: 'f'.repeat(64),
    fields: ['title'],
    because: 'Field "title" is empty on all pages.',
    occurrences: 1,
    openedAtMs: now,
    firstFailureAtMs: now,
    specDigest: 'old',
    policy,
    policyHash: policy.hash,
    isRegression: false,
  };
  const work = newWork({ incident: `incident-${source}`, failure: 'SelectorMissing' });
  return {
    v: 1,
    tenant: 'default',
    source,
    paces: { lookMs: DAY_MS, longestMs: DAY_MS },
    carried: {
      queue: [],
      orders: [],
      rolledBack: [],
      ran: false,
      guided: [],
      refused: [],
      refusedTotal: 0,
      work: goTo(work, 'awaiting-approval', { opened, toldFor: request.id }),
      question: newQuestion(request, now),
    },
  };
}
