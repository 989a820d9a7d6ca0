import { type Duration, Token } from 'aws-cdk-lib';
import type { MonthlyCostEstimateProps, MonthlyUsage } from './monthly-usage';
import { countSeries, metricLineBytes, publishedMetrics } from './published-metrics';
import {
  CLOUDWATCH_PRICES,
  DYNAMODB_PRICES,
  LAMBDA_PRICES,
  METRIC_STEPS,
  type ServicePrice,
} from './service-prices';
import { DEFAULT_DETAIL_LEVEL, DEFAULT_TRACE_TTL_DAYS } from '../contract';
import { propError, type Where } from '../private/validate';

/** Item of an estimate: a quantity of a billed service, and its price. */
export interface CostItem {
  readonly name: string;
  /**
   * Quantity in the smallest unit of the price, such as bytes. For the duration of Lambda functions, the unit
   * is megabytes × milliseconds.
   */
  readonly count: bigint;
  readonly price: ServicePrice;
}

const DAYS_PER_MONTH = 365 / 12;
/** Number of days of storage in the estimate if traces never expire. */
const FOREVER_DAYS = 365;
/**
 * Typical size of a trace in bytes. No trace is larger than 1 KB, so DynamoDB bills one write unit for each
 * trace.
 */
const TYPICAL_TRACE_BYTES = 530n;
/**
 * Bytes that DynamoDB adds to the size of each item when it bills storage (DynamoDB Developer Guide,
 * "DynamoDB item sizes and formats").
 */
const STORED_ITEM_OVERHEAD_BYTES = 100n;
/** Bytes that one read unit of DynamoDB can read. An eventually consistent read of 4 KB needs half a unit. */
const BYTES_PER_READ_UNIT = 8192n;

/**
 * Returns all items of an estimate that have a quantity above 0, in the order of the estimate.
 *
 * @param where construct or class to name in errors
 */
export function costItems(where: Where, props: MonthlyCostEstimateProps): CostItem[] {
  return [
    ...cloudWatchItems(where, props),
    ...invocationItems(where, props),
    ...functionItems(where, props),
  ].filter(({ count }) => count > 0n);
}

/** Returns the cost of an item, rounded to whole pico-dollars (10⁻¹² USD). */
export function picoOf({ count, price }: CostItem): bigint {
  return (2n * count * price.pico + price.per) / (2n * price.per);
}

/**
 * Returns the items for custom metrics, one for each price step. For example, 12,000 metrics are 10,000 at
 * the first price, and 2,000 at the second price.
 *
 * @param series number of custom metrics
 */
function metricItems(series: bigint): CostItem[] {
  let remaining = series;
  return METRIC_STEPS.flatMap(({ metrics, price }, step) => {
    const count = remaining < metrics ? remaining : metrics;
    remaining -= count;
    return count === 0n
      ? []
      : [{ name: step === 0 ? 'Custom metrics' : `Custom metrics, price step ${step + 1}`, count, price }];
  });
}

/**
 * Returns the items for metrics, alarms, dashboards and reads of metrics. Their cost does not depend on the
 * number of invocations.
 */
function cloudWatchItems(where: Where, props: MonthlyCostEstimateProps): CostItem[] {
  const pairs = countPairs(where, props);
  const metrics = publishedMetrics(
    where,
    props.detailLevel ?? DEFAULT_DETAIL_LEVEL,
    props.optionalMetrics ?? [],
  );
  const { alarm, highResolutionAlarm, compositeAlarm, dashboard, metricsRead } = CLOUDWATCH_PRICES;
  return [
    ...metricItems(countSeries(metrics, pairs)),
    { name: 'Alarms', count: requireCount(where, 'alarmMetrics', props.alarmMetrics), price: alarm },
    {
      name: 'High-resolution alarms',
      count: requireCount(where, 'highResolutionAlarmMetrics', props.highResolutionAlarmMetrics),
      price: highResolutionAlarm,
    },
    {
      name: 'Alarms on queries',
      count: requireCount(where, 'queryAlarms', props.queryAlarms) * BigInt(pairs),
      price: alarm,
    },
    {
      name: 'Composite alarms',
      count: requireCount(where, 'compositeAlarms', props.compositeAlarms),
      price: compositeAlarm,
    },
    { name: 'Dashboards', count: requireCount(where, 'dashboards', props.dashboards), price: dashboard },
    {
      name: 'Metrics read',
      count: requireCount(where, 'metricsRead', props.metricsRead),
      price: metricsRead,
    },
  ];
}

/**
 * Returns the items for traces and for the delivery of metrics. Their cost grows with the number of
 * invocations.
 */
