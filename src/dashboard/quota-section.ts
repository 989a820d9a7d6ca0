import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { TOTAL_COLORS } from './colors';
import { FIVE_MINUTES, graphWidget, HOUR, MINUTE, THIRD } from './layout';
import { modelLabels } from './model-labels';
import type { Section } from './section';
import type { SeriesSource } from './series';
import { BEDROCK_METRICS } from '../contract';
import { serviceSearch } from '../metrics/search';

const { namespace: BEDROCK_NAMESPACE, modelDimension: MODEL_DIMENSION } = BEDROCK_METRICS;
/**
 * Names of the Bedrock metrics that together count all input tokens. The runtime counts them in one metric,
 * `InputTokens`.
 */
const INPUT_TOKENS = [
  BEDROCK_METRICS.inputTokens,
  BEDROCK_METRICS.cacheReadTokens,
  BEDROCK_METRICS.cacheWriteTokens,
];
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
 * also compares Bedrock's counts with the counts of the runtime, and shows the recorded share.
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
          bedrockSum(source, [BEDROCK_METRICS.invocations], 'calls'),
          metrics.metricInvocationCount({ period: FIVE_MINUTES, label: 'Counted by token analytics' }),
        ),
        comparisonWidget(
          'Input tokens with prompt cache, per 5 minutes',
          bedrockSum(source, INPUT_TOKENS, 'in'),
          metrics.metricInputTokens({ period: FIVE_MINUTES, label: 'Counted by token analytics' }),
        ),
        recordedShareWidget(source, metrics),
      ],
      [
        byModelIdWidget(
          source,
          'Estimated quota use, per minute',
          'Tokens',
          'EstimatedTPMQuotaUsage',
          cloudwatch.Stats.SUM,
          MINUTE,
        ),
        byModelIdWidget(
          source,
          'Time to first token, p90 per 5 minutes',
          'ms',
          'TimeToFirstToken',
          cloudwatch.Stats.percentile(90),
          FIVE_MINUTES,
        ),
        byModelIdWidget(
          source,
          'Throttled invocations, per 5 minutes',
          'Count',
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
    width: THIRD,
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left,
    leftYAxis: { label: 'Count', showUnits: false, min: 0 },
  });
}

/**
 * Creates the graph of the recorded input tokens as a share of all input tokens that Bedrock counted. An hour
 * without calls in the account has no point. A share above 100 % means that other calls were recorded, e.g.
 * of another region.
 */
function recordedShareWidget(source: BedrockSource, metrics: SeriesSource['metrics']): cloudwatch.IWidget {
  return graphWidget('Recorded share of input tokens, per hour', {
    width: THIRD,
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    left: [
      new cloudwatch.MathExpression({
        expression: '100 * recorded / account',
        usingMetrics: {
          recorded: metrics.metricInputTokens({ period: HOUR }),
          account: bedrockSum(source, INPUT_TOKENS, 'in', HOUR),
        },
        period: HOUR,
        label: 'Recorded',
        color: TOTAL_COLORS[0],
      }),
    ],
    leftYAxis: { label: "% of Bedrock's count", showUnits: false, min: 0 },
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
  period = FIVE_MINUTES,
): cloudwatch.IMetric {
  const entries = models
    ?.flatMap(model => names.map(name => bedrockMetric(name, model, cloudwatch.Stats.SUM, period)))
    .map((metric, index): [string, cloudwatch.IMetric] => [`${id}_${index}`, metric]);
  return new cloudwatch.MathExpression({
    expression: entries
      ? `SUM([${entries.map(([key]) => key).join(', ')}])`
      : `SUM(${serviceSearch(scope, BEDROCK_NAMESPACE, MODEL_DIMENSION, names, cloudwatch.Stats.SUM)})`,
    usingMetrics: Object.fromEntries(entries ?? []),
    period,
    label: 'Counted by Bedrock',
  });
}

function byModelIdWidget(
  { scope, models }: BedrockSource,
  title: string,
  axis: string,
  name: string,
  statistic: string,
  period: Duration,
): cloudwatch.IWidget {
  const labels = modelLabels(models ?? []);
  const left = models?.map(model =>
    bedrockMetric(name, model, statistic, period).with({ label: labels.get(model) }),
  ) ?? [
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
    leftYAxis: { label: axis, showUnits: false, min: 0 },
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
  });
}
