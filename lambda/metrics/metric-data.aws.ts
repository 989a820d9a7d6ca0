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

/** Where CloudWatch is. */
export interface CloudWatchLocation {
  readonly region?: string;
  readonly endpoint?: string;
}

/** Request of PutMetricData, with the batches in it. */
export type MetricRequest = { readonly batch: MetricBatch; readonly data: MetricDatum[] }[];

/** Result of a request. */
export interface PutOutcome {
  /** True if CloudWatch took it, false if it did not, `unknown` if it may have. */
  readonly taken: boolean | 'unknown';
  /** Name of the error, unless CloudWatch took it. */
  readonly reason?: string;
}

/** Request in flight. */
export interface PutUnderway {
  /** It never rejects. */
  readonly outcome: Promise<PutOutcome>;
  /** Returns true if CloudWatch may already have taken the request. */
  readonly mayBeTaken: () => boolean;
  /** Writes it to the log before it returns. It can be replayed from there. */
  readonly spill: (reason: string) => void;
}

/**
 * Sends a request until CloudWatch takes it, refuses it or may have taken it, or until the deadline. A
 * request that may have been taken is not repeated, because CloudWatch would count its values twice.
 */
export type PutMetrics = (namespace: string, data: readonly MetricDatum[], deadline: Deadline) => PutUnderway;

/** Limits of PutMetricData (API reference): metrics in a request, values of a metric. */
const MAX_METRICS = 1000;
const MAX_VALUES = 150;
/** A request can become one line of the log, of which Lambda takes 256 KB (Lambda quotas). */
const MAX_BYTES = 200_000;
/** What a request holds beside its data. */
const ENVELOPE_BYTES = 1000;
/** Of one metric and pair in one request: the rest of a request is for others. */
const VALUES_A_PART = 1000;

const TOO_MANY_REQUESTS = 429;

/**
 * Connections are not reused. After a pause or a freeze of Lambda, the service may have closed one, and a
 * request on it could not be known to be taken or not.
 */
const ONE_REQUEST_EACH = { keepAlive: false };

/** Error of an attempt that CloudWatch surely did not take, and that can be repeated. */
class Again extends Error {}

/** Makes the CloudWatch client. */
export function connectCloudWatch({ region, endpoint }: CloudWatchLocation): PutMetrics {
  let everConnected = false;
  const onConnect = () => {
    everConnected = true;
  };
  const client = new CloudWatchClient({
    region,
    endpoint,
    // The SDK would repeat requests that CloudWatch may have taken.
    maxAttempts: 1,
    requestHandler: {
      httpAgent: watched(new Agent(ONE_REQUEST_EACH), onConnect),
      httpsAgent: watched(new TlsAgent(ONE_REQUEST_EACH), onConnect),
    },
  });
  const repeated = flushRetry(error => error instanceof Again);
  return (namespace, data, { signal, passed }) => {
    let isOut = false;
    let lastError: string | undefined;
    // Without a connection no request was sent.
    const mayBeTaken = () => isOut && everConnected;
    const put = async () => {
      const command = new PutMetricDataCommand({ Namespace: namespace, MetricData: [...data] });
      let unconnected: unknown;
      // The innermost step. Errors before it, such as missing credentials, have sent nothing. The client can
      // wrap errors of this step, for example in Jest.
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
      // The abort signal stops neither a pause between two attempts nor the search for credentials.
      passed.then(failed),
    ]);
    return { outcome, mayBeTaken, spill: reason => spill(namespace, data, reason) };
  };
}

function spill(namespace: string, data: readonly MetricDatum[], reason: string): void {
  warnOnce(
    'metrics:unknown',
    `It is not known whether CloudWatch took metrics that were sent to it (${reason}); they are in the log as ` +
      'MetricSpill lines. `token-analytics replay --metrics` sends them, and counts twice what was taken.',
  );
  const line = JSON.stringify({ ...levelMark(), [METRIC_SPILL_MARK]: { namespace, data } });
  void writeLines(process.stdout, [line]);
}

/** Reports each new connection of an agent. */
function watched<Kind extends Agent>(agent: Kind, onConnect: () => void): Kind {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => connect(options, callback)?.once('connect', onConnect);
  return agent;
}

/** Returns true if the service refused the request. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status >= 400 && status < 500;
}

function isThrottle(error: unknown): boolean {
  return isThrottlingError(error) || statusOf(error) === TOO_MANY_REQUESTS;
}

/** Returns true if the name could not be resolved, or none of its addresses accepted a connection. */
function isUnconnected(error: unknown): boolean {
  const { syscall, errors } = (error ?? {}) as { readonly syscall?: unknown; readonly errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isUnconnected);
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

function statusOf(error: unknown): number {
  const { $metadata } = (error ?? {}) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode ?? 0;
}

/** Batches as requests that are within the limits. */
export function requestsOf(batches: readonly MetricBatch[]): MetricRequest[] {
  const requests: MetricRequest[] = [];
  let room = { metrics: 0, bytes: 0 };
  for (const { batch, data, bytes } of batches.flatMap(one => [...fitting(one, VALUES_A_PART)])) {
    if (data.length > room.metrics || bytes > room.bytes) {
      requests.push([]);
      room = { metrics: MAX_METRICS, bytes: MAX_BYTES - ENVELOPE_BYTES };
    }
    requests[requests.length - 1].push({ batch, data });
    room = { metrics: room.metrics - data.length, bytes: room.bytes - bytes };
  }
  return requests;
}

/** Splits a batch into parts that each fit in a request. */
function* fitting(
  whole: MetricBatch,
  size: number,
): Generator<{ readonly batch: MetricBatch; readonly data: MetricDatum[]; readonly bytes: number }> {
  for (const batch of parts(whole, size)) {
    const data = dataOf(batch);
    const bytes = JSON.stringify(data).length;
    if (bytes > MAX_BYTES - ENVELOPE_BYTES && size > 1) yield* fitting(batch, Math.ceil(size / 2));
    else yield { batch, data, bytes };
  }
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
