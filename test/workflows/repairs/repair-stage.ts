import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { approvalActivities } from '../../../activities/approval/index.ts';
import { collectionActivities } from '../../../activities/collection/index.ts';
import { noticeActivities } from '../../../activities/notices/index.ts';
import { repairActivities } from '../../../activities/repair/index.ts';
import type { Database } from '../../../adapters/postgres/database.ts';
import { readIncidents, type Incident } from '../../../adapters/postgres/incidents.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import {
  openSystemicIncidents,
  releaseSystemicHold,
} from '../../../adapters/postgres/systemic-incidents.ts';
import { reconcileRevision } from '../../../adapters/temporal/reconcile.ts';
import { createSchedules } from '../../../adapters/temporal/schedules.ts';
import { startShop, type ShopSite } from '../../../examples/repair/shop-site.ts';
import { readWorkerConfig } from '../../../workers/config.ts';
import { collectionDependencies } from '../../../workers/dependencies.ts';
import { decideUpdate } from '../../../workflows/approval/messages.ts';
import type { Answer, Verdict, VerdictKind } from '../../../workflows/approval/request.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import { sourceScheduleId } from '../../../workflows/collection/ids.ts';
import { repairWorkflowId } from '../../../workflows/repair/ids.ts';
import { repairStatusQuery } from '../../../workflows/repair/messages.ts';
import type { RepairDefinition } from '../../../workflows/repair/policy.ts';
import type { RepairStatus } from '../../../workflows/repair/repair-status.ts';
import { chromiumPath } from '../../fakes/chromium.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { hostsAtOnce } from '../../set-up/hosts-at-once.ts';
import { withStores } from '../../set-up/stores.ts';
import type { TestCloud } from '../../set-up/test-cloud.ts';
import type { TestWorkers } from '../../set-up/temporal-workers.ts';
import { withWorkers } from '../../set-up/workflow-workers.ts';

/** Everything that a repair needs, for real, and shops that break. */
export interface RepairStage {
  readonly db: Database;
  readonly cloud: TestCloud;
  readonly client: TestWorkers['client'];
  /** A shop with its source in force and one good run behind it. */
  open(options?: ShopOptions): Promise<StagedShop>;
}

export interface ShopOptions {
  readonly repair?: RepairDefinition;
  readonly extract?: Readonly<Record<string, unknown>>;
  readonly count?: number;
  /** Good runs before the test begins. Default: 2. */
  readonly goodRuns?: number;
  /** Another source in place of that of the shop. */
  readonly define?: (shop: SourceDefinition) => SourceDefinition;
}

export interface StagedShop {
  readonly source: string;
  readonly site: ShopSite;
  readonly definition: SourceDefinition;
  /** Triggers the schedule and waits until that run has ended; its row. */
  run(): Promise<EndedRun>;
  /** Of the source, newest first. */
  incidents(): Promise<readonly Incident[]>;
  status(): Promise<RepairStatus>;
  /** Polls until the repair shows what is wanted. */
  until(what: string, wanted: (status: RepairStatus) => boolean): Promise<RepairStatus>;
  untilClosed(): Promise<Incident>;
  decide(verdict: VerdictKind, overrides?: Partial<Verdict>): Promise<Answer>;
}

export interface EndedRun {
  readonly id: string;
  readonly status: string;
  readonly failure: string | null;
  readonly message: string | null;
}

/** What a person would write for the shop. */
export const SHOP_EXTRACT = {
  title: { type: 'text', stable: true, locators: 'h1.product-title' },
  price: { type: 'number', stable: true, normalise: ['stripCurrency'], locators: '.product-price' },
  content: '.product-text',
};

export function withRepairStage(): () => RepairStage {
  const stores = withStores();
  const undo = new AsyncDisposableStack();
  const workers = withWorkers({
    activities: ({ client }) => {
      const { db, cloud } = stores();
      const config = readWorkerConfig({
        WELLSPRING_DATABASE_URL: 'postgres://not-used',
        WELLSPRING_ALLOWED_HOSTS: '127.0.0.1',
        ...(chromiumPath === undefined ? {} : { CHROMIUM_PATH: chromiumPath }),
      });
      const logger = pino({ enabled: false });
      const made = collectionDependencies(config, { db, aws: cloud.clients, client, logger });
      const deps = { ...made, hosts: hostsAtOnce() };
      return {
        ...collectionActivities(deps),
        ...approvalActivities(deps),
        ...noticeActivities(deps),
        ...repairActivities(deps),
      };
    },
  });
  afterAll(() => undo.disposeAsync());
  const inForce: SourceDefinition[] = [];
  return () => {
    const { db, cloud } = stores();
    const { client } = workers();
    return {
      db,
      cloud,
      client,
      async open(options = {}) {
        await forgetStorms(db);
        const site = await startShop({ count: options.count ?? 24 });
        undo.defer(() => site.close());
        const { define = (shop) => shop } = options;
        const definition = define(
          await shopDefinition(`shop-${inForce.length + 1}`, site, options, cloud),
        );
        inForce.push(definition);
        const { repair } = options;
        const revision = { definitions: inForce, author: 'test', ...(repair ? { repair } : {}) };
        await storeRevision(db, revision);
        await reconcileRevision(db, createSchedules(client), { now: new Date() });
        const shop = stagedShop({ definition, site, db, client });
        for (let runs = options.goodRuns ?? 2; runs > 0; runs -= 1) await shop.run();
        return shop;
      },
    };
  };
}

