import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { EmulatorOptions } from '../emulators';
import { type LoopbackServer, listenOnLoopback, readBody, send } from '../http-server';
import { getMetricData, type GetMetricDataInput } from './get-metric-data';
import { MetricStore } from './metrics/metric-store';
import { putMetricData, type PutMetricDataInput, RefusedRequest } from './put-metric-data';

/**
 * CloudWatch emulator on the loopback address. SDK clients can write and read metrics. `store.ingestEmf` adds
 * the metrics of a log line.
 */
export interface CloudWatchEmulator extends LoopbackServer {
  readonly store: MetricStore;
}

type Operation = (input: unknown, store: MetricStore) => unknown;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  PutMetricData: (input, store) => putMetricData(input as PutMetricDataInput, store),
  GetMetricData: (input, store) => getMetricData(input as GetMetricDataInput, store),
  ListMetrics: (input, store) => ({
    Metrics: store
      .list((input as { Namespace?: string }).Namespace)
      .map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      })),
  }),
};

/**
 * Maximum size of a PutMetricData request in bytes (CloudWatch API reference). The emulator is stricter than
 * CloudWatch, because it checks the size after decompression.
 */
const MAX_PUT_BYTES = 1_000_000;

/**
 * Starts the CloudWatch emulator. It speaks AWS JSON 1.0: each request is a POST, and the header
 * `X-Amz-Target` names the operation. The body may be gzipped.
 */
export async function startCloudWatch({
  refuses = () => undefined,
}: EmulatorOptions = {}): Promise<CloudWatchEmulator> {
  const store = new MetricStore();
  const server = await listenOnLoopback(async (request, response) => {
    const raw = await readBody(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const name = String(request.headers['x-amz-target']).split('.').pop() ?? '';
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() };
    const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    try {
      if (name === 'PutMetricData' && body.length > MAX_PUT_BYTES) {
        throw new RefusedRequest(
          'RequestEntityTooLargeException',
          `the request must have at most ${MAX_PUT_BYTES} bytes, got: ${body.length}`,
        );
      }
      if (!operation) throw new RefusedRequest('UnknownOperationException', `unknown operation: ${name}`);
      const refused = refuses(name);
      if (refused !== undefined) throw new RefusedRequest(refused, `${name} was refused`);
      const output = operation(JSON.parse(body.toString('utf8')), store);
      send(response, 200, headers, JSON.stringify(output));
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      send(
        response,
        400,
        headers,
        JSON.stringify({ __type: `com.amazonaws.cloudwatch#${error.type}`, message: error.message }),
      );
    }
  });
  return { ...server, store };
}
