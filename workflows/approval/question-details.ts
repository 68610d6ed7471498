import type { RefusedDecision } from './question.ts';
import type { ApprovalRequest, VerdictKind } from './request.ts';
import { inMarkdown, SHELL_USER } from './words.ts';

/** The command of Temporal's own CLI that answers. The shell puts in who types it, so that two people are two; the same one twice stays one. */
export function decideCommand(
  workflowId: string,
  { id, digest }: ApprovalRequest,
  verdict: VerdictKind,
): string {
  const user = SHELL_USER;
  const fields = [
    `"requestId":"${id}"`,
    `"digest":"${digest}"`,
    `"verdict":"${verdict}"`,
    `"decisionId":"cli:${id.slice(0, 8)}:${verdict}:${user}"`,
    `"by":{"provider":"cli","user":"${user}"}`,
  ];
  return `npm run temporal -- workflow update execute --workflow-id ${workflowId} --name decide --input '{${fields.join(',')}}'`;
}

/** What was refused, for whoever looks: how many, and the last one. */
export function refusalLines({
  refused,
  refusedTotal,
}: {
  readonly refused: readonly RefusedDecision[];
  readonly refusedTotal: number;
}): readonly string[] {
  const last = refused.at(-1);
  if (!last) return [];
  return [
    '',
    `${refusedTotal} ${refusedTotal === 1 ? 'decision was' : 'decisions were'} refused, the last one as ${last.failure}${last.by ? ` from ${inMarkdown(last.by)}` : ''}: ${inMarkdown(last.because)}`,
  ];
}
