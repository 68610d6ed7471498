import { randomUUID } from 'node:crypto';
import { failure } from '../../workflows/failures.ts';
import type { WebhookAnswer, WebhookReference } from '../../workflows/notices/activities.ts';
import { testMessage } from '../../workflows/notices/message.ts';
import { findWebhook } from './deliver-notices.ts';
import type { NoticeDependencies } from './dependencies.ts';
import { openWebhook } from './open-webhook.ts';

/** Posts a message that says that it is a test, once. */
export async function testWebhook(
  { webhook }: WebhookReference,
  deps: NoticeDependencies,
): Promise<WebhookAnswer> {
  const definition = await findWebhook(deps.db, webhook);
  if (!definition)
    throw failure(
      'NotFound',
      `No webhook "${webhook}" is in force. Add it to "notifications:" and run "npm run cli -- apply".`,
    );
  const id = randomUUID();
  const body = JSON.stringify(testMessage(id, webhook, new Date()));
  const startedAt = performance.now();
  const opened = await openWebhook(definition, deps);
  const answer = await opened.post({ id, kind: 'test', body });
  if (answer.outcome !== 'delivered')
    throw failure(
      answer.outcome === 'refused' ? 'InvalidConfig' : answer.failure,
      `Webhook "${webhook}" did not take the test. ${answer.problem}`,
    );
  return { id, status: answer.status, tookMs: Math.round(performance.now() - startedAt) };
}
