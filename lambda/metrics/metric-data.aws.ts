import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { type MetricBatch, type Pair, parts } from './metric-sink';
import { DIMENSION_SETS, DIMENSIONS, type MetricKey, METRICS } from '../../src/contract';

/** Where CloudWatch is. */
export interface CloudWatchLocation {
  readonly region?: string;
  readonly endpoint?: string;
}

/** Batches that go in one request, and how. */
export type MetricRequest = { readonly batch: MetricBatch; readonly data: MetricDatum[] }[];

/** Sends one request. */
export type SendRequest = (request: MetricRequest, signal: AbortSignal) => Promise<unknown>;

/** Limits of PutMetricData (API reference): metrics and bytes in a request, values of a metric. */
const MAX_METRICS = 1000;
const MAX_BYTES = 1_000_000;
const MAX_VALUES = 150;
/** What a request holds beside its data. */
const ENVELOPE_BYTES = 1000;
/** Of one metric and pair in one request: the rest of a request is for others. */
const VALUES_A_PART = 1000;

/** Makes what sends metrics of a namespace. */
export function connectCloudWatch(namespace: string, { region, endpoint }: CloudWatchLocation): SendRequest {
  const client = new CloudWatchClient({ region, endpoint });
  return (request, abortSignal) =>
    client.send(
      new PutMetricDataCommand({ Namespace: namespace, MetricData: request.flatMap(({ data }) => data) }),
      { abortSignal },
    );
}

/** Batches as requests that are within the limits. */
export function requestsOf(batches: readonly MetricBatch[]): MetricRequest[] {
  const requests: MetricRequest[] = [];
  let room = { metrics: 0, bytes: 0 };
  for (const batch of batches.flatMap(one => [...parts(one, VALUES_A_PART)])) {
    const data = dataOf(batch);
    const bytes = JSON.stringify(data).length;
    if (data.length > room.metrics || bytes > room.bytes) {
      requests.push([]);
      room = { metrics: MAX_METRICS, bytes: MAX_BYTES - ENVELOPE_BYTES };
    }
    requests[requests.length - 1].push({ batch, data });
    room = { metrics: room.metrics - data.length, bytes: room.bytes - bytes };
  }
  return requests;
}

function dataOf({ pair, timestamp, values }: MetricBatch): MetricDatum[] {
  return [...values].flatMap(([metric, points]) => {
    const counts = new Map<number, number>();
    for (const point of points) counts.set(point, (counts.get(point) ?? 0) + 1);
    const distinct = [...counts];
    const data: MetricDatum[] = [];
    for (let from = 0; from < distinct.length; from += MAX_VALUES) {
      const some = distinct.slice(from, from + MAX_VALUES);
      for (const Dimensions of dimensionSetsOf(metric, pair)) {
        data.push({
          MetricName: METRICS[metric].name,
          Unit: METRICS[metric].unit,
          Timestamp: timestamp,
          Dimensions,
          Values: some.map(([value]) => value),
          Counts: some.map(([, count]) => count),
        });
      }
    }
    return data;
  });
}

function dimensionSetsOf(metric: MetricKey, pair: Pair | undefined): { Name: string; Value: string }[][] {
  const dimensionValues: Readonly<Record<string, string>> = pair
    ? { [DIMENSIONS.agentId]: pair.agentId, [DIMENSIONS.model]: pair.model }
    : {};
  return DIMENSION_SETS[METRICS[metric].scope].map(names =>
    names.map(name => ({ Name: name, Value: dimensionValues[name] })),
  );
}
