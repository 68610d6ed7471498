import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { noticeActivities } from '../../../activities/notices/index.ts';
import type { NoticeDependencies } from '../../../activities/notices/dependencies.ts';
import { tell } from '../../../activities/notices/tell.ts';
import type { Database } from '../../../adapters/postgres/database.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { activityInterceptor } from '../../../workers/activity-interceptor.ts';
import type { DeliveryReport, WebhookAnswer } from '../../../workflows/notices/activities.ts';
import type { NewNotice } from '../../../workflows/notices/notice.ts';
import type { WebhookDefinition } from '../../../workflows/notices/webhook.ts';
import { startReceiver, type WebhookReceiver } from '../../fakes/webhook-receiver.ts';

export const SECRET = 'canary-of-the-webhook';

/** A webhook of its own with its receiver, and the activities that tell it. */
export interface TellingCase extends AsyncDisposable {
  readonly db: Database;
  readonly deps: NoticeDependencies;
  readonly receiver: WebhookReceiver;
  readonly webhook: string;
  /** Webhooks whose tellers were woken, in order. */
  readonly woken: readonly string[];
  apply(change?: Partial<WebhookDefinition>): Promise<void>;
  note(...notices: readonly NewNotice[]): Promise<void>;
  deliver(): Promise<DeliveryReport>;
  test(): Promise<WebhookAnswer>;
  posts(): Promise<readonly PostRow[]>;
}

interface PostRow {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly problem: string | null;
}

export async function newTellingCase(
  db: Database,
  options: { readonly allowedHosts?: readonly string[] } = {},
): Promise<TellingCase> {
  const receiver = await startReceiver();
  const woken: string[] = [];
  // Earlier cases of the file would be told, too.
  await db.deleteFrom('notices').execute();
  await db.deleteFrom('notice_posts').execute();
  const deps: NoticeDependencies = {
    db,
    secrets: { variable: (name) => ({ HOOK_SECRET: SECRET, HOOK_PATH: 'T0/canary-path' })[name] },
    settings: { allowedHosts: options.allowedHosts ?? [receiver.host], userAgent: 'tests' },
    wakeTeller: async (webhook) => void woken.push(webhook),
  };
  const definition: WebhookDefinition = {
    id: 'ops',
    url: `${receiver.url}/hook`,
    secret: '${env:HOOK_SECRET}',
  };
  const activities = noticeActivities(deps);
  const telling: TellingCase = {
    db,
    deps,
    receiver,
    webhook: definition.id,
    woken,
    async apply(change = {}) {
      await storeRevision(db, {
        definitions: [],
        notifications: [{ ...definition, ...change }],
        author: 'test',
      });
    },
    note: (...notices) => inActivity(() => tell(notices, deps)),
    deliver: () => inActivity(() => activities.deliverNotices({ webhook: definition.id })),
    test: () => inActivity(() => activities.testWebhook({ webhook: definition.id })),
    posts: () =>
      db
        .selectFrom('notice_posts')
        .select(['id', 'state', 'attempts', 'problem'])
        .orderBy('created_at')
        .execute(),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
  await telling.apply();
  return telling;
}

export function held(source: string, rest: Partial<NewNotice> = {}): NewNotice {
  return {
    kind: 'run-held',
    tenant: 'default',
    source,
    run: `collect:${source}-2026-11-21T12:00:00Z`,
    subject: 'EmptyResult',
    what: `A run of source "${source}" is held.`,
    command: `npm run cli -- run show ${source}`,
    since: new Date('2026-11-21T12:00:00Z'),
    ...rest,
  };
}

/** As on a worker: with its context, its interceptor and the activity's time. */
function inActivity<Result>(work: () => Promise<Result>): Promise<Result> {
  const env = new MockActivityEnvironment(
    { heartbeatTimeoutMs: 60_000, startToCloseTimeoutMs: 600_000 },
    {
      logger: new DefaultLogger('ERROR', () => undefined),
      interceptors: [() => ({ inbound: activityInterceptor() })] as never,
    },
  );
  return env.run(work);
}
