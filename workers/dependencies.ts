import type { Client } from '@temporalio/client';
import type { CollectionDependencies } from '../activities/collection/dependencies.ts';
import { sourceTypes } from '../activities/sources/index.ts';
import type { SourceSettings } from '../activities/sources/contract.ts';
import type { AwsClients } from '../adapters/aws/clients.ts';
import { createKnowledge } from '../adapters/aws/knowledge.ts';
import { putMetrics } from '../adapters/aws/metrics.ts';
import { createObjects } from '../adapters/aws/objects.ts';
import { createSecretReader } from '../adapters/aws/secrets.ts';
import { findChromium } from '../adapters/browser/find-chromium.ts';
import { bedrockModels } from '../adapters/models/bedrock.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { createHostMemory } from '../adapters/net/manners.ts';
import { createHostLimits } from '../adapters/postgres/host-limits.ts';
import { createSchedules } from '../adapters/temporal/schedules.ts';
import type { Logger } from 'pino';
import { createApprovals } from './approvals.ts';
import type { WorkerConfig } from './config.ts';
import { cloudWatchMetrics, createMetrics } from './metrics.ts';
import { createRepairs } from './repairs.ts';
import { wakeSync } from './wake-sync.ts';
import { wakeTeller } from './wake-teller.ts';
import { isWorkflowOpen } from './workflow-state.ts';

export interface Connections {
  readonly db: Database;
  readonly aws: AwsClients;
  readonly client: Client;
  readonly logger: Logger;
}

/** Bedrock takes files up to 50 MB (aws.md §2.2). */
const MAX_DOCUMENT_BYTES = 50 * 1024 * 1024;
const POLL_GROWTH = 6;

/** Puts together what the collection activities are made of. */
export function collectionDependencies(
  config: WorkerConfig,
  { db, aws, client, logger }: Connections,
): CollectionDependencies {
  const owner = config.WELLSPRING_BUCKET_OWNER;
  const pollMs = config.WELLSPRING_INGESTION_POLL;
  return {
    db,
    objects: createObjects(aws.s3, owner ? { expectedBucketOwner: owner } : {}),
    knowledge: createKnowledge({ agent: aws.bedrockAgent, runtime: aws.bedrockAgentRuntime }),
    schedules: createSchedules(client),
    sourceTypes,
    secrets: {
      variable: config.variable,
      secretsManager: createSecretReader(() => aws.secretsManager),
    },
    settings: sourceSettings(config),
    hosts: createHostMemory(createHostLimits(db)),
    metrics: createMetrics(cloudWatch(config, aws, logger)),
    tuning: {
      uploads: config.WELLSPRING_UPLOADS,
      heartbeatMs: config.WELLSPRING_HEARTBEAT_TIMEOUT,
      batchDocuments: 1000,
      batchBytes: 8 * 1024 * 1024,
      commitEveryMs: 3000,
      pollMs: [pollMs, pollMs * POLL_GROWTH],
    },
    wakeSync: (target, source) => wakeSync(client, target, source),
    isWorkflowOpen: (workflowId, runId) => isWorkflowOpen(client, workflowId, runId),
    approvals: createApprovals(client),
    repairs: createRepairs(client),
    wakeTeller: (webhook) => wakeTeller(client, webhook),
  };
}

function sourceSettings(config: WorkerConfig): SourceSettings {
  return {
    allowedHosts: config.WELLSPRING_ALLOWED_HOSTS,
    allowedCommands: config.WELLSPRING_ALLOWED_COMMANDS,
    userAgent: config.WELLSPRING_USER_AGENT,
    maxDocumentBytes: MAX_DOCUMENT_BYTES,
    models: new Map([['bedrock', bedrockModels()]]),
    pageDeadlineMs: config.WELLSPRING_PAGE_DEADLINE,
    variable: config.variable,
    chromium: () =>
      findChromium({ chromiumPath: config.CHROMIUM_PATH, searchPath: config.PATH.split(':') }),
  };
}

function cloudWatch(config: WorkerConfig, aws: AwsClients, logger: Logger) {
  if (config.WELLSPRING_CLOUDWATCH_METRICS === 'off') return undefined;
  return cloudWatchMetrics(
    (metrics) => putMetrics(aws.cloudwatch, 'SourceAgents', metrics),
    (error) =>
      logger.warn(
        { reason: error instanceof Error ? error.name : 'unknown' },
        'metrics were not sent to CloudWatch',
      ),
  );
}
