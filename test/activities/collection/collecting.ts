import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { createKnowledge } from '../../../adapters/aws/knowledge.ts';
import { createAwsClients, type AwsClients } from '../../../adapters/aws/clients.ts';
import { createObjects, type Objects } from '../../../adapters/aws/objects.ts';
import { createHostMemory } from '../../../adapters/net/manners.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { createHostLimits } from '../../../adapters/postgres/host-limits.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { storeDefinition } from '../../../adapters/postgres/revisions.ts';
import { openRun } from '../../../adapters/postgres/runs.ts';
import { collectDocuments } from '../../../activities/collection/collect-documents.ts';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';
import { finishRun } from '../../../activities/collection/finish-run.ts';
import type { EndedRun } from '../../../activities/collection/metrics.ts';
import { reconcileDocuments } from '../../../activities/collection/reconcile-documents.ts';
import type {
  DocumentBody,
  ReadMessage,
  SourceDocument,
  SourceEnv,
} from '../../../activities/sources/contract.ts';
import { database } from '../../../activities/sources/database.ts';
import { defineSource, secret } from '../../../activities/sources/define-source.ts';
import type { FaultRule } from '../../../local/s3/faults.ts';
import { activityInterceptor } from '../../../workers/activity-interceptor.ts';
import type {
  FinishRunInput,
  ReconcileReport,
  RunReference,
  SliceReport,
} from '../../../workflows/collection/activities.ts';
import { addCounts, NO_COUNTS, type RunCounts } from '../../../workflows/collection/counts.ts';
import type { SourceShape } from '../../../workflows/collection/compare-discoveries.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import {
  judgeRun,
  type HeldReport,
  type RunStatus,
} from '../../../workflows/collection/run-status.ts';
import { approvalFakes, type ApprovalFakes } from '../../fakes/approval-workflows.ts';
import { repairFakes, type RepairFakes } from '../../fakes/repair-workflows.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { runServer, TEST_CREDENTIALS, type RunningServer } from '../../local/s3/running-server.ts';
import { withDatabase } from '../../set-up/postgres.ts';

export type Message = ReadMessage<unknown>;
type Reader = (
  from: unknown,
  env: SourceEnv,
  config: { readonly token?: string },
) => AsyncIterable<Message>;

/** What a whole run did, as the workflow would report it. */
export interface RanRun {
  readonly run: string;
  readonly status: RunStatus;
  readonly because: string;
  readonly counts: RunCounts;
  readonly held?: HeldReport;
  readonly slices: readonly SliceReport[];
}

export interface CallOptions {
  readonly run?: string;
  readonly slice?: number;
  readonly attempt?: number;
  readonly deps?: Partial<CollectionDependencies>;
  readonly startToCloseTimeoutMs?: number;
  readonly heartbeatTimeoutMs?: number;
  readonly scheduleToCloseTimeoutMs?: number;
  /** What earlier attempts took of it. */
  readonly spentMs?: number;
  /** Is given the environment before the activity starts, for heartbeats and cancellation. */
  readonly watch?: (env: MockActivityEnvironment) => void;
}

