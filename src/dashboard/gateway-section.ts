import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { TOTAL_COLORS } from './colors';
import type { Section } from './section';
import { METRICS } from '../contract';
import { FIVE_MINUTES, graphWidget, HOUR, LAST_DAY, lines } from './layout';
import { ALL_INVOCATIONS, seriesOfPairs, type SeriesSource, sumByModel, sumOfAll } from './series';

/** Metrics of the graph by model, with the ids and the end of the labels of their lines. */
const USAGE = [
  { metric: METRICS.inputTokens, id: 'in', labelSuffix: 'input' },
  { metric: METRICS.outputTokens, id: 'out', labelSuffix: 'output' },
  { metric: METRICS.totalTokens, id: 'all', labelSuffix: 'input + output' },
];
/** Statistics of the latency graph: average, p90 and p99. */
const LATENCIES = [
  { statistic: cloudwatch.Stats.AVERAGE, label: 'average' },
  { statistic: cloudwatch.Stats.percentile(90), label: 'p90' },
  { statistic: cloudwatch.Stats.percentile(99), label: 'p99' },
];

/**
 * Creates the dashboard section for operators of a gateway, such as a service that invokes models for other
 * teams.
 */
export function gatewaySection(source: SeriesSource): Section {
  return {
    heading:
      'Gateway: usage by model, cache and latency. Total tokens and latency need detail level `standard`',
    rows: [
      [usageByModelWidget(source), cacheHitRateWidget(source)],
      [latencyWidget(source), usageOverTimeWidget(source)],
    ],
  };
}

function usageByModelWidget(source: SeriesSource): cloudwatch.IWidget {
  return graphWidget('Token usage by model, per 5 minutes', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [
      ...USAGE.map(({ metric, labelSuffix }, index) =>
        sumOfAll(source, metric, {
          period: FIVE_MINUTES,
          label: `Total ${labelSuffix}`,
          color: TOTAL_COLORS[index],
        }),
      ),
      ...USAGE.flatMap(({ metric, ...names }) =>
        sumByModel(source, metric, { period: FIVE_MINUTES, ...names }),
      ),
    ],
    leftYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}

function cacheHitRateWidget(source: SeriesSource): cloudwatch.IWidget {
  return graphWidget('Cache hit rate of the application, last 24 hours', {
    view: cloudwatch.GraphWidgetView.PIE,
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    start: LAST_DAY,
    // Shows the sum of the last 24 hours in the pie. Without this setting, the pie shows only the last hour.
    setPeriodToTimeRange: true,
    left: [
      sumOfAll(source, METRICS.cachedResponses, { period: HOUR, label: 'From the cache' }),
      sumOfAll(source, METRICS.invocationCount, { period: HOUR, label: 'From a model' }),
    ],
  });
}

function latencyWidget(source: SeriesSource): cloudwatch.IWidget {
  return graphWidget('Response latency per 5 minutes: average, p90 and p99', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.AVERAGE,
    left: [
      ...LATENCIES.map(({ statistic, label }, index) =>
        source.metrics.metricResponseLatency({
          period: FIVE_MINUTES,
          statistic,
          label: `${ALL_INVOCATIONS} ${label}`,
          color: TOTAL_COLORS[index],
        }),
      ),
      ...LATENCIES.flatMap(({ statistic, label }) =>
        seriesOfPairs(source, METRICS.responseLatency, {
          period: FIVE_MINUTES,
          statistic,
          labelSuffix: label,
        }),
      ),
    ],
    leftAnnotations: lines(source.thresholds.latency),
    leftYAxis: { label: 'ms', showUnits: false, min: 0 },
  });
}

function usageOverTimeWidget(source: SeriesSource): cloudwatch.IWidget {
  return graphWidget('Token usage over time, per 5 minutes', {
    stacked: true,
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [
      sumOfAll(source, METRICS.inputTokens, { period: FIVE_MINUTES, label: 'Input' }),
      sumOfAll(source, METRICS.outputTokens, { period: FIVE_MINUTES, label: 'Output' }),
    ],
    leftYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}
