import {
  PutMetricDataCommand,
  type CloudWatchClient,
  type MetricDatum,
} from '@aws-sdk/client-cloudwatch';

export interface Metric {
  readonly name: string;
  readonly value: number;
  readonly unit: 'Count' | 'Milliseconds';
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Sends metrics in one request. A repeat would count twice, so the client must not retry and the caller must not either. */
export async function putMetrics(
  client: CloudWatchClient,
  namespace: string,
  metrics: readonly Metric[],
): Promise<void> {
  const data = metrics.map(({ name, value, unit, dimensions }): MetricDatum => ({
    MetricName: name,
    Value: value,
    Unit: unit,
    Timestamp: new Date(),
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  }));
  await client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData: data }));
}
