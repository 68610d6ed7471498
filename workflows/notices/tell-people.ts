import {
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import * as retry from '../retry.ts';
import type { DeliveryReport, NoticeActivities, WebhookReference } from './activities.ts';
import { wakeSignal } from './messages.ts';

export interface TellPeopleInput extends WebhookReference {
  readonly v: 1;
}

const MAX_ROUNDS = 200;

// Temporal repeats a request that failed: the activity alone knows which one, and the next attempt reads the configuration anew.
const hands = proxyActivities<NoticeActivities>(retry.telling);

setWorkflowOptions({ failureExceptionTypes: [Error] }, tellPeople);

/**
 * Tells one webhook what it has not been told, until nothing is left. Whoever notes something wakes it by signal-with-start; what it must
 * not lose lies in the database, so that it may be killed, and started again, at any point.
 */
export async function tellPeople(input: TellPeopleInput): Promise<void> {
  let isWoken = false;
  let delivered = 0;
  setHandler(wakeSignal, () => void (isWoken = true), {
    description: 'There is something to tell.',
  });
  for (let round = 1; ; round += 1) {
    isWoken = false;
    const report = await tell(input);
    delivered += report.delivered;
    setCurrentDetails(`### Webhook ${input.webhook}\n\n${delivered} messages delivered.`);
    if (report.waitMs !== undefined)
      await sleep(Math.max(1, report.waitMs), { summary: 'only so many a minute' });
    else if (!isWoken) return;
    if (round >= MAX_ROUNDS || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof tellPeople>(input);
  }
}

function tell({ webhook }: TellPeopleInput): Promise<DeliveryReport> {
  const summary = `tell webhook ${webhook}`;
  return hands.deliverNotices.executeWithOptions({ summary }, [{ webhook }]);
}
