import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll } from 'vitest';
import { createObjects, type Objects } from '../../../adapters/aws/objects.ts';
import { readMark, recordSync } from '../../../adapters/postgres/syncs.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';
import type { SyncTarget } from '../../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import { startTestCloud, type TestCloud } from '../../set-up/test-cloud.ts';
import { withCollecting, type SourceCase } from './collecting.ts';

/** A source whose bucket a real knowledge base ingests; its definition alone is in force. */
export interface WholeSystem extends SourceCase {
  readonly cloud: TestCloud;
  readonly objects: Objects;
  readonly target: SyncTarget;
  /** Runs an ingestion job to its end, as a sync does. */
  sync(): Promise<void>;
  /** Where the document with this id lies. */
  keyOf(docId: string): Promise<string>;
  inForce(definitions: readonly SourceDefinition[]): Promise<void>;
  act<I, O>(
    activity: (input: I, deps: CollectionDependencies) => Promise<O>,
    input: I,
    deps?: Partial<CollectionDependencies>,
  ): Promise<O>;
  /** Every row of every table and every object, to be compared: what only reads changes none of them. */
  everything(): Promise<unknown>;
}

/** Registers the servers; call the result inside tests for a fresh source. */
export function withWholeSystem(): () => Promise<WholeSystem> {
  const newSource = withCollecting();
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud();
  });
  afterAll(() => cloud.stop());
  return async () => wholeSystem(await newSource(), cloud);
}

async function wholeSystem(source: SourceCase, cloud: TestCloud): Promise<WholeSystem> {
  const { db, id, deps } = source;
  const signal = AbortSignal.timeout(600_000);
  const objects = createObjects(cloud.clients.s3);
  const target = await cloud.dataSource(id);
  const { knowledgeBaseId, dataSourceId } = target;
  const place = { bucket: cloud.bucket, prefix: id, knowledgeBaseId, dataSourceId };
  await source.redefine({ knowledgeBase: { ...source.definition().knowledgeBase, ...place } });
  Object.assign(deps, { objects, knowledge: cloud.knowledge });
  const inForce = async (definitions: readonly SourceDefinition[]): Promise<void> => {
    await storeRevision(db, { definitions, author: 'tests' });
  };
  await inForce([source.definition()]);
  return {
    ...source,
    cloud,
    objects,
    target,
    inForce,
    async sync() {
      const { now } = await readMark(db, target);
      const clientToken = `wellspring-test-${crypto.randomUUID()}`;
      const call = { knowledgeBaseId, dataSourceId, signal };
      const job = await cloud.knowledge.startIngestion({
        ...call,
        clientToken,
        description: 'test',
      });
      for (;;) {
        const { status, statistics } = await cloud.knowledge.getIngestion({
          ...call,
          jobId: job.jobId,
        });
        if (status === 'COMPLETE') {
          const at = new Date().toISOString();
          const ended = { status, startedAt: at, finishedAt: at, failedDocuments: [] } as const;
          const report = { ...ended, jobId: job.jobId, statistics: { ...statistics } };
          await recordSync(db, { ...target, report, coveredAt: now });
          return;
        }
        await sleep(20);
      }
    },
    async keyOf(docId) {
      const { rows } = await sql<{ key: string }>`
        select key from documents where source = ${id} and doc_id = ${docId}`.execute(db);
      return rows[0]?.key ?? '';
    },
    act: (activity, input, more = {}) =>
      new MockActivityEnvironment(
        { attempt: 1, heartbeatTimeoutMs: 60_000, startToCloseTimeoutMs: 600_000 },
        { logger: new DefaultLogger('ERROR', () => undefined) },
      ).run(() => activity(input, { ...deps, ...more })),
    async everything() {
      const tables = await sql<{ name: string }>`
        select table_name as name from information_schema.tables
        where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(db);
      const rows: Record<string, unknown> = {};
      for (const { name } of tables.rows) {
        const found = await sql<{ all: string }>`
          select md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) as "all"
          from ${sql.table(name)} t`.execute(db);
        rows[name] = found.rows[0]?.all;
      }
      const lying = await Array.fromAsync(
        objects.list({ bucket: cloud.bucket, prefix: '', signal }),
      );
      return { rows, lying };
    },
  };
}
