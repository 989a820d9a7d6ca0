import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Section } from './section';
import { METRICS } from '../contract';
import { FIVE_MINUTES, graph, HOUR, LAST_DAY } from './layout';
import { byModel, eachPair, type SeriesSource, total } from './series';

/** Statistics of the latency, and what they are called. */
const LATENCIES = [
  { statistic: cloudwatch.Stats.AVERAGE, label: 'average' },
  { statistic: cloudwatch.Stats.percentile(90), label: 'p90' },
  { statistic: cloudwatch.Stats.percentile(99), label: 'p99' },
];

export function gatewaySection(source: SeriesSource): Section {
  return {
    heading: 'Gateway: total tokens and latency are published at detail level `standard`',
    rows: [
      [usageByModel(source), cacheHitRate(source)],
      [latency(source), usageOverTime(source)],
    ],
  };
}

function usageByModel(source: SeriesSource): cloudwatch.IWidget {
  return graph('Token usage by model, tokens per 5 minutes', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [
      ...byModel(source, METRICS.inputTokens, { period: FIVE_MINUTES, id: 'in', suffix: 'input' }),
      ...byModel(source, METRICS.outputTokens, { period: FIVE_MINUTES, id: 'out', suffix: 'output' }),
      ...byModel(source, METRICS.totalTokens, { period: FIVE_MINUTES, id: 'all', suffix: 'total' }),
    ],
    leftYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}

function cacheHitRate(source: SeriesSource): cloudwatch.IWidget {
  return graph("Cache hit rate: answers from the application's cache and from a model, last 24 hours", {
    view: cloudwatch.GraphWidgetView.PIE,
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    start: LAST_DAY,
    // Shares of the whole range, and not of its last hour.
    setPeriodToTimeRange: true,
    left: [
      total(source, METRICS.cachedResponses, { period: HOUR, label: 'Cached' }),
      total(source, METRICS.invocationCount, { period: HOUR, label: 'Not cached' }),
    ],
  });
}

function latency(source: SeriesSource): cloudwatch.IWidget {
  return graph('Response latency by model, ms, per 5 minutes: average, p90, p99', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.AVERAGE,
    left: LATENCIES.flatMap(({ statistic, label }) => [
      source.metrics.metricResponseLatency({ period: FIVE_MINUTES, statistic, label: `all calls ${label}` }),
      ...eachPair(source, METRICS.responseLatency, {
        period: FIVE_MINUTES,
        statistic,
        id: label,
        suffix: label,
      }),
    ]),
    leftYAxis: { label: 'ms', showUnits: false, min: 0 },
  });
}

function usageOverTime(source: SeriesSource): cloudwatch.IWidget {
  return graph('Token usage over time, tokens per 5 minutes', {
    stacked: true,
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [
      total(source, METRICS.inputTokens, { period: FIVE_MINUTES, label: 'Input' }),
      total(source, METRICS.outputTokens, { period: FIVE_MINUTES, label: 'Output' }),
    ],
    leftYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}
