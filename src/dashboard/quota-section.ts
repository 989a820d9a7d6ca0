import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { FIVE_MINUTES, graphWidget, MINUTE, THIRD } from './layout';
import type { Section } from './section';
import type { SeriesSource } from './series';
import { serviceSearch } from '../metrics/search';

const BEDROCK_NAMESPACE = 'AWS/Bedrock';
/**
 * Dimension with the id that an invocation names, which can be the id of an inference profile (Amazon Bedrock
 * User Guide, "Monitoring Amazon Bedrock").
 */
const MODEL_DIMENSION = 'ModelId';
/**
 * Bedrock's metrics whose sum equals the metric `InputTokens` of the runtime, which includes cached input.
 */
const INPUT_TOKENS = ['InputTokenCount', 'CacheReadInputTokens', 'CacheWriteInputTokens'];
const FOUND_MODEL = `\${PROP('Dim.${MODEL_DIMENSION}')}`;

/** Models whose Bedrock metrics are shown. */
interface BedrockSource {
  /** Dashboard to name in errors. */
  readonly scope: SeriesSource['scope'];
  /** @default - found by search */
  readonly models?: readonly string[];
}

/**
 * Creates the section on Bedrock's own metrics: comparison with those of the runtime, quota, time to first
 * token, throttling.
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

/** Creates a graph that compares the count of Bedrock with that of the runtime. */
function comparisonWidget(title: string, ...left: cloudwatch.IMetric[]): cloudwatch.IWidget {
  return graphWidget(title, {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left,
    leftYAxis: { label: 'Count', showUnits: false, min: 0 },
  });
}

/**
 * Returns the sum of Bedrock metrics over the models. Without models it uses one search for all metrics,
 * because a metric without series would otherwise leave a gap in the sum.
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
