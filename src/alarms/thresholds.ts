import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { RatioAlarmOptions } from './alarm-options';
import { ONLY_TELLS, spanWords } from './descriptions';
import { ALARMS_SHAPE } from './shape';
import {
  AMOUNT,
  PERCENT_TO_EXCEED,
  PERCENT_TO_UNDERCUT,
  requireEvaluation,
  requireThreshold,
  type ThresholdRange,
} from './validate';
import { type MetricContract, METRICS } from '../contract';
import { contractMetric } from '../metrics/token-metric';
import type { TokenMetrics } from '../metrics/token-metrics';
import { numberText } from '../private/token-text';
import { requireWholeNumber } from '../private/validate';

/** What an alarm's metric is made with. */
interface MetricSource {
  readonly metrics: TokenMetrics;
  readonly period: Duration;
  readonly minimumSamples: number;
}

/** One alarm, as its table row says it; periods and counts are defaults. */
interface ThresholdAlarm {
  readonly id: string;
  readonly metric: (source: MetricSource) => cloudwatch.IMetric;
  readonly comparison: cloudwatch.ComparisonOperator;
  readonly threshold: number;
  readonly range: ThresholdRange;
  /** What the threshold is counted in, for the mend of an error. */
  readonly unit: string;
  readonly period: Duration;
  readonly evaluationPeriods: number;
  readonly minimumSamples?: number;
  /** What has happened and what it means, for who is woken by it. */
  readonly says: (threshold: string, span: string) => string;
}

const REACHED = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
const ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD;
const BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD;

/** The alarms on one value of all calls, by the property that switches them on. */
const THRESHOLD_ALARMS = {
  tokensPerHour: {
    id: 'TokensPerHour',
    metric: tokens,
    comparison: REACHED,
    threshold: 1_000_000,
    range: AMOUNT,
    unit: 'tokens',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    says: (threshold, span) =>
      `Input and output came to ${threshold} tokens or more ${span}. Traffic has grown, or an agent ` +
      'goes in circles: the dashboard shows which agent and model.',
  },
  costPerHour: {
    id: 'CostPerHour',
    metric: single(METRICS.totalCost),
    comparison: REACHED,
    threshold: 1,
    range: AMOUNT,
    unit: 'US dollars',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    says: (threshold, span) =>
      `Model calls cost ${threshold} USD or more ${span}. Traffic has grown, or a dearer model is ` +
      'called: the dashboard shows which agent and model.',
  },
  latencyP90: {
    id: 'LatencyP90',
    metric: single(METRICS.responseLatency, 'p90'),
    comparison: ABOVE,
    threshold: 30_000,
    range: AMOUNT,
    unit: 'milliseconds',
    period: Duration.minutes(5),
    evaluationPeriods: 3,
    says: (threshold, span) =>
      `One call in ten took longer than ${threshold} ms ${span}. The model answers slowly, or ` +
      'prompts and answers have grown.',
  },
  latencyP99: {
    id: 'LatencyP99',
    metric: single(METRICS.responseLatency, 'p99'),
    comparison: ABOVE,
    threshold: 60_000,
    range: AMOUNT,
    unit: 'milliseconds',
    period: Duration.minutes(5),
    evaluationPeriods: 3,
    says: (threshold, span) =>
      `One call in a hundred took longer than ${threshold} ms ${span}. Some callers wait very long, ` +
      'or have given up: look for long answers and retries.',
  },
  cacheHitRate: {
    id: 'CacheHitRate',
    metric: ({ metrics, ...options }) => metrics.metricCacheHitRate(options),
    comparison: BELOW,
    threshold: 20,
    range: PERCENT_TO_UNDERCUT,
    unit: 'per cent',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    minimumSamples: 20,
    says: (threshold, span) =>
      `Less than ${threshold} % of the answers came from the application's own cache ${span}. The ` +
      'cache is cold, broken or passed by, and calls are paid for that need not be.',
  },
  tokensPerItem: {
    id: 'TokensPerItem',
    metric: single(METRICS.tokensPerItem),
    comparison: ABOVE,
    threshold: 200,
    range: AMOUNT,
    unit: 'tokens',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    says: (threshold, span) =>
      `Batches took more than ${threshold} tokens for each item, on average, ${span}. Items or ` +
      'prompts have grown, or batches hold fewer items than they could.',
  },
  errorRate: {
    id: 'ErrorRate',
    metric: ({ metrics, ...options }) => metrics.metricErrorRate(options),
    comparison: ABOVE,
    threshold: 5,
    range: PERCENT_TO_EXCEED,
    unit: 'per cent',
    period: Duration.minutes(15),
    evaluationPeriods: 1,
    minimumSamples: 20,
    says: (threshold, span) =>
      `More than ${threshold} % of the model calls failed ${span}. Calls are throttled or refused, ` +
      'or the model is not there: the traces hold the name of each error.',
  },
  unpricedCalls: {
    id: 'UnpricedCalls',
    metric: single(METRICS.unpricedInvocations),
    comparison: REACHED,
    threshold: 1,
    range: AMOUNT,
    unit: 'calls',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    says: (threshold, span) =>
      `${threshold} or more calls had no known price ${span}. Their cost is in no sum, so budgets ` +
      'and reports show too little: give their model a price.',
  },
  tracesDropped: {
    id: 'TracesDropped',
    metric: single(METRICS.tracesDropped),
    comparison: REACHED,
    threshold: 1,
    range: AMOUNT,
    unit: 'traces',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    says: (threshold, span) =>
      `${threshold} or more traces reached neither the table nor the log ${span}. Reports miss these ` +
      "calls, while metrics count them: look in the callers' logs for why writing failed.",
  },
} as const satisfies Record<string, ThresholdAlarm>;

