import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundle,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { connectTemporal, type Temporal } from '../../adapters/temporal/connection.ts';
import { ensureSearchAttributes } from '../../adapters/temporal/search-attributes.ts';
import type { TaskQueue } from '../../workers/config.ts';
import { withoutSources } from '../../workers/workflow-bundle.ts';

const TASK_QUEUES: readonly TaskQueue[] = ['orchestration', 'collect', 'browser', 'ingestion'];

/** Workers on every task queue of the product, in a namespace of their own, so that test files never take each other's work. */
export interface TestWorkers extends Temporal {
  /** Shuts the workers down and closes the connections; the server goes on. */
  stop(): Promise<void>;
}

export interface TestWorkersOptions {
  /** `host:port` of a dev server. */
  readonly address: string;
  /** Real ones that need a client get that of the workers' namespace. */
  readonly activities: object | ((temporal: Temporal) => object);
  readonly options?: Partial<WorkerOptions>;
  /** Bundled by somebody else. Default: `workflowBundle()`. */
  readonly workflows?: WorkflowBundleOption;
}

/** Makes a namespace with our search attributes and starts one worker a task queue in it. */
export async function startTestWorkers(options: TestWorkersOptions): Promise<TestWorkers> {
  const { address } = options;
  installQuietRuntime();
  const namespace = await newNamespace(address);
  const temporal = connectTemporal({ address, namespace });
  const connection = await NativeConnection.connect({ address });
  const { activities: given } = options;
  const activities = typeof given === 'function' ? given(temporal) : given;
  const running = await runOnEveryQueue({ ...options, activities, connection, namespace });
  return {
    ...temporal,
    async stop() {
      await running.stop();
      await connection.close();
      await temporal.close();
    },
  };
}

export interface EveryQueueOptions extends Pick<TestWorkersOptions, 'options' | 'workflows'> {
  readonly activities: object;
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/** One worker a task queue on a connection of the caller's. */
export async function runOnEveryQueue({
  connection,
  namespace,
  activities,
  options,
  workflows,
}: EveryQueueOptions): Promise<{ stop(): Promise<void> }> {
  const bundle = workflows ?? (await workflowBundle());
  const workers = await Promise.all(
    TASK_QUEUES.map((taskQueue) =>
      Worker.create({
        connection,
        namespace,
        taskQueue,
        activities,
        ...(taskQueue === 'orchestration' ? { workflowBundle: bundle } : {}),
        ...options,
      }),
    ),
  );
  const ended = Promise.all(workers.map((worker) => worker.run()));
  return {
    async stop() {
      for (const worker of workers) worker.shutdown();
      await ended;
    },
  };
}

/** Every workflow of the product, bundled once a process. */
export function workflowBundle(): Promise<WorkflowBundle> {
  bundled ??= bundleWorkflows(fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)));
  return bundled;
}

let bundled: Promise<WorkflowBundle> | undefined;

/** Bundles another set of workflows; the bundler's own log is left out. */
export function bundleWorkflows(workflowsPath: string): Promise<WorkflowBundle> {
  const logger = new DefaultLogger('ERROR', () => undefined);
  return bundleWorkflowCode({ workflowsPath, logger, webpackConfigHook: withoutSources });
}

let installed = false;

/** What workflows and activities log on purpose is noise in a test: their behaviour is asserted on instead. */
export function installQuietRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) },
    },
  });
}

/** A namespace of a test's own on a dev server, with our search attributes. */
export async function newNamespace(address: string): Promise<string> {
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  const temporal = connectTemporal({ address, namespace });
  try {
    await temporal.connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: ONE_DAY_SECONDS },
    });
    // The server reads its list of namespaces again now and then.
    await eventually(() => temporal.client.workflow.count());
    await ensureSearchAttributes(temporal.connection, namespace);
  } finally {
    await temporal.close();
  }
  return namespace;
}

/** The shortest retention that the server takes. The number is a Long on the wire. */
const ONE_DAY_SECONDS = 86_400 as never;

async function eventually(attempt: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
