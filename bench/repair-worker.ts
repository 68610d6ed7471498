import { connectTemporal } from '../adapters/temporal/connection.ts';
import { readWorkerConfig, type WorkerConfig } from '../workers/config.ts';
import { startHealthServer } from '../workers/health.ts';
import { runWorkers } from '../workers/run-workers.ts';
import { createLogger, installRuntime } from '../workers/telemetry.ts';
import { instantRepairs } from './stubs/instant-repairs.ts';

// The workers of the product with its workflows, on activities of repairs that answer at once: what is left is orchestration.

await main(readWorkerConfig());

async function main(config: WorkerConfig): Promise<void> {
  const logger = createLogger(config.LOG_LEVEL);
  const { metricsUrl } = await installRuntime(logger);
  const temporal = connectTemporal();
  const workers = await runWorkers({
    config,
    activities: instantRepairs(temporal.client),
    logger,
  });
  const health = await startHealthServer({
    address: config.WELLSPRING_HTTP_ADDRESS,
    notReady: () => workers.notReady(),
    metrics: async () => (await fetch(metricsUrl)).text(),
  });
  try {
    await workers.ended;
  } finally {
    await health.close();
    await temporal.close();
  }
}
