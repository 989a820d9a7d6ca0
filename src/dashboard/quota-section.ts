import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { FIVE_MINUTES, graphWidget, MINUTE, THIRD } from './layout';
import type { Section } from './section';
import type { SeriesSource } from './series';
import { serviceSearch } from '../metrics/search';

const BEDROCK_NAMESPACE = 'AWS/Bedrock';
/**
 * Dimension of Bedrock's metrics that contains the model id of the request. The model id can be the id of an
 * inference profile (Amazon Bedrock User Guide, "Monitoring Amazon Bedrock").
 */
const MODEL_DIMENSION = 'ModelId';
/**
 * Metrics of Bedrock whose sum equals the metric `InputTokens` of the runtime. `InputTokens` includes the
 * tokens of the prompt cache.
 */
const INPUT_TOKENS = ['InputTokenCount', 'CacheReadInputTokens', 'CacheWriteInputTokens'];
const FOUND_MODEL = `\${PROP('Dim.${MODEL_DIMENSION}')}`;

/** Settings from which the section creates metrics of Bedrock. */
interface BedrockSource {
  /** Dashboard that error messages name. */
  readonly scope: SeriesSource['scope'];
  /**
   * Model ids whose metrics are shown.
   *
   * @default - all ids that a search finds
   */
  readonly models?: readonly string[];
}

/**
 * Creates the section on Bedrock's own metrics: a comparison with the metrics of the runtime, quota use, time
 * to first token, and throttling.
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

/** Creates a graph that compares two lines: the count of Bedrock and the count of the runtime. */
function comparisonWidget(title: string, ...left: cloudwatch.IMetric[]): cloudwatch.IWidget {
  return graphWidget(title, {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left,
    leftYAxis: { label: 'Count', showUnits: false, min: 0 },
  });
}

/**
 * Returns the sum of the metrics `names` over the models. Without `models`, one search finds all metrics.
 * With a separate search for each metric, a metric without series would leave a gap in the sum.
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