function invocationItems(where: Where, props: MonthlyUsage): CostItem[] {
  const {
    callsPerMonth = 0,
    detailLevel = DEFAULT_DETAIL_LEVEL,
    incidentShare = 1,
    optionalMetrics = [],
    metricSink = 'emf',
    pointInTimeRecovery = true,
  } = props;
  const count = requireCount(where, 'callsPerMonth', callsPerMonth);
  const delivery: CostItem =
    metricSink === 'emf'
      ? {
          name: 'Metric lines in the log',
          count: count * metricLineBytes(publishedMetrics(where, detailLevel, optionalMetrics)),
          price: CLOUDWATCH_PRICES.logIngestion,
        }
      : { name: 'PutMetricData', count, price: CLOUDWATCH_PRICES.putMetricData };
  requireShare(where, incidentShare);
  const reads = requireCount(where, 'traceReads', props.traceReads);
  if (props.traces === false) return [delivery];

  const incidents = rounded(callsPerMonth * incidentShare);
  const months = retentionDays(where, props.traceTtl) / DAYS_PER_MONTH;
  const stored = (traces: bigint) =>
    rounded(Number(traces) * months) * (TYPICAL_TRACE_BYTES + STORED_ITEM_OVERHEAD_BYTES);
  return [
    delivery,
    { name: 'Traces written', count, price: DYNAMODB_PRICES.write },
    { name: 'Traces written to the incident index', count: incidents, price: DYNAMODB_PRICES.write },
    {
      name: 'Traces read',
      count: (count * reads * TYPICAL_TRACE_BYTES) / BYTES_PER_READ_UNIT,
      price: DYNAMODB_PRICES.read,
    },
    { name: 'Traces kept', count: stored(count) + stored(incidents), price: DYNAMODB_PRICES.storage },
    // Counts each trace once: backups of a table do not include its indexes.
    {
      name: 'Point-in-time recovery',
      count: pointInTimeRecovery ? stored(count) : 0n,
      price: DYNAMODB_PRICES.pointInTimeRecovery,
    },
  ];
}

/**
 * Returns cost items for the Lambda functions: their runs, their duration, and the metrics that they read.
 */
function functionItems(where: Where, { functions = [] }: MonthlyUsage): CostItem[] {
  return functions.flatMap(({ name, runsPerMonth, memorySize, duration, metricsRead }) => {
    const runs = requireCount(where, `functions['${name}'].runsPerMonth`, runsPerMonth);
    const memory = requireCount(where, `functions['${name}'].memorySize`, memorySize);
    const read = requireCount(where, `functions['${name}'].metricsRead`, metricsRead);
    if (duration.isUnresolved()) throw unknownError(where, `functions['${name}'].duration`);
    return [
      { name: `${name}: runs`, count: runs, price: LAMBDA_PRICES.requests },
      {
        name: `${name}: duration`,
        count: runs * memory * rounded(duration.toMilliseconds()),
        price: LAMBDA_PRICES.duration,
      },
      { name: `${name}: metrics read`, count: runs * read, price: CLOUDWATCH_PRICES.metricsRead },
    ];
  });
}

/**
 * Returns the number of pairs of an agent and a model. If `pairs` is undefined, returns agents × models.
 *
 * @throws if `pairs` is above agents × models
 */
function countPairs(where: Where, { agents, models, pairs }: MonthlyUsage): number {
  const maxPairs = Number(requireCount(where, 'agents', agents) * requireCount(where, 'models', models));
  if (pairs === undefined) return maxPairs;
  requireCount(where, 'pairs', pairs);
  if (pairs > maxPairs) {
    throw propError(
      where,
      'pairs',
      `at most agents × models (${maxPairs})`,
      pairs,
      'Omit it if each agent invokes each model.',
    );
  }
  return pairs;
}

/** Returns the number of days of trace storage that the estimate counts. */
function retentionDays(where: Where, traceTtl: Duration | undefined): number {
  if (traceTtl?.isUnresolved()) throw unknownError(where, 'traceTtl');
  const days = traceTtl?.toDays() ?? DEFAULT_TRACE_TTL_DAYS;
  return days === 0 ? FOREVER_DAYS : days;
}

function requireShare(where: Where, share: number): void {
  if (Token.isUnresolved(share)) throw unknownError(where, 'incidentShare');
  if (share >= 0 && share <= 1) return;
  throw propError(
    where,
    'incidentShare',
    'a number from 0 to 1',
    share,
    'Give the share of the invocations that have an incident id.',
  );
}

/**
 * Returns a count as a `bigint`, or 0 if the app did not set the count. Throws an error for negative numbers,
 * fractions and CDK tokens.
 */
function requireCount(where: Where, prop: string, value = 0): bigint {
  if (Token.isUnresolved(value)) throw unknownError(where, prop);
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw propError(where, prop, 'a whole number from 0', value, 'Give the number in a month.');
}

/** Returns the error for a CDK token, because the estimate needs numbers that are known at synthesis. */
function unknownError(where: Where, prop: string): Error {
  return propError(
    where,
    prop,
    'known at synthesis',
    'a value that is known only at deployment',
    'Give a value that is known at synthesis.',
  );
}

function rounded(value: number): bigint {
  return BigInt(Math.round(value));
}
