import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { FIVE_MINUTES, graphWidget, MINUTE, THIRD } from './layout';
import type { Section } from './section';
import type { SeriesSource } from './series';
import { serviceSearch } from '../metrics/search';

const BEDROCK_NAMESPACE = 'AWS/Bedrock';
/**
 * Dimension of Bedrock's metrics. Its value is the model id in the request, e.g. the id of an inference
 * profile (Amazon Bedrock User Guide, "Monitoring Amazon Bedrock").
 */
const MODEL_DIMENSION = 'ModelId';
/**
 * Names of the Bedrock metrics that together count all input tokens. The runtime counts them in one metric,
 * `InputTokens`.
 */
const INPUT_TOKENS = ['InputTokenCount', 'CacheReadInputTokens', 'CacheWriteInputTokens'];
const FOUND_MODEL = `\${PROP('Dim.${MODEL_DIMENSION}')}`;

/** Settings for the graphs of Bedrock's own metrics. */
interface BedrockSource {
  /** Dashboard construct to name in errors. */
  readonly scope: SeriesSource['scope'];
  /**
   * Model ids whose metrics are shown.
   *
   * @default - all ids that a search finds
   */
  readonly models?: readonly string[];
}

/**
 * Creates the section on Bedrock's own metrics: quota use, time to first token and throttling. The section
 * also compares Bedrock's counts with the counts of the runtime.
 */
export function quotaSection({ scope, metrics }: SeriesSource, models?: readonly string[]): Section {
  const source = { scope, models };
  return {
    heading:
      'Quota: metrics of Amazon Bedrock, and ours for comparison. Bedrock counts every caller in the account and ' +
      'region',
    rows: [
      [
        comparisonWidget(
          'Answered invocations, per 5 minutes',
          bedrockSum(source, ['Invocations'], 'calls'),
          metrics.metricInvocationCount({ period: FIVE_MINUTES, label: 'Counted by token analytics' }),
        ),
        comparisonWidget(
          'Input tokens, including prompt cache, per 5 minutes',
          bedrockSum(source, INPUT_TOKENS, 'in'),
          metrics.metricInputTokens({ period: FIVE_MINUTES, label: 'Counted by token analytics' }),
        ),
      ],
      [
        byModelIdWidget(
          source,
          'Estimated use of the tokens-per-minute quota, tokens per minute',
          'EstimatedTPMQuotaUsage',
          cloudwatch.Stats.SUM,
          MINUTE,
        ),
        byModelIdWidget(
          source,
          'Time to first token of streams, ms, p90 per 5 minutes',
          'TimeToFirstToken',
          cloudwatch.Stats.percentile(90),
          FIVE_MINUTES,
        ),
        byModelIdWidget(
          source,
          'Throttled invocations, per 5 minutes',
          'InvocationThrottles',
          cloudwatch.Stats.SUM,
          FIVE_MINUTES,
        ),
      ],
    ],
  };
}

/**
 * Creates a graph with two lines: the number that Bedrock counted, and the number that the runtime counted.
 */
function comparisonWidget(title: string, ...left: cloudwatch.IMetric[]): cloudwatch.IWidget {
  return graphWidget(title, {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left,
    leftYAxis: { label: 'Count', showUnits: false, min: 0 },
  });
}

/**
 * Returns the sum of several Bedrock metrics for the given models. Without `models`, one search finds the
 * metrics of all models. It is a single search, because `SUM` of several searches has a gap if one of them
 * finds nothing.
 */
function bedrockSum(
  { scope, models }: BedrockSource,
  names: readonly string[],
  id: string,
): cloudwatch.IMetric {
  const entries = models
    ?.flatMap(model => names.map(name => bedrockMetric(name, model, cloudwatch.Stats.SUM, FIVE_MINUTES)))
    .map((metric, index): [string, cloudwatch.IMetric] => [`${id}_${index}`, metric]);
  return new cloudwatch.MathExpression({
    expression: entries
      ? `SUM([${entries.map(([key]) => key).join(', ')}])`
      : `SUM(${serviceSearch(scope, BEDROCK_NAMESPACE, MODEL_DIMENSION, names, cloudwatch.Stats.SUM)})`,
    usingMetrics: Object.fromEntries(entries ?? []),
    period: FIVE_MINUTES,
    label: 'Counted by Bedrock',
  });
}

function byModelIdWidget(
  { scope, models }: BedrockSource,
  title: string,
  name: string,
  statistic: string,
  period: Duration,
): cloudwatch.IWidget {
  const left = models?.map(model => bedrockMetric(name, model, statistic, period)) ?? [
    new cloudwatch.SearchExpression({
      expression: serviceSearch(scope, BEDROCK_NAMESPACE, MODEL_DIMENSION, [name], statistic),
      period,
      label: FOUND_MODEL,
    }),
  ];
  return graphWidget(title, {
    width: THIRD,
    period,
    statistic,
    left,
    leftYAxis: { showUnits: false, min: 0 },
  });
}

function bedrockMetric(
  metricName: string,
  model: string,
  statistic: string,
  period: Duration,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: BEDROCK_NAMESPACE,
    metricName,
    dimensionsMap: { [MODEL_DIMENSION]: model },
    statistic,
    period,
    label: model,
  });
}
