import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { METRIC_SPILL_MARK, type MetricBatch, type Pair, parts } from './metric-batch';
import { DIMENSIONS, DIMENSION_SETS, METRICS, type MetricKey } from '../../src/contract';
import { isThrottlingError } from '../process/aws-errors';
import type { Deadline } from '../process/deadline';
import { levelMark, writeLines } from '../process/log-line';
import { flushRetry } from '../process/retry';
import { errorName, warnOnce } from '../process/warn-once';

/** Region and endpoint of CloudWatch. Default: region and endpoint of the AWS SDK. */
export interface CloudWatchLocation {
  readonly region?: string;
  readonly endpoint?: string;
}

/** Content of a PutMetricData request: batches, and the API data of each batch. */
export type MetricRequest = { readonly batch: MetricBatch; readonly data: MetricDatum[] }[];

/** Result of a PutMetricData request. */
export interface PutOutcome {
  /** True if CloudWatch accepted the request, false if not, `unknown` if the result is not known. */
  readonly taken: boolean | 'unknown';
  /** Name of the error. Undefined if CloudWatch accepted the request. */
  readonly reason?: string;
}

/** PutMetricData request that was started. */
export interface PutUnderway {
  /** Result of the request. The promise never rejects. */
  readonly outcome: Promise<PutOutcome>;
  /** Returns true if CloudWatch may already have accepted the request. */
  readonly mayBeTaken: () => boolean;
  /**
   * Writes the request to the log, as a `MetricSpill` line, before it returns. `token-analytics replay
   * --metrics` can send it later.
   */
  readonly spill: (reason: string) => void;
}

/**
 * Function that sends a PutMetricData request. If CloudWatch throttles the request or cannot be reached, the
 * function retries until the deadline. It never retries a request that CloudWatch may have accepted, to avoid
 * double counts.
 */
export type PutMetrics = (namespace: string, data: readonly MetricDatum[], deadline: Deadline) => PutUnderway;

/** Maximum number of metrics in one PutMetricData request (API reference). */
const MAX_METRICS = 1000;
/** Maximum number of different values of one metric in a request (API reference). */
const MAX_VALUES = 150;
/**
 * Maximum bytes of a request. A spilled request is one log line, and Lambda accepts lines of at most 256 KB
 * (Lambda quotas).
 */
const MAX_BYTES = 200_000;
/** Bytes of a request that are reserved for everything except the metric data, e.g. the namespace. */
const ENVELOPE_BYTES = 1000;
/**
 * Maximum number of values of one metric in a part. Longer batches are split into parts, so that one agent
 * does not fill a whole request.
 */
const VALUES_PER_PART = 1000;

const TOO_MANY_REQUESTS = 429;

/**
 * Options that make an HTTP agent open a new connection for each request. CloudWatch may close a reused
 * connection during a request. It would then be unknown if CloudWatch accepted the request.
 */
const ONE_REQUEST_PER_CONNECTION = { keepAlive: false };

/** Error of an attempt that can be repeated, because CloudWatch certainly did not accept the request. */
class Again extends Error {}

