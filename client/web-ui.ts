import type { Target } from './target.ts';

/** Where the Web UI of Temporal shows a workflow; undefined for a real Temporal: nothing tells where its Web UI is. */
export function workflowUrl(
  target: Target,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): string | undefined {
  if (target.kind === 'real') return undefined;
  const { uiUrl, namespace } = target.endpoints.temporal;
  if (uiUrl === undefined) return undefined;
  return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}`;
}
