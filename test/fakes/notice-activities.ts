import type { FreshnessActivities } from '../../workflows/collection/activities.ts';
import type { DeliveryReport, NoticeActivities } from '../../workflows/notices/activities.ts';

/** Tellers and watchers with scripted answers. */
export interface NoticeFakes {
  readonly activities: NoticeActivities & FreshnessActivities;
  /** What the next deliveries of a webhook do; when none is left, nothing waits. */
  script(webhook: string, deliveries: readonly (() => Promise<DeliveryReport>)[]): void;
  /** How often each webhook was asked to deliver. */
  readonly asked: ReadonlyMap<string, number>;
}

export function noticeFakes(): NoticeFakes {
  const scripts = new Map<string, (() => Promise<DeliveryReport>)[]>();
  const asked = new Map<string, number>();
  return {
    asked,
    script: (webhook, deliveries) => void scripts.set(webhook, [...deliveries]),
    activities: {
      deliverNotices({ webhook }) {
        asked.set(webhook, (asked.get(webhook) ?? 0) + 1);
        const next = scripts.get(webhook)?.shift();
        return next ? next() : Promise.resolve({ delivered: 0 });
      },
      testWebhook: () => Promise.resolve({ id: 'p1', status: 204, tookMs: 12 }),
      watchFreshness: () =>
        Promise.resolve({ counted: 40, late: 12, share: 0.7, shown: ['articles', 'pages'] }),
    },
  };
}
