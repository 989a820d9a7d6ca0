import { type Duration, Token } from 'aws-cdk-lib';
import { metricLineBytes, publishedMetrics, seriesCount } from './metrics';
import {
  CLOUDWATCH_PRICES,
  DYNAMODB_PRICES,
  LAMBDA_PRICES,
  METRIC_STEPS,
  type ServicePrice,
} from './service-prices';
import { DEFAULT_DETAIL_LEVEL, DEFAULT_TRACE_TTL_DAYS } from '../contract';
import type { MonthlyCostEstimateProps, MonthlyUsage } from './monthly-usage';
import { propError, type Where } from '../private/validate';

/** So much of something, at a price. */
export interface CostItem {
  readonly name: string;
  /** How many of the counted thing: units, bytes, megabytes × milliseconds. */
  readonly count: bigint;
  readonly price: ServicePrice;
}

const DAYS_PER_MONTH = 365 / 12;
/** What is kept for ever grows; a year of it is counted. */
const FOR_EVER_DAYS = 365;
/** A trace with its ids and tokens. Any trace is at most 1 KB, one write unit. */
const TYPICAL_TRACE_BYTES = 530n;
/**
 * DynamoDB Developer Guide, "DynamoDB item sizes and formats":
 * storage is billed with so much more for each item.
 */
const STORED_ITEM_OVERHEAD_BYTES = 100n;
/** An eventually consistent read of 4 KB is half a unit. */
const BYTES_PER_READ_UNIT = 8192n;

/**
 * Returns all that is billed, in the order in which it is shown.
 *
 * @param where construct or class that errors name
 */
export function costItems(where: Where, props: MonthlyCostEstimateProps): CostItem[] {
  return [...metricsAndAlarms(where, props), ...calls(where, props), ...functionRuns(where, props)].filter(
    ({ count }) => count > 0n,
  );
}

/** What an item costs, in pico-dollars, to the nearest. */
export function picoOf({ count, price }: CostItem): bigint {
  return (2n * count * price.pico + price.per) / (2n * price.per);
}

/** Custom metrics, by the steps of their price. */
function metricItems(series: bigint): CostItem[] {
  let left = series;
  return METRIC_STEPS.flatMap(({ metrics, price }, step) => {
    const count = left < metrics ? left : metrics;
    left -= count;
    return count === 0n
      ? []
      : [{ name: step === 0 ? 'Custom metrics' : `Custom metrics, price step ${step + 1}`, count, price }];
  });
}

function metricsAndAlarms(where: Where, props: MonthlyCostEstimateProps): CostItem[] {
  const pairs = pairsOf(where, props);
  const metrics = publishedMetrics(
    where,
    props.detailLevel ?? DEFAULT_DETAIL_LEVEL,
    props.optionalMetrics ?? [],
  );
  const { alarm, highResolutionAlarm, compositeAlarm, dashboard } = CLOUDWATCH_PRICES;
  return [
    ...metricItems(seriesCount(metrics, pairs)),
    { name: 'Alarms', count: whole(where, 'alarmMetrics', props.alarmMetrics), price: alarm },
    {
      name: 'High-resolution alarms',
      count: whole(where, 'highResolutionAlarmMetrics', props.highResolutionAlarmMetrics),
      price: highResolutionAlarm,
    },
    {
      name: 'Alarms on queries',
      count: whole(where, 'queryAlarms', props.queryAlarms) * BigInt(pairs),
      price: alarm,
    },
    {
      name: 'Composite alarms',
      count: whole(where, 'compositeAlarms', props.compositeAlarms),
      price: compositeAlarm,
    },
    { name: 'Dashboards', count: whole(where, 'dashboards', props.dashboards), price: dashboard },
  ];
}

function calls(where: Where, props: MonthlyUsage): CostItem[] {
  const {
    callsPerMonth = 0,
    detailLevel = DEFAULT_DETAIL_LEVEL,
    incidentShare = 1,
    optionalMetrics = [],
    metricSink = 'emf',
    pointInTimeRecovery = true,
  } = props;
  const count = whole(where, 'callsPerMonth', callsPerMonth);
  const delivery: CostItem =
    metricSink === 'emf'
      ? {
          name: 'Metric lines in the log',
          count: count * metricLineBytes(publishedMetrics(where, detailLevel, optionalMetrics)),
          price: CLOUDWATCH_PRICES.logIngestion,
        }
      : { name: 'PutMetricData', count, price: CLOUDWATCH_PRICES.putMetricData };
  requireShare(where, incidentShare);
  const reads = whole(where, 'traceReads', props.traceReads);
  if (props.traces === false) return [delivery];

  const incidents = rounded(callsPerMonth * incidentShare);
  const months = keptDays(where, props.traceTtl) / DAYS_PER_MONTH;
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
    // The index is no part of what is backed up.
    {
      name: 'Point-in-time recovery',
      count: pointInTimeRecovery ? stored(count) : 0n,
      price: DYNAMODB_PRICES.pointInTimeRecovery,
    },
  ];
}

function functionRuns(where: Where, { functions = [] }: MonthlyUsage): CostItem[] {
  return functions.flatMap(({ name, runsPerMonth, memorySize, duration, metricsRead }) => {
    const runs = whole(where, `functions['${name}'].runsPerMonth`, runsPerMonth);
    const memory = whole(where, `functions['${name}'].memorySize`, memorySize);
    const read = whole(where, `functions['${name}'].metricsRead`, metricsRead);
    if (duration.isUnresolved()) throw unknown(where, `functions['${name}'].duration`);
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

function pairsOf(where: Where, { agents, models, pairs }: MonthlyUsage): number {
  const most = Number(whole(where, 'agents', agents) * whole(where, 'models', models));
  if (pairs === undefined) return most;
  whole(where, 'pairs', pairs);
  if (pairs > most) {
    throw propError(
      where,
      'pairs',
      `at most agents × models (${most})`,
      pairs,
      'Leave it out where each agent calls each model.',
    );
  }
  return pairs;
}

function keptDays(where: Where, traceTtl: Duration | undefined): number {
  if (traceTtl?.isUnresolved()) throw unknown(where, 'traceTtl');
  const days = traceTtl?.toDays() ?? DEFAULT_TRACE_TTL_DAYS;
  return days === 0 ? FOR_EVER_DAYS : days;
}

function requireShare(where: Where, share: number): void {
  if (Token.isUnresolved(share)) throw unknown(where, 'incidentShare');
  if (share >= 0 && share <= 1) return;
  throw propError(
    where,
    'incidentShare',
    'a number from 0 to 1',
    share,
    'Give the share of the calls that have an incident id.',
  );
}

function whole(where: Where, prop: string, value = 0): bigint {
  if (Token.isUnresolved(value)) throw unknown(where, prop);
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw propError(where, prop, 'a whole number from 0', value, 'Give how many there are in a month.');
}

function unknown(where: Where, prop: string): Error {
  return propError(
    where,
    prop,
    'known at synth',
    'a value that is known only at deployment',
    'Give the estimate a number of its own.',
  );
}

function rounded(value: number): bigint {
  return BigInt(Math.round(value));
}
