import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import * as retry from '../retry.ts';
import type { NoticeActivities, WebhookAnswer, WebhookReference } from './activities.ts';

export interface TestWebhookInput extends WebhookReference {
  readonly v: 1;
}

// A person waits for the answer: one attempt, then the reason.
const hands = proxyActivities<NoticeActivities>({
  ...retry.quick,
  startToCloseTimeout: '30 seconds',
  retry: { maximumAttempts: 1 },
});

setWorkflowOptions({ failureExceptionTypes: [Error] }, testWebhook);

/** Behind `notices test`: a workflow, so that it runs where the secrets, the network and its guard are. */
export async function testWebhook({ webhook }: TestWebhookInput): Promise<WebhookAnswer> {
  const summary = `test webhook ${webhook}`;
  return hands.testWebhook.executeWithOptions({ summary }, [{ webhook }]);
}
