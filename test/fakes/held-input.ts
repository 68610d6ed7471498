import { randomUUID } from 'node:crypto';
import type { DecideHeldInput } from '../../workflows/approval/held-input.ts';
import { heldWorkflowId } from '../../workflows/approval/held-workflow-id.ts';

/** A held set of a source of its own: seven of forty documents. */
export function heldInput(overrides: Partial<DecideHeldInput> = {}): DecideHeldInput {
  const hex = randomUUID().replaceAll('-', '');
  return {
    v: 1,
    tenant: 'default',
    source: `articles-${hex.slice(0, 6)}`,
    digest: `${hex}${hex}`,
    title: 'Articles',
    run: 'collect:articles-1',
    definitionDigest: 'c'.repeat(64),
    evidenceDigest: 'e'.repeat(64),
    held: {
      reason: '7 of 40 documents would be deleted. Nothing was deleted.',
      candidates: 7,
      live: 40,
      sample: ['One', 'Two'],
    },
    knowledgeBase: {
      id: 'main',
      knowledgeBaseId: 'KB00000001',
      dataSourceId: 'DS00000001',
      quietMs: 1000,
      maxWaitMs: 10_000,
    },
    ...overrides,
  };
}

/** How `decideHeld` is started, without its task. */
export function heldStart(input: DecideHeldInput) {
  return {
    workflowId: heldWorkflowId(input),
    taskQueue: 'orchestration',
    args: [input] as [DecideHeldInput],
  };
}