/** Every test breaks a shop in the same way within minutes: what looks like one cause is none. */
async function forgetStorms(db: Database): Promise<void> {
  for (const { id } of await openSystemicIncidents(db)) await releaseSystemicHold(db, id, 'test');
  await sql`update incidents set opened_at = opened_at - interval '1 hour'`.execute(db);
}

async function shopDefinition(
  id: string,
  { origin }: ShopSite,
  { extract = SHOP_EXTRACT }: ShopOptions,
  cloud: TestCloud,
): Promise<SourceDefinition> {
  const { knowledgeBaseId, dataSourceId } = await cloud.dataSource(id);
  const { knowledgeBase, ...base } = sourceDefinition({ id });
  return {
    ...base,
    type: 'http',
    category: 'shop',
    config: { urls: [`${origin}/products/W-1000`], sitemap: 'include', extract },
    knowledgeBase: {
      ...knowledgeBase,
      id,
      knowledgeBaseId,
      dataSourceId,
      bucket: cloud.bucket,
      prefix: id,
      evidence: { bucket: cloud.bucket, prefix: `evidence-${id}` },
      sync: { quietMs: 3_600_000, maxWaitMs: 3_600_000 },
    },
  };
}

interface ShopParts {
  readonly definition: SourceDefinition;
  readonly site: ShopSite;
  readonly db: Database;
  readonly client: TestWorkers['client'];
}

function stagedShop({ definition, site, db, client }: ShopParts): StagedShop {
  const { id: source, tenant } = definition;
  const handle = () => client.workflow.getHandle(repairWorkflowId(tenant, source));
  const status = (): Promise<RepairStatus> => handle().query(repairStatusQuery);
  const incidents = () => readIncidents(db, { tenant, source, limit: 20 });
  return {
    source,
    site,
    definition,
    incidents,
    status,
    async run() {
      // The run before may have written its end, and its workflow not have closed yet.
      const since = await polled(`the start of a run of "${source}"`, async () => {
        const at = new Date();
        const id = sourceScheduleId(tenant, source);
        const { outcome } = await createSchedules(client).trigger(id);
        return outcome === 'started' ? at : undefined;
      });
      return polled(`the end of a run of "${source}"`, () => endedRun(db, source, since));
    },
    until: (what, wanted) =>
      polled(what, async () => {
        const now = await status().catch(() => undefined);
        return now && wanted(now) ? now : undefined;
      }),
    untilClosed: () =>
      polled('the end of the incident', async () =>
        (await incidents()).find(({ state }) => state === 'closed'),
      ),
    async decide(verdict, overrides = {}) {
      const { question } = await status();
      if (!question) throw new Error('Nothing is asked.');
      const { id, digest } = question.request;
      const given: Verdict = {
        requestId: id,
        digest,
        verdict,
        decisionId: `cli:${randomUUID()}`,
        by: { provider: 'cli', user: 'ana' },
        ...overrides,
      };
      return handle().executeUpdate(decideUpdate, { updateId: given.decisionId, args: [given] });
    },
  };
}

async function endedRun(db: Database, source: string, since: Date): Promise<EndedRun | undefined> {
  const row = await db
    .selectFrom('runs')
    .select(['id', 'status', 'failure', 'failure_message as message'])
    .where('source', '=', source)
    .where('started_at', '>=', since)
    .where('finished_at', 'is not', null)
    .orderBy('started_at')
    .executeTakeFirst();
  return row;
}

/** On a busy machine a task that its worker never heard of may be lost twice, for half a minute each. */
const POLL_WITHIN_MS = 100_000;

export async function polled<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const untilMs = Date.now() + POLL_WITHIN_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > untilMs)
      throw new Error(`${what} did not come in ${POLL_WITHIN_MS / 1000} seconds.`);
    await sleep(100);
  }
}