/** A source of its own in a database and on an S3 server that the file shares. */
export interface SourceCase {
  readonly id: string;
  readonly db: Database;
  readonly deps: CollectionDependencies;
  readonly server: RunningServer['server'];
  /** Rules of this list go wrong; empty it to be well again. */
  readonly faults: FaultRule[];
  readonly ended: readonly EndedRun[];
  /** Whom the runs asked, and which questions they ended. */
  readonly approvals: ApprovalFakes;
  /** Which repairs the runs started. */
  readonly repairs: RepairFakes;
  /** What the source holds from now on: messages, or how it is read. */
  emits(content: readonly Message[] | Reader): void;
  /** What a source of the type "shaped" is made of from now on; an error is thrown. */
  isShaped(shape: SourceShape | Error): void;
  definition(): SourceDefinition;
  /** Takes every write and keeps nothing: for tests of many rows that look at no object. */
  withoutStore(): Objects;
  redefine(overrides: Partial<SourceDefinition>): Promise<void>;
  open(run: string): Promise<RunReference>;
  collect(options?: CallOptions): Promise<SliceReport>;
  reconcile(
    run: string,
    listingComplete?: boolean,
    options?: CallOptions,
  ): Promise<ReconcileReport>;
  /** Ends a run whose row is open. */
  finish(
    run: string,
    end: Pick<FinishRunInput, 'verdict' | 'platform'>,
    options?: CallOptions,
  ): Promise<void>;
  /** A run as the workflow drives it. */
  run(): Promise<RanRun>;
  /** Content by document id: what a reader of the bucket finds, sidecars checked for presence. */
  stored(): Promise<Readonly<Record<string, string>>>;
  keys(): Promise<readonly string[]>;
  sidecar(key: string): Promise<Readonly<Record<string, { value: Record<string, unknown> }>>>;
  deadLetters(): Promise<
    readonly { id: string | null; failure: string; detail: string; attempts: number }[]
  >;
}

/** Registers the shared servers; call the result inside tests for a fresh source. */
export function withCollecting(): (overrides?: Partial<SourceDefinition>) => Promise<SourceCase> {
  const url = withDatabase();
  const faults: FaultRule[] = [];
  let db: Database;
  let running: RunningServer;
  let clients: AwsClients;
  let count = 0;
  beforeAll(async () => {
    db = openDatabase(url());
    await migrate(db);
    running = await runServer({ faults, durability: 'none' });
    clients = createAwsClients({
      region: 'eu-central-1',
      credentials: TEST_CREDENTIALS,
      endpoints: { s3: running.server.url, bedrockAgent: running.server.url },
    });
  });
  afterAll(async () => {
    clients.close();
    await running.close();
    await db.destroy();
  });
  return async (overrides = {}) => {
    faults.length = 0;
    running.server.requests.clear();
    count += 1;
    return createCase(
      `source-${count}`,
      { db, clients, faults, server: running.server },
      overrides,
    );
  };
}

interface Shared {
  readonly db: Database;
  readonly clients: AwsClients;
  readonly faults: FaultRule[];
  readonly server: RunningServer['server'];
}