/** A property that switches on one of these alarms. */
export type ThresholdAlarmProp = keyof typeof THRESHOLD_ALARMS;

/** The alarm of a property, where it is given. */
export function thresholdAlarm(
  scope: Construct,
  prop: ThresholdAlarmProp,
  options: RatioAlarmOptions | undefined,
  metrics: TokenMetrics,
): cloudwatch.Alarm | undefined {
  if (options === undefined) return undefined;
  const row: ThresholdAlarm = THRESHOLD_ALARMS[prop];
  const {
    threshold = row.threshold,
    period = row.period,
    evaluationPeriods = row.evaluationPeriods,
    minimumSamples = row.minimumSamples ?? 1,
  } = knownOptions(prop, options);
  requireThreshold(
    scope,
    `${prop}.threshold`,
    threshold,
    row.range,
    `Give ${row.unit}, such as ${numberText(row.threshold)}.`,
  );
  requireEvaluation(scope, prop, period, evaluationPeriods);
  requireWholeNumber(scope, `${prop}.minimumSamples`, minimumSamples, 1, Number.MAX_SAFE_INTEGER);
  return new cloudwatch.Alarm(scope, row.id, {
    alarmDescription: `${row.says(numberText(threshold), spanWords(period, evaluationPeriods))} ${ONLY_TELLS}`,
    metric: row.metric({ metrics, period, minimumSamples }),
    threshold,
    comparisonOperator: row.comparison,
    evaluationPeriods,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

/** Returns the options that the property has, as others of its kind have more. */
function knownOptions(prop: ThresholdAlarmProp, options: RatioAlarmOptions): RatioAlarmOptions {
  const known = ALARMS_SHAPE[prop].members ?? {};
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(known, name)));
}

/** The total of one metric, without the label that would make it metric math. */
function single(metric: MetricContract, statistic?: string): ThresholdAlarm['metric'] {
  return ({ metrics, period }) => contractMetric(metrics.namespace, metric, undefined, { period, statistic });
}

/** Added up here, as `TotalTokens` is not sent at detail level `core`. */
function tokens({ metrics, period }: MetricSource): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    expression: 'inputTokens + outputTokens',
    usingMetrics: {
      inputTokens: metrics.metricInputTokens({ period }),
      outputTokens: metrics.metricOutputTokens({ period }),
    },
    period,
    label: 'Input and output tokens',
  });
}
