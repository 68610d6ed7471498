import { hostname } from 'node:os';
import {
  NativeConnection,
  Worker,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Logger } from 'pino';
import { activityInterceptor } from './activity-interceptor.ts';
import type { WorkerConfig } from './config.ts';
import { queueOptions } from './queues.ts';
import { bundleWorkflows } from './workflow-bundle.ts';

export interface RunningWorkers {
  /** Why they are not ready to take work, or undefined. */
  notReady(): string | undefined;
  /** Ends when all of them have ended; rejects when one broke. */
  readonly ended: Promise<void>;
  shutdown(): void;
}

export interface WorkersOptions {
  readonly config: WorkerConfig;
  readonly activities: object;
  readonly logger: Logger;
}

/** One worker a task queue on one connection. The runtime turns SIGINT and SIGTERM into a graceful shutdown by itself. */
export async function runWorkers({
  config,
  activities,
  logger,
}: WorkersOptions): Promise<RunningWorkers> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  const workflowBundle = await bundle(config, logger);
  const graceMs = config.WELLSPRING_SHUTDOWN_GRACE;
  const workers = await Promise.all(
    config.WELLSPRING_TASK_QUEUES.map((queue) => {
      const options: WorkerOptions = {
        connection,
        taskQueue: queue,
        activities,
        identity: `wellspring-${queue}@${hostname()}#${process.pid}`,
        shutdownGraceTime: graceMs,
        // Beyond the grace an activity is cancelled and gets this long to end; then the process goes.
        shutdownForceTime: graceMs + 15_000,
        // Ours come at a third of their timeout; left to itself the SDK keeps them back for four fifths of it, and a blink is a death then.
        maxHeartbeatThrottleInterval: '10 seconds',
        interceptors: { activity: [() => ({ inbound: activityInterceptor() })] },
        ...(namespace ? { namespace } : {}),
        ...(queue === 'orchestration' ? { workflowBundle } : {}),
        ...queueOptions(queue, config),
      };
      return Worker.create(options);
    }),
  );
  const ended = run(workers, connection);
  return {
    ended,
    notReady() {
      const waiting = workers.filter((worker) => worker.getState() !== 'RUNNING');
      return waiting.length === 0
        ? undefined
        : `${waiting.length} of ${workers.length} workers do not poll.`;
    },
    shutdown() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}

async function run(workers: readonly Worker[], connection: NativeConnection): Promise<void> {
  try {
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    // One that broke takes the others with it: the supervisor starts the process again.
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await connection.close().catch(() => undefined);
  }
}

async function bundle(config: WorkerConfig, logger: Logger): Promise<WorkflowBundleOption> {
  if (config.WELLSPRING_WORKFLOW_BUNDLE) return { codePath: config.WELLSPRING_WORKFLOW_BUNDLE };
  return bundleWorkflows((level, message) => logger[level](message));
}
