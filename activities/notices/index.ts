import type { NoticeActivities } from '../../workflows/notices/activities.ts';
import { deliverNotices } from './deliver-notices.ts';
import type { NoticeDependencies } from './dependencies.ts';
import { testWebhook } from './test-webhook.ts';

/** Every activity of the area, out of its dependencies. */
export function noticeActivities(deps: NoticeDependencies): NoticeActivities {
  return {
    deliverNotices: (input) => deliverNotices(input, deps),
    testWebhook: (input) => testWebhook(input, deps),
  };
}
