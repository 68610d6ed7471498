import { Runtime } from '@temporalio/worker';
import type { Metric } from '../adapters/aws/metrics.ts';
import type { CollectionMetrics, EndedRun } from '../activities/collection/metrics.ts';

const OUTCOMES = ['added', 'updated', 'unchanged', 'deleted', 'failed', 'held'] as const;

/** Counters on the endpoint of the SDK's own metrics. Zeros are recorded too: a series that is missing cannot alert. */
export function createMetrics(also: CollectionMetrics | undefined): CollectionMetrics {
  const meter = Runtime.instance().metricMeter;
  const runs = meter.createCounter('wellspring_runs', 'run', 'Runs by status.');
  const documents = meter.createCounter(
    'wellspring_documents',
    'document',
    'Documents by outcome.',
  );
  const putBytes = meter.createCounter('wellspring_put_bytes', 'byte', 'Bytes written to S3.');
  const rateLimited = meter.createCounter(
    'wellspring_rate_limited_seconds',
    'second',
    'Time that sources asked us to wait.',
  );
  const syncs = meter.createCounter('wellspring_kb_sync_jobs', 'job', 'Ingestion jobs by status.');
  return {
    runEnded(run) {
      runs.add(1, { status: run.status });
      for (const outcome of OUTCOMES) documents.add(run.counts[outcome] ?? 0, { outcome });
      putBytes.add(run.counts.putBytes ?? 0);
      also?.runEnded(run);
    },
    rateLimited(waitMs) {
      rateLimited.add(Math.round(waitMs / 1000));
      also?.rateLimited(waitMs);
    },
    syncEnded(sync) {
      syncs.add(1, { status: sync.status });
      also?.syncEnded(sync);
    },
  };
}

/** The metrics of the original papers, one request a run, best effort: a metric that is lost never fails a run. */
export function cloudWatchMetrics(
  put: (metrics: readonly Metric[]) => Promise<void>,
  onError: (error: unknown) => void,
): CollectionMetrics {
  return {
    runEnded(run) {
      put(runMetrics(run)).catch(onError);
    },
    rateLimited: () => undefined,
    syncEnded: () => undefined,
  };
}

function runMetrics({ source, status, counts, durationMs, fresh }: EndedRun): Metric[] {
  const dimensions = { AgentId: source };
  const collected = (counts.added ?? 0) + (counts.updated ?? 0) + (counts.unchanged ?? 0);
  return [
    {
      name: 'ExecutionSuccess',
      value: fresh && status !== 'failed' ? 1 : 0,
      unit: 'Count',
      dimensions,
    },
    { name: 'DocumentsCollected', value: collected, unit: 'Count', dimensions },
    { name: 'ExecutionDuration', value: durationMs, unit: 'Milliseconds', dimensions },
  ];
}
