import { ApplicationFailure } from '@temporalio/common';
import {
  composePosts,
  dropPosts,
  readWaitingPosts,
  recordAttempt,
  retirePosts,
  type WaitingPost,
} from '../../adapters/postgres/notice-posts.ts';
import { notificationsInForce } from '../../adapters/postgres/revisions.ts';
import type { WebhookOutcome } from '../../adapters/webhooks/post.ts';
import { failure } from '../../workflows/failures.ts';
import type { DeliveryReport, WebhookReference } from '../../workflows/notices/activities.ts';
import { NOTICE_KINDS } from '../../workflows/notices/notice.ts';
import type { WebhookDefinition } from '../../workflows/notices/webhook.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { NoticeDependencies } from './dependencies.ts';
import { openWebhook } from './open-webhook.ts';

/** More becomes a digest: a person reads no more than these. */
const PER_MINUTE = 10;
const PATIENCE_MS = 24 * 3_600_000;
const PAGE = 20;

/** Posts what waits for a webhook, and then what came meanwhile. @throws Unavailable, RateLimited - try again later. */
export async function deliverNotices(
  { webhook }: WebhookReference,
  deps: NoticeDependencies,
): Promise<DeliveryReport> {
  const progress = { delivered: 0 };
  return withHeartbeat(
    () => progress,
    async () => {
      const definition = await findWebhook(deps.db, webhook);
      if (!definition) {
        await dropPosts(
          deps.db,
          webhook,
          `Webhook "${webhook}" is not in the definitions any more.`,
        );
        return progress;
      }
      for (;;) {
        await retirePosts(deps.db, webhook, PATIENCE_MS);
        const waitMs = await composePosts(deps.db, {
          webhook,
          kinds: definition.events ?? NOTICE_KINDS,
          perMinute: PER_MINUTE,
        });
        const posts = await readWaitingPosts(deps.db, webhook, PAGE);
        // Looked at after the last request ended: what was noted before that is not left behind.
        if (posts.length === 0) return { ...progress, ...(waitMs === undefined ? {} : { waitMs }) };
        progress.delivered += await deliver(posts, definition, deps);
      }
    },
  );
}

export async function findWebhook(
  db: NoticeDependencies['db'],
  webhook: string,
): Promise<WebhookDefinition | undefined> {
  return (await notificationsInForce(db)).find(({ id }) => id === webhook);
}

/** One after the other, the oldest first. Ends at the first that has to wait, for the others would have to wait, too. */
async function deliver(
  posts: readonly WaitingPost[],
  definition: WebhookDefinition,
  deps: NoticeDependencies,
): Promise<number> {
  let delivered = 0;
  for (const post of posts) {
    const answer = await attempt(post, definition, deps);
    const isDelivered = answer.outcome === 'delivered';
    await recordAttempt(deps.db, {
      id: post.id,
      state: answer.outcome === 'later' ? 'waiting' : answer.outcome,
      problem: isDelivered ? null : answer.problem,
    });
    if (answer.outcome === 'later') throw notNow(definition.id, answer);
    delivered += isDelivered ? 1 : 0;
  }
  return delivered;
}

/** A secret that cannot be read is mended by an operator, like a host that is not allowed: what waits, waits. */
async function attempt(
  { id, body }: WaitingPost,
  definition: WebhookDefinition,
  deps: NoticeDependencies,
): Promise<WebhookOutcome> {
  const { kind } = JSON.parse(body) as { readonly kind: string };
  try {
    const webhook = await openWebhook(definition, deps);
    return await webhook.post({ id, kind, body });
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    return { outcome: 'later', failure: 'Unavailable', problem: error.message };
  }
}

function notNow(
  webhook: string,
  { problem, retryAfterMs }: Extract<WebhookOutcome, { outcome: 'later' }>,
): Error {
  return failure(
    'Unavailable',
    `Webhook "${webhook}" was not told: ${problem} It is tried again, for a day.`,
    retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(retryAfterMs, MAX_WAIT_MS) },
  );
}

/** A receiver that says "tomorrow" would not learn what happens today. */
const MAX_WAIT_MS = 3_600_000;
