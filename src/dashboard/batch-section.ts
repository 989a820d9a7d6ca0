import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { TOTAL_COLORS } from './colors';
import type { Section } from './section';
import { METRICS } from '../contract';
import { graphWidget, QUARTER_HOUR, THIRD } from './layout';
import { ALL_INVOCATIONS, type NamedPair, namedPairs, seriesOfPairs, type SeriesSource } from './series';
import type { Pair } from '../metrics/token-metric';

/**
 * Creates the dashboard section on batches, with graphs of tokens per item, cost per item, latency and tokens
 * per invocation.
 */
export function batchSection(source: SeriesSource): Section {
  return {
    heading:
      'Batch: tokens and cost per item, for callers that report the number of items. Latency and tokens per ' +
      'invocation need detail level `standard`',
    rows: [[tokensPerItemWidget(source), costPerItemWidget(source), latencyAndTokensWidget(source)]],
  };
}

function tokensPerItemWidget(source: SeriesSource): cloudwatch.IWidget {
  return graphWidget('Tokens per item, average per 15 minutes', {
    width: THIRD,
    period: QUARTER_HOUR,
    statistic: cloudwatch.Stats.AVERAGE,
    left: [
      source.metrics.metricTokensPerItem({
        period: QUARTER_HOUR,
        label: ALL_INVOCATIONS,
        color: TOTAL_COLORS[0],
      }),
      ...seriesOfPairs(source, METRICS.tokensPerItem, { period: QUARTER_HOUR }),
    ],
    leftYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}

function costPerItemWidget(source: SeriesSource): cloudwatch.IWidget {
  const pairs = namedPairs(source)?.map((pair, index) =>
    costPerItem(source, QUARTER_HOUR, `_${index}`, pair),
  );
  return graphWidget('Cost per item (estimate), per 15 minutes', {
    width: THIRD,
    period: QUARTER_HOUR,
    left: pairs ?? [
      costPerItem(source, QUARTER_HOUR, '', { label: ALL_INVOCATIONS, color: TOTAL_COLORS[0] }),
    ],
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}

/**
 * Returns an estimate of the cost per item: cost ÷ (tokens ÷ average tokens per item). No metric contains the
 * number of items, so the expression estimates it from the tokens.
 *
 * `IF(cost > 0, …)` removes periods with a cost of 0, because their invocations have no known price. Periods
 * without `TokensPerItem` have no data point, because CloudWatch does not show a division by 0.
 */
function costPerItem(
  { metrics }: SeriesSource,
  period: Duration,
  suffix: string,
  { label, color, ...pair }: Pair & Pick<NamedPair, 'label' | 'color'>,
): cloudwatch.IMetric {
  const [cost, input, output, item] = ['cost', 'input', 'output', 'item'].map(name => `${name}${suffix}`);
  return new cloudwatch.MathExpression({
    expression: `IF(${cost} > 0, ${cost} / ((${input} + ${output}) / ${item}))`,
    usingMetrics: {
      [cost]: metrics.metricTotalCost({ ...pair, period }),
      [input]: metrics.metricInputTokens({ ...pair, period }),
      [output]: metrics.metricOutputTokens({ ...pair, period }),
      [item]: metrics.metricTokensPerItem({ ...pair, period }),
    },
    period,
    label,
    color,
  });
}

function latencyAndTokensWidget({ metrics }: SeriesSource): cloudwatch.IWidget {
  return graphWidget('Latency and tokens per invocation, averages', {
    width: THIRD,
    period: QUARTER_HOUR,
    statistic: cloudwatch.Stats.AVERAGE,
    left: [metrics.metricResponseLatency({ period: QUARTER_HOUR, label: 'Latency' })],
    right: [
      metrics.metricTotalTokens({
        period: QUARTER_HOUR,
        statistic: cloudwatch.Stats.AVERAGE,
        label: 'Tokens per invocation',
      }),
    ],
    leftYAxis: { label: 'ms', showUnits: false, min: 0 },
    rightYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}
