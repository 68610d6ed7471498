import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { sql } from 'kysely';
import { database } from '../../activities/sources/database.ts';
import { storeRevision } from '../../adapters/postgres/revisions.ts';
import type { collectSource, RunOutcome } from '../../workflows/collection/collect-source.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { syncWorkflowId } from '../../workflows/collection/ids.ts';
import type { Provenance } from '../loops/document.ts';
import { grpcRequests, heartbeats, requestsBetween, type GrpcRequests } from '../measure/grpc.ts';
import { historyCost, type HistoryCost } from '../measure/history.ts';
import { cpuSeconds } from '../measure/process-usage.ts';
import { countStatements, resetStatements } from '../measure/statements.ts';
import type { S3Tally } from '../stubs/s3-tally.ts';
import type { Program } from './programs.ts';
import { MANIFEST_DATABASE, type Stage } from './stage.ts';

/** One whole run of `collectSource`, from its trigger to its result. */
export interface CollectedRun {
  readonly workflowId: string;
  readonly outcome: RunOutcome;
  readonly wallSeconds: number;
  /** Of the worker's process. */
  readonly cpuSeconds: number;
}

/** The same with everything counted. */
export interface CountedRun extends CollectedRun {
  readonly history: HistoryCost;
  /** The worker's requests to Temporal. */
  readonly grpc: GrpcRequests;
  /** With the heartbeats that reached the server; waking the sync is one of the sync's own. */
  readonly actions: number;
  /** In the product's own database. */
  readonly statements: number;
  readonly s3: S3Tally;
}

/** Puts the sources in force, as `apply` does. */
export async function applySources(
  stage: Stage,
  definitions: readonly SourceDefinition[],
): Promise<void> {
  await storeRevision(stage.db, { definitions, author: 'bench' });
}

/** Runs a source once. @throws Error - it did not succeed: then no number of it counts. */
export async function collect(
  stage: Stage,
  worker: Program,
  source: string,
): Promise<CollectedRun> {
  const workflowId = `collect:${source}:${randomUUID()}`;
  const [cpuBefore, startedMs] = [cpuSeconds(worker.pid), performance.now()];
  const outcome = await stage.temporal.client.workflow.execute<typeof collectSource>(
    'collectSource',
    {
      workflowId,
      taskQueue: 'orchestration',
      args: [{ v: 1, source, trigger: 'manual' }],
    },
  );
  const wallSeconds = (performance.now() - startedMs) / 1000;
  if (outcome.status !== 'succeeded')
    throw new Error(
      `The run of "${source}" ended as "${outcome.status}": ${outcome.because}. The bench is void.`,
    );
  return { workflowId, outcome, wallSeconds, cpuSeconds: cpuSeconds(worker.pid) - cpuBefore };
}

/** Runs a source once and counts; S3 answers at once. */
export async function collectCounted(
  stage: Stage,
  worker: Program,
  source: string,
): Promise<CountedRun> {
  await stage.s3.reset(0);
  await resetStatements(stage.sources);
  const before = await grpcRequests(worker.url);
  const run = await collect(stage, worker, source);
  const statements = await countStatements(stage.sources, MANIFEST_DATABASE);
  const grpc = requestsBetween(before, await grpcRequests(worker.url));
  const history = await historyCost(stage.temporal.client, run.workflowId);
  const s3 = await stage.s3.tally();
  return { ...run, history, grpc, actions: history.actions + heartbeats(grpc), statements, s3 };
}

/** Makes every source new again: no manifest, no cursor, no mark of a change. */
export async function forgetCollections({ db }: Stage): Promise<void> {
  await sql`truncate documents, source_state, dead_letters, stale_objects, knowledge_base_state`.execute(
    db,
  );
}

/** Ends the sync that earlier runs have woken and clears its mark, so that a later wake-up is seen. */
export async function settleSync({ db, temporal }: Stage): Promise<void> {
  const id = syncWorkflowId('KBBENCH001', 'DSBENCH001');
  await temporal.client.workflow
    .getHandle(id)
    .terminate('the bench goes on')
    .catch(() => undefined);
  await db.updateTable('knowledge_base_state').set({ dirty_since: null }).execute();
}

/** Syncs that were asked for since they were settled: marks in the database and running workflows. */
export async function requestedSyncs({ db, temporal }: Stage): Promise<number> {
  const marks = await db
    .selectFrom('knowledge_base_state')
    .select('id')
    .where('dirty_since', 'is not', null)
    .execute();
  const id = syncWorkflowId('KBBENCH001', 'DSBENCH001');
  const { status } = await temporal.client.workflow.getHandle(id).describe();
  return marks.length + (status.name === 'RUNNING' ? 1 : 0);
}

/** What the loops must be told to write the same bytes; the source must have been collected. */
export async function provenanceOf({ db }: Stage, source: string): Promise<Provenance> {
  const row = await db
    .selectFrom('documents')
    .select('config_sig')
    .where('source', '=', source)
    .limit(1)
    .executeTakeFirstOrThrow();
  const { version } = database.spec;
  return { source, typeVersion: version, configSig: row.config_sig ?? '', collectedAt: 0 };
}
