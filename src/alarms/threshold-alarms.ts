import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { RatioAlarmOptions } from './alarm-options';
import { lookAt, ONLY_NOTIFIES, spanWords } from './descriptions';
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

/** Values from which a {@link ThresholdAlarm} creates its metric. */
interface MetricSource {
  readonly metrics: TokenMetrics;
  readonly period: Duration;
  readonly minimumSamples: number;
}

/** Default settings of one alarm. The app can override the threshold and the settings of the period. */
interface ThresholdAlarm {
  readonly id: string;
  readonly metric: (source: MetricSource) => cloudwatch.IMetric;
  readonly comparison: cloudwatch.ComparisonOperator;
  readonly threshold: number;
  readonly range: ThresholdRange;
  /** Unit of the threshold in error messages, such as "US dollars". */
  readonly unit: string;
  readonly period: Duration;
  readonly evaluationPeriods: number;
  readonly minimumSamples?: number;
  /** Returns the start of the alarm description: the event, its possible causes and the next steps. */
  readonly describe: (threshold: string, span: string) => string;
}

const REACHED = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
const ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD;
const BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD;

/** Alarms on all agents and models together. Each key is the property that enables the alarm. */
const THRESHOLD_ALARMS = {
  tokensPerHour: {
    id: 'TokensPerHour',
    metric: inputAndOutputTokens,
    comparison: REACHED,
    threshold: 1_000_000,
    range: AMOUNT,
    unit: 'tokens',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    describe: (threshold, span) =>
      `Agents used ${threshold} or more input and output tokens ${span}. Possible causes: more traffic, or ` +
      `an agent that repeats itself in a loop. ${lookAt('Token usage by agent')}`,
  },
  costPerHour: {
    id: 'CostPerHour',
    metric: totalOf(METRICS.totalCost),
    comparison: REACHED,
    threshold: 1,
    range: AMOUNT,
    unit: 'US dollars',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    describe: (threshold, span) =>
      `Invocations cost ${threshold} USD or more ${span}. Possible causes: more traffic, or a more ` +
      `expensive model. ${lookAt('Cost by agent')}`,
  },
  latencyP90: {
    id: 'LatencyP90',
    metric: totalOf(METRICS.responseLatency, 'p90'),
    comparison: ABOVE,
    threshold: 30_000,
    range: AMOUNT,
    unit: 'milliseconds',
    period: Duration.minutes(5),
    evaluationPeriods: 3,
    describe: (threshold, span) =>
      `The p90 response latency was above ${threshold} ms ${span}: 10 % of the invocations took longer. ` +
      'Possible causes: a slow model, or longer prompts and answers. The gateway section of the dashboard ' +
      'shows the latency by agent and model.',
  },
  latencyP99: {
    id: 'LatencyP99',
    metric: totalOf(METRICS.responseLatency, 'p99'),
    comparison: ABOVE,
    threshold: 60_000,
    range: AMOUNT,
    unit: 'milliseconds',
    period: Duration.minutes(5),
    evaluationPeriods: 3,
    describe: (threshold, span) =>
      `The p99 response latency was above ${threshold} ms ${span}: 1 % of the invocations took longer. ` +
      'Some callers wait very long or give up. Possible causes: long answers, or retries. The gateway section ' +
      'of the dashboard shows the latency by agent and model.',
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
    describe: (threshold, span) =>
      `Less than ${threshold} % of the answers came from the application's own cache ${span}. The ` +
      'application pays for invocations that the cache could save. Possible causes: the cache is empty, ' +
      'broken or bypassed. Look at the log of the application.',
  },
  tokensPerItem: {
    id: 'TokensPerItem',
    metric: totalOf(METRICS.tokensPerItem),
    comparison: ABOVE,
    threshold: 200,
    range: AMOUNT,
    unit: 'tokens',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    describe: (threshold, span) =>
      `Batches used more than ${threshold} tokens per item, on average, ${span}. Possible causes: longer ` +
      'items or prompts, or batches with few items. The batch section of the dashboard shows the tokens per ' +
      'item by agent and model.',
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
    describe: (threshold, span) =>
      `More than ${threshold} % of the model invocations failed ${span}. Possible causes: throttling, missing ` +
      'permissions, or an unavailable model. The trace of a failed invocation contains the name of its error.',
  },
  unpricedCalls: {
    id: 'UnpricedCalls',
    metric: totalOf(METRICS.unpricedInvocations),
    comparison: REACHED,
    threshold: 1,
    range: AMOUNT,
    unit: 'invocations',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    describe: (threshold, span) =>
      `${threshold} or more invocations were unpriced ${span}: no price is known for their model. Their cost ` +
      'is missing in every sum, so budgets and reports show too little. Run `token-analytics doctor` to see ' +
      'the models, and give them prices in `customPrices` of TokenPricing.',
  },
  tracesDropped: {
    id: 'TracesDropped',
    metric: totalOf(METRICS.tracesDropped),
    comparison: REACHED,
    threshold: 1,
    range: AMOUNT,
    unit: 'traces',
    period: Duration.hours(1),
    evaluationPeriods: 1,
    describe: (threshold, span) =>
      `${threshold} or more traces were lost ${span}: they were written neither to the table nor to the log. ` +
      'Reports do not include these invocations; metrics do. Look for the reason in the logs of the ' +
      'functions that invoke models.',
  },
} as const satisfies Record<string, ThresholdAlarm>;

/** Name of a property that enables one of the alarms, such as `costPerHour`. */
export type ThresholdAlarmProp = keyof typeof THRESHOLD_ALARMS;

/** Creates the alarm that `prop` enables. Returns undefined if the app does not set this property. */
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
  } = supportedOptions(prop, options);
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
    alarmDescription: `${row.describe(numberText(threshold), spanWords(period, evaluationPeriods))} ${ONLY_NOTIFIES}`,
    metric: row.metric({ metrics, period, minimumSamples }),
    threshold,
    comparisonOperator: row.comparison,
    evaluationPeriods,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

/**
 * Removes the options that this alarm does not support. For example, `costPerHour` has no `minimumSamples`.
 */
function supportedOptions(prop: ThresholdAlarmProp, options: RatioAlarmOptions): RatioAlarmOptions {
  const supported = ALARMS_SHAPE[prop].members ?? {};
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(supported, name)));
}

/**
 * Returns a function that creates a metric of all agents and models together. The metric has no label. With a
 * label, aws-cdk-lib would create a metric math alarm.
 */
function totalOf(metric: MetricContract, statistic?: string): ThresholdAlarm['metric'] {
  return ({ metrics, period }) => contractMetric(metrics.namespace, metric, undefined, { period, statistic });
}

/**
 * Returns the sum of input and output tokens. The metric `TotalTokens` would be simpler, but detail level
 * `core` does not publish it.
 */
function inputAndOutputTokens({ metrics, period }: MetricSource): cloudwatch.IMetric {
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
