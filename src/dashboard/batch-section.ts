import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Section } from './section';
import { METRICS } from '../contract';
import { graph, QUARTER_HOUR, THIRD } from './layout';
import { eachPair, namedPairs, type SeriesSource } from './series';
import type { Pair } from '../metrics/token-metric';

export function batchSection(source: SeriesSource): Section {
  return {
    heading:
      'Batch: of calls whose number of items is told; latency and tokens of a call are published at ' +
      'detail level `standard`',
    rows: [[tokensPerItem(source), costPerItem(source), latencyAgainstTokens(source)]],
  };
}

function tokensPerItem(source: SeriesSource): cloudwatch.IWidget {
  return graph('Tokens per item, average of calls per 15 minutes', {
    width: THIRD,
    period: QUARTER_HOUR,
    statistic: cloudwatch.Stats.AVERAGE,
    left: [
      source.metrics.metricTokensPerItem({ period: QUARTER_HOUR, label: 'all calls' }),
      ...eachPair(source, METRICS.tokensPerItem, { period: QUARTER_HOUR, id: 'item', suffix: '' }),
    ],
    leftYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}

function costPerItem(source: SeriesSource): cloudwatch.IWidget {
  const pairs = namedPairs(source)?.map((pair, index) =>
    itemCost(source, QUARTER_HOUR, `_${index}`, `${pair.agentId} ${pair.model}`, pair),
  );
  return graph('Cost per item, USD, per 15 minutes (estimate: cost per token × tokens per item)', {
    width: THIRD,
    period: QUARTER_HOUR,
    left: pairs ?? [itemCost(source, QUARTER_HOUR, '', 'all calls', {})],
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}

/**
 * How many items there were is not published, only what their tokens were on the average. So the cost is
 * divided by the items that all tokens would be. A missing point counts as 0 and a division by 0 has no
 * point: there is none without tokens per item, and without a known cost the condition leaves it out, as an
 * unknown cost is not 0.
 */
function itemCost(
  { metrics }: SeriesSource,
  period: Duration,
  suffix: string,
  label: string,
  pair: Pair,
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
  });
}

function latencyAgainstTokens({ metrics }: SeriesSource): cloudwatch.IWidget {
  return graph('API latency, ms, against tokens of a call, averages per 15 minutes', {
    width: THIRD,
    period: QUARTER_HOUR,
    statistic: cloudwatch.Stats.AVERAGE,
    left: [metrics.metricResponseLatency({ period: QUARTER_HOUR, label: 'Latency (ms)' })],
    right: [
      metrics.metricTotalTokens({
        period: QUARTER_HOUR,
        statistic: cloudwatch.Stats.AVERAGE,
        label: 'Tokens of a call',
      }),
    ],
    leftYAxis: { label: 'ms', showUnits: false, min: 0 },
    rightYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}