/** Creates a CloudWatch client, and returns a function that sends requests. */
export function connectCloudWatch({ region, endpoint }: CloudWatchLocation): PutMetrics {
  let everConnected = false;
  const onConnect = () => {
    everConnected = true;
  };
  const client = new CloudWatchClient({
    region,
    endpoint,
    // No retries by the SDK, because it would also repeat requests that CloudWatch may have accepted.
    maxAttempts: 1,
    requestHandler: {
      httpAgent: watchConnections(new Agent(ONE_REQUEST_PER_CONNECTION), onConnect),
      httpsAgent: watchConnections(new TlsAgent(ONE_REQUEST_PER_CONNECTION), onConnect),
    },
  });
  const repeated = flushRetry(error => error instanceof Again);
  return (namespace, data, { signal, passed }) => {
    let isOut = false;
    let lastError: string | undefined;
    // CloudWatch can only have accepted a request if this client ever connected to CloudWatch.
    const mayBeTaken = () => isOut && everConnected;
    const put = async () => {
      const command = new PutMetricDataCommand({ Namespace: namespace, MetricData: [...data] });
      let unconnected: unknown;
      // This middleware runs just before the request is sent. If an earlier step fails, e.g. for missing
      // credentials, `isOut` stays false. The client's error can hide the connection error, so `unconnected`
      // keeps it.
      command.middlewareStack.add(
        next => async args => {
          isOut = true;
          try {
            return await next(args);
          } catch (error) {
            if (isUnconnected(error)) unconnected = error;
            throw error;
          }
        },
        { step: 'deserialize', priority: 'low' },
      );
      try {
        await client.send(command, { abortSignal: signal });
      } catch (error) {
        const isAgain = unconnected !== undefined || isThrottle(error);
        if (isAgain || isRefusal(error)) isOut = false;
        lastError = errorName(unconnected ?? error);
        throw isAgain ? new Again(lastError) : error;
      }
    };
    const failed = (): PutOutcome => ({ taken: mayBeTaken() && 'unknown', reason: lastError ?? 'deadline' });
    const outcome = Promise.race([
      repeated.execute(put, signal).then(() => ({ taken: true }) as const, failed),
      // Ends the request at the deadline. The abort signal interrupts neither a wait before a retry nor the
      // search for credentials.
      passed.then(failed),
    ]);
    return { outcome, mayBeTaken, spill: reason => spill(namespace, data, reason) };
  };
}

function spill(namespace: string, data: readonly MetricDatum[], reason: string): void {
  warnOnce(
    'metrics:unknown',
    `CloudWatch may or may not have accepted metrics (${reason}). They are in the log as MetricSpill lines. ` +
      '`token-analytics replay --metrics` sends them again; CloudWatch counts accepted ones twice.',
  );
  const line = JSON.stringify({ ...levelMark(), [METRIC_SPILL_MARK]: { namespace, data } });
  void writeLines(process.stdout, [line]);
}

/** Calls `onConnect` for each new connection of an HTTP agent. */
function watchConnections<Kind extends Agent>(agent: Kind, onConnect: () => void): Kind {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => connect(options, callback)?.once('connect', onConnect);
  return agent;
}

/** Returns true if CloudWatch rejected the request with an HTTP status of 4xx. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status >= 400 && status < 500;
}

function isThrottle(error: unknown): boolean {
  return isThrottlingError(error) || statusOf(error) === TOO_MANY_REQUESTS;
}

/** Returns true if the host name could not be resolved, or if none of its addresses accepted a connection. */
function isUnconnected(error: unknown): boolean {
  const { syscall, errors } = (error ?? {}) as { readonly syscall?: unknown; readonly errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isUnconnected);
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

function statusOf(error: unknown): number {
  const { $metadata } = (error ?? {}) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode ?? 0;
}

/** Packs batches into PutMetricData requests, none of which exceeds the API's limits. */
export function requestsOf(batches: readonly MetricBatch[]): MetricRequest[] {
  const requests: MetricRequest[] = [];
  let room = { metrics: 0, bytes: 0 };
  for (const { batch, data, bytes } of batches.flatMap(one => [...fitting(one, VALUES_PER_PART)])) {
    if (data.length > room.metrics || bytes > room.bytes) {
      requests.push([]);
      room = { metrics: MAX_METRICS, bytes: MAX_BYTES - ENVELOPE_BYTES };
    }
    requests[requests.length - 1].push({ batch, data });
    room = { metrics: room.metrics - data.length, bytes: room.bytes - bytes };
  }
  return requests;
}

/**
 * Splits a batch into parts, and each part fits in one request. A part has at most `size` values of each
 * metric. If a part has too many bytes, it is halved.
 */
function* fitting(
  whole: MetricBatch,
  size: number,
): Generator<{ readonly batch: MetricBatch; readonly data: MetricDatum[]; readonly bytes: number }> {
  for (const batch of parts(whole, size)) {
    const data = toData(batch);
    const bytes = JSON.stringify(data).length;
    if (bytes > MAX_BYTES - ENVELOPE_BYTES && size > 1) yield* fitting(batch, Math.ceil(size / 2));
    else yield { batch, data, bytes };
  }
}

function toData({ pair, timestamp, values }: MetricBatch): MetricDatum[] {
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