async function createCase(
  id: string,
  { db, clients, faults, server }: Shared,
  overrides: Partial<SourceDefinition>,
): Promise<SourceCase> {
  let read: Reader = () => messagesOf([]);
  const ended: EndedRun[] = [];
  const approvals = approvalFakes();
  const repairs = repairFakes();
  let shape: SourceShape | Error = { streams: [] };
  const type = scripted((...args) => read(...args));
  const shaped = scripted(
    (...args) => read(...args),
    async () => {
      if (shape instanceof Error) throw shape;
      return shape;
    },
  );
  const objects = createObjects(clients.s3);
  const deps: CollectionDependencies = {
    db,
    objects,
    knowledge: createKnowledge({
      agent: clients.bedrockAgent,
      runtime: clients.bedrockAgentRuntime,
    }),
    schedules: { list: async () => [], apply: async () => undefined } as never,
    sourceTypes: new Map([
      ['scripted', type],
      ['shaped', shaped],
      [database.spec.name, database],
    ]),
    secrets: { variable: (name) => (name === 'TOKEN' ? SECRET : undefined) },
    hosts: createHostMemory(createHostLimits(db)),
    settings: {
      allowedHosts: [],
      allowedCommands: [],
      models: new Map(),
      userAgent: 'tests',
      maxDocumentBytes: 100_000,
      variable: () => undefined,
      chromium: () => Promise.reject(new Error('There is no Chromium in this test.')),
    },
    tuning: {
      uploads: 8,
      heartbeatMs: 60_000,
      batchDocuments: 1000,
      batchBytes: 8_000_000,
      commitEveryMs: 3000,
      pollMs: [10, 20],
    },
    metrics: {
      runEnded: (run) => void ended.push(run),
      rateLimited: () => undefined,
      syncEnded: () => undefined,
    },
    wakeSync: async () => undefined,
    isWorkflowOpen: async () => true,
    approvals: approvals.workflows,
    wakeTeller: async () => undefined,
    repairs: repairs.workflows,
  };
  const base = sourceDefinition({ id, type: 'scripted', category: 'tests', config: {} });
  const knowledgeBase = { ...base.knowledgeBase, bucket: 'docs', dataSourceId: id };
  let definition = { ...base, knowledgeBase, ...overrides };
  let digest = await storeDefinition(db, definition);
  let runs = 0;
  const signal = AbortSignal.timeout(600_000);

  async function open(name: string): Promise<RunReference> {
    // Tests name runs as they like; the table of runs is shared.
    const run = name.startsWith('collect:') ? name : `${id}:${name}`;
    const startedAt = new Date(1_795_000_000_000 + runs * 60_000);
    const { rows } = await sql<{ started_at: Date }>`
      select started_at from runs where id = ${run}`.execute(db);
    const [row] = rows;
    if (!row) {
      await openRun(db, {
        id: run,
        temporalRunId: `temporal-${run}`,
        tenant: 'default',
        source: id,
        digest,
        trigger: 'manual',
        startedAt,
        nominalAt: startedAt,
      });
    }
    const startedAtMs = (row?.started_at ?? startedAt).getTime();
    return { runId: run, tenant: 'default', source: id, digest, startedAtMs };
  }

  async function act<I, O>(
    activity: (input: I, deps: CollectionDependencies) => Promise<O>,
    input: I,
    options: CallOptions,
  ): Promise<O> {
    const env = new MockActivityEnvironment(
      {
        attempt: options.attempt ?? 1,
        activityType: activity.name,
        heartbeatTimeoutMs: options.heartbeatTimeoutMs ?? 60_000,
        startToCloseTimeoutMs: options.startToCloseTimeoutMs ?? 600_000,
        scheduleToCloseTimeoutMs: options.scheduleToCloseTimeoutMs ?? 900_000,
        ...(options.spentMs === undefined
          ? {}
          : { currentAttemptScheduledTimestampMs: 1 + options.spentMs }),
      },
      {
        logger: new DefaultLogger('ERROR', () => undefined),
        interceptors: [() => ({ inbound: activityInterceptor() })] as never,
      },
    );
    options.watch?.(env);
    return env.run(() => activity(input, { ...deps, ...options.deps }));
  }

  const theCase: SourceCase = {
    id,
    db,
    deps,
    server,
    faults,
    ended,
    approvals,
    repairs,
    emits(content) {
      read = typeof content === 'function' ? content : () => messagesOf(content);
    },
    isShaped(now) {
      shape = now;
    },
    definition: () => definition,
    withoutStore: () => ({ ...objects, put: async ({ key }) => ({ etag: `"${key.length}"` }) }),
    async redefine(changes) {
      definition = { ...definition, ...changes };
      digest = await storeDefinition(db, definition);
    },
    open,
    async collect(options = {}) {
      const reference = await open(options.run ?? `collect:${id}-${runs}`);
      return act(collectDocuments, { ...reference, slice: options.slice ?? 0 }, options);
    },
    async reconcile(run, listingComplete = true, options = {}) {
      return act(reconcileDocuments, { ...(await open(run)), listingComplete }, options);
    },
    async finish(name, end, options = {}) {
      const reference = await open(name);
      await act(
        finishRun,
        { ...reference, temporalRunId: `temporal-${reference.runId}`, ...end },
        options,
      );
    },
    async run() {
      runs += 1;
      const run = `collect:${id}-${runs}`;
      const slices: SliceReport[] = [];
      do slices.push(await theCase.collect({ run, slice: slices.length }));
      while (slices.at(-1)?.more);
      const last = slices.at(-1) as SliceReport;
      const { listing, boundReached, failedAs } = last;
      const reconciled: ReconcileReport =
        last.candidates + last.staleObjects + last.openQuestions > 0
          ? await theCase.reconcile(run, listing?.complete ?? false)
          : { counts: NO_COUNTS };
      const counts = addCounts(last.counts, reconciled.counts);
      const { kept, asked } = reconciled;
      const held = reconciled.held ?? last.held;
      const verdict = judgeRun({
        counts,
        ...(listing ? { listing } : {}),
        ...(held ? { held } : {}),
        ...(kept ? { kept } : {}),
        ...(asked ? { asked } : {}),
        ...(boundReached ? { boundReached } : {}),
        ...(failedAs ? { failedAs } : {}),
      });
      const end = { ...(await open(run)), temporalRunId: `temporal-${run}`, verdict };
      await act(finishRun, { ...end, ...(held ? { held } : {}) }, {});
      return { run, ...verdict, counts, slices, ...(held ? { held } : {}) };
    },
    async keys() {
      const keys: string[] = [];
      const { prefix } = definition.knowledgeBase;
      const all = objects.list({ bucket: 'docs', prefix, signal });
      for await (const { key } of all) if (key.includes(`/${id}/`)) keys.push(key);
      return keys;
    },
    async stored() {
      const found: Record<string, string> = {};
      for (const key of await theCase.keys()) {
        if (key.endsWith('.metadata.json')) continue;
        const attributes = await theCase.sidecar(key);
        const name = String(attributes['doc_id']?.value['stringValue']);
        found[name] = await objects.getText({ bucket: 'docs', key, signal });
      }
      return found;
    },
    async sidecar(key) {
      const text = await objects.getText({ bucket: 'docs', key: `${key}.metadata.json`, signal });
      const parsed = JSON.parse(text) as {
        metadataAttributes: Record<string, { value: Record<string, unknown> }>;
      };
      return parsed.metadataAttributes;
    },
    async deadLetters() {
      const { rows } = await sql<{
        id: string | null;
        failure: string;
        detail: string;
        attempts: number;
      }>`
        select doc_id as id, failure, detail, attempts from dead_letters where source = ${id}
        order by doc_id collate "C"`.execute(db);
      return rows;
    },
  };
  return theCase;
}

