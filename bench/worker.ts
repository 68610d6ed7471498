import { Client as PgClient } from 'pg';
import { collectionActivities } from '../activities/collection/index.ts';
import type { CollectionDependencies } from '../activities/collection/dependencies.ts';
import { createAwsClients } from '../adapters/aws/clients.ts';
import { openDatabase } from '../adapters/postgres/database.ts';
import { connectTemporal } from '../adapters/temporal/connection.ts';
import { readWorkerConfig, type WorkerConfig } from '../workers/config.ts';
import { collectionDependencies } from '../workers/dependencies.ts';
import { startHealthServer } from '../workers/health.ts';
import { runWorkers } from '../workers/run-workers.ts';
import { createLogger, installRuntime } from '../workers/telemetry.ts';
import { DISCARD_VARIABLE, SOURCE_URL_VARIABLE } from './stage/names.ts';
import type { FloorActivities } from './workflows/floor.ts';

// The worker program of the product, made of the same parts, with the activities of the peers beside its own.

await main(readWorkerConfig());

async function main(config: WorkerConfig): Promise<void> {
  const logger = createLogger(config.LOG_LEVEL);
  const { metricsUrl } = await installRuntime(logger);
  const db = openDatabase(config.WELLSPRING_DATABASE_URL);
  const aws = createAwsClients();
  const temporal = connectTemporal();
  const made = collectionDependencies(config, { db, aws, client: temporal.client, logger });
  const deps = config.variable(DISCARD_VARIABLE) === 'yes' ? discarding(made) : made;
  const activities = { ...collectionActivities(deps), ...floorActivities(config) };
  const workers = await runWorkers({ config, activities, logger });
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
    aws.close();
    await db.destroy();
  }
}

/** A first run whose uploads are not what is measured: the manifest is filled as ever, S3 is not asked. */
function discarding(deps: CollectionDependencies): CollectionDependencies {
  const put = (): Promise<{ readonly etag: string }> => Promise.resolve({ etag: '"discarded"' });
  return { ...deps, objects: { ...deps.objects, put } };
}

function floorActivities({ variable }: WorkerConfig): FloorActivities {
  return {
    async readEmptyTable() {
      const client = new PgClient({ connectionString: variable(SOURCE_URL_VARIABLE) });
      await client.connect();
      try {
        const { rows } = await client.query('select * from nothing order by id limit 1000');
        return rows.length;
      } finally {
        await client.end();
      }
    },
    doNothing: () => Promise.resolve(),
  };
}
