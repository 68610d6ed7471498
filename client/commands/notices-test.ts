import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { nearest } from '../../adapters/definitions/nearest.ts';
import { notificationsInForce } from '../../adapters/postgres/revisions.ts';
import { callTemporal } from '../../adapters/temporal/errors.ts';
import type { WebhookAnswer } from '../../workflows/notices/activities.ts';
import type { testWebhook } from '../../workflows/notices/test-webhook.ts';
import { Problem } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { System } from '../system.ts';
import { tookTime } from '../relative-time.ts';
import type { Answer, Context } from './command.ts';

/** Lets a worker post a test message: with its secrets, its network and its guard, as real ones go. */
export async function noticesTest(context: Context<unknown>): Promise<Answer> {
  const [webhook = ''] = context.positionals;
  const system = await context.system();
  const known = (await notificationsInForce(await system.database())).map(({ id }) => id);
  if (!known.includes(webhook)) throw unknownWebhook(webhook, known);
  const patience = new AbortController();
  sleep(PATIENCE_MS, undefined, { signal: patience.signal }).then(
    () => context.terminal.progress('… still waits: look whether a worker runs'),
    () => undefined,
  );
  try {
    const answer = await post(system, webhook);
    context.terminal.settle();
    const { status, tookMs, id } = answer;
    return {
      data: { webhook, ...answer },
      text: `✓ Webhook "${webhook}" answered ${status} after ${tookTime(tookMs)}. The message had the id ${id}.`,
    };
  } finally {
    patience.abort();
  }
}

const PATIENCE_MS = 10_000;
/** Above the activity's own bounds: without a worker nothing else would ever end it. */
const RUN_TIMEOUT_MS = 3 * 60_000;

async function post(system: System, webhook: string): Promise<WebhookAnswer> {
  const { client } = await system.temporal();
  const workflowId = `notice-test:${webhook}:${randomUUID()}`;
  return callTemporal(`workflow "${workflowId}"`, () =>
    client.workflow.execute<typeof testWebhook>('testWebhook', {
      workflowId,
      taskQueue: 'orchestration',
      args: [{ v: 1, webhook }],
      workflowRunTimeout: RUN_TIMEOUT_MS,
      staticSummary: `Test webhook ${webhook}`,
    }),
  );
}

function unknownWebhook(webhook: string, known: readonly string[]): Problem {
  const near = nearest(webhook, known);
  const meant = near === undefined ? `Webhooks: ${known.join(', ')}.` : `Did you mean "${near}"?`;
  const none = `Add one to "notifications:" of the definitions, then run "${ourCommand('apply')}".`;
  return new Problem(`No webhook "${webhook}" is in force.`, {
    failure: 'NotFound',
    remedy: known.length === 0 ? none : meant,
  });
}
