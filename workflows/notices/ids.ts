/** One teller a webhook: the id is the lock, so that its receiver gets one request after the other. */
export function tellerWorkflowId(webhook: string): string {
  return `tell:${webhook}`;
}