export const SECRET = 'canary-7f3b-secret';

function scripted(read: Reader, shape?: () => Promise<SourceShape>) {
  const config = z.strictObject({
    token: z.exactOptional(secret(z.string())),
    shape: z.exactOptional(z.string()),
  });
  return defineSource<{ token?: string; shape?: string }, unknown>(
    { config, cursor: z.unknown() },
    {
      spec: {
        name: 'scripted',
        version: '1.0.0',
        summary: 'Emits what a test says.',
        queue: 'collect',
        trust: 'trusted',
      },
      check: async () => [],
      discover: async () => ({ streams: [] }),
      ...(shape ? { shape } : {}),
      read: (given, from, env) => read(from, env, given),
    },
  );
}

// oxlint-disable-next-line typescript/require-await
async function* messagesOf(messages: readonly Message[]): AsyncGenerator<Message> {
  yield* messages;
}

export function document(
  id: string,
  body: string | DocumentBody = `The text of ${id}.`,
  rest: Partial<SourceDocument> = {},
): Message {
  const content = typeof body === 'string' ? ({ kind: 'markdown', text: body } as const) : body;
  return { kind: 'document', document: { id, title: `Title ${id}`, body: content, ...rest } };
}

export function documents(...ids: readonly string[]): Message[] {
  return ids.map((id) => document(id));
}

export function numbered(count: number, prefix = 'd'): Message[] {
  return Array.from({ length: count }, (_, at) =>
    document(`${prefix}${String(at).padStart(4, '0')}`),
  );
}

export const COMPLETE: Message = { kind: 'listing', complete: true };
