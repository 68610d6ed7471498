import { approvalActivities } from '../activities/approval/index.ts';
import { noticeActivities } from '../activities/notices/index.ts';
import { collectionActivities } from '../activities/collection/index.ts';
import { repairActivities } from '../activities/repair/index.ts';
import { closeStrategyPool } from '../activities/strategies/strategy-pool.ts';
import { createAwsClients } from '../adapters/aws/clients.ts';
import { closeExtractionPool } from '../adapters/extraction/extract-pool.ts';
import { openDatabase } from '../adapters/postgres/database.ts';
import { migrate } from '../adapters/postgres/migrate.ts';
import { connectTemporal } from '../adapters/temporal/connection.ts';
import { ensureSearchAttributes } from '../adapters/temporal/search-attributes.ts';
import { awsOptions } from './aws-options.ts';
import { readWorkerConfig, type WorkerConfig } from './config.ts';
import { collectionDependencies } from './dependencies.ts';
import { createGauges } from './gauges.ts';
import { startHealthServer } from './health.ts';
import { runWorkers } from './run-workers.ts';
import { createLogger, installRuntime } from './telemetry.ts';

/** The worker program: configuration from the environment, connections, task queues, metrics, graceful shutdown. */
async function main(config: WorkerConfig): Promise<void> {
  const logger = createLogger(config.LOG_LEVEL);
  const { metricsUrl } = await installRuntime(logger);
  const db = openDatabase(config.WELLSPRING_DATABASE_URL, {
    onIdleError: (error) => logger.warn({ reason: error.message }, 'a database connection broke'),
  });
  const aws = createAwsClients(awsOptions(config));
  await migrate(db);
  const temporal = connectTemporal();
  await ensureSearchAttributes(temporal.connection, temporal.namespace);
  const deps = collectionDependencies(config, { db, aws, client: temporal.client, logger });
  const activities = {
    ...collectionActivities(deps),
    ...approvalActivities(deps),
    ...noticeActivities(deps),
    ...repairActivities(deps),
  };
  const workers = await runWorkers({ config, activities, logger });
  const gauges = createGauges(db);
  const health = await startHealthServer({
    address: config.WELLSPRING_HTTP_ADDRESS,
    notReady: () => workers.notReady(),
    metrics: async () => [await (await fetch(metricsUrl)).text(), await gauges()].join('\n'),
  });
  logger.info({ queues: config.WELLSPRING_TASK_QUEUES, http: health.url }, 'worker started');
  try {
    await workers.ended;
  } finally {
    await health.close();
    await closeStrategyPool();
    await closeExtractionPool();
    await temporal.close();
    aws.close();
    await db.destroy();
  }
  logger.info('worker stopped');
}

try {
  await main(readWorkerConfig());
  // Not by itself: where connections were reset under its requests, Node 24 waits for these for ever, and computes meanwhile.
  process.exit(0);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `${JSON.stringify({ level: 'error', msg: 'worker failed', reason: message })}\n`,
  );
  // Connections and the runtime of the SDK, which also holds SIGTERM, would keep a failed process for ever; nobody would start it again.
  process.exit(1);
}
