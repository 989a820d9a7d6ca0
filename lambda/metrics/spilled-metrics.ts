import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { isInMetricWindow } from './metric-batch';
import {
  DIMENSIONS,
  DIMENSION_SETS,
  MAX_AGENT_ID_LENGTH,
  MAX_NAMESPACE_LENGTH,
  METRICS,
  type MetricContract,
} from '../../src/contract';
import { asObject } from '../usage/counts';

/** PutMetricData request that was read from a `MetricSpill` line of a log. */
export interface SpilledMetrics {
  readonly namespace: string;
  readonly data: readonly MetricDatum[];
}

/** Maximum number of metrics in one PutMetricData request (API reference). */
const MAX_METRICS = 1000;
/** Maximum number of different values of one metric in a request (API reference). */
const MAX_VALUES = 150;
/** Maximum absolute value of a metric (API reference). */
const MAX_VALUE = 2 ** 360;
/** Maximum number of characters of the dimension value `Model`. `CardinalityRule` has the same limit. */
const MAX_DIMENSION_LENGTH = 255;
/**
 * Printable ASCII text without a space at its start or end. `CardinalityRule` accepts only such dimension
 * values.
 */
const NAME = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
/** Format of a valid namespace. The settings of a tracker require the same format. */
const NAMESPACE = /^(?!AWS\/)[A-Za-z0-9 ._#:/-]+$/;
const MEMBERS = ['Counts', 'Dimensions', 'MetricName', 'Timestamp', 'Unit', 'Values'].join();

const CONTRACT = new Map<unknown, MetricContract>(
  Object.values(METRICS).map(metric => [metric.name, metric]),
);

/**
 * Parses the PutMetricData request in a `MetricSpill` line. Returns undefined if the line does not have the
 * format of this library.
 */
export function parseSpilledMetrics(spilled: unknown): SpilledMetrics | undefined {
  const { namespace, data, ...others } = asObject(spilled) ?? {};
  if (
    typeof namespace !== 'string' ||
    namespace.length > MAX_NAMESPACE_LENGTH ||
    !NAMESPACE.test(namespace)
  ) {
    return undefined;
  }
  if (!Array.isArray(data) || data.length === 0 || data.length > MAX_METRICS) return undefined;
  if (Object.keys(others).length > 0) return undefined;
  const checked = data.map(parseDatum);
  return checked.includes(undefined) ? undefined : { namespace, data: checked as MetricDatum[] };
}

/**
 * Returns true if CloudWatch still accepts the request: no value is older than two weeks or more than two
 * hours ahead.
 */
export function isInTime({ data }: SpilledMetrics): boolean {
  return data.every(({ Timestamp }) => Timestamp !== undefined && isInMetricWindow(Timestamp));
}

function parseDatum(spilled: unknown): MetricDatum | undefined {
  const datum = asObject(spilled);
  if (!datum || Object.keys(datum).sort().join() !== MEMBERS) return undefined;
  const { MetricName, Unit, Values, Counts, Dimensions } = datum;
  const metric = CONTRACT.get(MetricName);
  const Timestamp = parseTime(datum.Timestamp);
  if (!metric || metric.unit !== Unit || !Timestamp) return undefined;
  if (!isListOf(Values, isValue) || !isListOf(Counts, isCount) || Values.length !== Counts.length) {
    return undefined;
  }
  const dimensions = parseDimensions(Dimensions, metric);
  return (
    dimensions && {
      MetricName: metric.name,
      Unit: metric.unit,
      Timestamp,
      Dimensions: dimensions,
      Values: [...Values],
      Counts: [...Counts],
    }
  );
}

/** Parses the dimensions of a metric. Returns undefined if the metric never has these dimensions. */
function parseDimensions(spilled: unknown, { scope }: MetricContract): MetricDatum['Dimensions'] | undefined {
  if (!Array.isArray(spilled)) return undefined;
  const pairs = spilled.map(each => {
    const { Name, Value, ...others } = asObject(each) ?? {};
    const isOurs = typeof Value === 'string' && NAME.test(Value) && Object.keys(others).length === 0;
    return isOurs && Value.length <= maxLengthOf(Name) ? { Name: String(Name), Value } : undefined;
  });
  const names = pairs.map(pair => pair?.Name).join();
  const isKnown = DIMENSION_SETS[scope].some(set => set.length === pairs.length && set.join() === names);
  return isKnown && !pairs.includes(undefined) ? (pairs as { Name: string; Value: string }[]) : undefined;
}

function maxLengthOf(name: unknown): number {
  return name === DIMENSIONS.agentId ? MAX_AGENT_ID_LENGTH : MAX_DIMENSION_LENGTH;
}

function parseTime(spilled: unknown): Date | undefined {
  const time = new Date(typeof spilled === 'string' ? spilled : NaN);
  return !Number.isNaN(time.getTime()) && time.toISOString() === spilled ? time : undefined;
}

function isListOf(list: unknown, isMember: (member: unknown) => boolean): list is readonly number[] {
  return Array.isArray(list) && list.length > 0 && list.length <= MAX_VALUES && list.every(isMember);
}

function isValue(value: unknown): boolean {
  return Number.isFinite(value) && Math.abs(value as number) <= MAX_VALUE;
}

function isCount(count: unknown): boolean {
  return Number.isSafeInteger(count) && (count as number) > 0;
}
