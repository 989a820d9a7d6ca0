import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { FIVE_MINUTES, graph, MINUTE, THIRD } from './layout';
import type { Section } from './section';
import type { SeriesSource } from './series';
import { serviceSearch } from '../metrics/search';

/**
 * Amazon Bedrock User Guide, "Monitoring Amazon Bedrock":
 * metrics by the id that a call names, a profile's too.
 */
const BEDROCK_NAMESPACE = 'AWS/Bedrock';
const MODEL_DIMENSION = 'ModelId';
/** Bedrock counts cached input apart, our InputTokens has it inside. */
const INPUT_TOKENS = ['InputTokenCount', 'CacheReadInputTokens', 'CacheWriteInputTokens'];
const FOUND_MODEL = `\${PROP('Dim.${MODEL_DIMENSION}')}`;

/** What of Bedrock's is drawn. */
interface Source {
  readonly scope: SeriesSource['scope'];
  readonly models?: readonly string[];
}

export function quotaSection({ scope, metrics }: SeriesSource, models?: readonly string[]): Section {
  const source = { scope, models };
  return {
    heading:
      "Quota: Bedrock's own metrics, beside ours of all calls. Bedrock's count every caller of the " +
      'account and region',
    rows: [
      [
        compared(
          'Answered calls, per 5 minutes',
          sum(source, ['Invocations'], 'calls'),
          metrics.metricInvocationCount({ period: FIVE_MINUTES, label: 'Counted here' }),
        ),
        compared(
          'Input tokens, cached ones included, per 5 minutes',
          sum(source, INPUT_TOKENS, 'in'),
          metrics.metricInputTokens({ period: FIVE_MINUTES, label: 'Counted here' }),
        ),
      ],
      [
        byId(
          source,
          'Estimated use of the tokens-per-minute quota, tokens per minute',
          'EstimatedTPMQuotaUsage',
          cloudwatch.Stats.SUM,
          MINUTE,
        ),
        byId(
          source,
          'Time to first token of streams, ms, p90 per 5 minutes',
          'TimeToFirstToken',
          cloudwatch.Stats.percentile(90),
          FIVE_MINUTES,
        ),
        byId(
          source,
          'Throttled calls, per 5 minutes',
          'InvocationThrottles',
          cloudwatch.Stats.SUM,
          FIVE_MINUTES,
        ),
      ],
    ],
  };
}

function compared(title: string, ...left: cloudwatch.IMetric[]): cloudwatch.IWidget {
  return graph(title, {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left,
    leftYAxis: { label: 'Count', showUnits: false, min: 0 },
  });
}

/**
 * Metrics of Bedrock, added up over models: by one search,
 * so that a metric without any series is no gap in the sum.
 */
function sum({ scope, models }: Source, names: readonly string[], id: string): cloudwatch.IMetric {
  const entries = models
    ?.flatMap(model => names.map(name => named(name, model, cloudwatch.Stats.SUM, FIVE_MINUTES)))
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

function byId(
  { scope, models }: Source,
  title: string,
  name: string,
  statistic: string,
  period: Duration,
): cloudwatch.IWidget {
  const left = models?.map(model => named(name, model, statistic, period)) ?? [
    new cloudwatch.SearchExpression({
      expression: serviceSearch(scope, BEDROCK_NAMESPACE, MODEL_DIMENSION, [name], statistic),
      period,
      label: FOUND_MODEL,
    }),
  ];
  return graph(title, { width: THIRD, period, statistic, left, leftYAxis: { showUnits: false, min: 0 } });
}

function named(metricName: string, model: string, statistic: string, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: BEDROCK_NAMESPACE,
    metricName,
    dimensionsMap: { [MODEL_DIMENSION]: model },
    statistic,
    period,
    label: model,
  });
}
