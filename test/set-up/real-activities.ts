import { pino } from 'pino';
import type { CollectionDependencies } from '../../activities/collection/dependencies.ts';
import {
  collectionActivities,
  type AllCollectionActivities,
} from '../../activities/collection/index.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { Temporal } from '../../adapters/temporal/connection.ts';
import { readWorkerConfig } from '../../workers/config.ts';
import { collectionDependencies } from '../../workers/dependencies.ts';
import type { TestCloud } from './test-cloud.ts';

export interface RealParts {
  readonly db: Database;
  readonly cloud: TestCloud;
  readonly temporal: Temporal;
  /** Settings of the worker, beyond those of every test. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Instead of what a worker makes. */
  readonly hosts?: CollectionDependencies['hosts'];
}

/** The activities of production, wired as a worker wires them, to the parts of a test. */
export function realActivities({
  db,
  cloud,
  temporal,
  environment = {},
  hosts,
}: RealParts): AllCollectionActivities {
  const config = readWorkerConfig({
    WELLSPRING_DATABASE_URL: 'postgres://not-used',
    WELLSPRING_INGESTION_POLL: '50 ms',
    WELLSPRING_ALLOWED_COMMANDS: '*',
    ...environment,
  });
  const logger = pino({ enabled: false });
  const { client } = temporal;
  const made = collectionDependencies(config, { db, aws: cloud.clients, client, logger });
  return collectionActivities({ ...made, ...(hosts ? { hosts } : {}) });
}
