import { DEFAULT_NAMESPACE, DIMENSION_SETS, DIMENSIONS, type MetricContract, METRICS } from '../contract';
import { propError, type Where } from '../private/validate';

/**
 * Metrics of detail level `core` that every answered invocation publishes. Other metrics of this level, such
 * as `InvocationErrors`, are published only for some invocations.
 */
const OF_ANSWERED_INVOCATIONS: readonly MetricContract[] = [
  METRICS.inputTokens,
  METRICS.outputTokens,
  METRICS.totalCost,
  METRICS.tokenEfficiency,
  METRICS.invocationCount,
];

/**
 * Bytes that CloudWatch Logs bills for each log event, in addition to the bytes of its text (CloudWatch Logs
 * API Reference, PutLogEvents).
 */
const LOG_EVENT_OVERHEAD_BYTES = 26;
/** Values of a typical metric line. The estimate calculates the log cost from the length of a metric line. */
const TYPICAL = {
  agentId: 'signal-intelligence',
  model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  count: 1234,
  fraction: 0.012345,
};

/**
 * Returns the metrics whose cost is estimated: the metrics of every answered invocation, and
 * `optionalMetrics`.
 *
 * @throws if `optionalMetrics` contains an unknown name
 */
export function publishedMetrics(
  where: Where,
  detailLevel: string,
  optionalMetrics: readonly string[],
): MetricContract[] {
  const all: readonly MetricContract[] = Object.values(METRICS);
  const base = all.filter(
    metric =>
      OF_ANSWERED_INVOCATIONS.includes(metric) || (detailLevel === 'standard' && metric.level === 'standard'),
  );
  const optional = optionalMetrics.map(name => {
    const found = all.find(metric => metric.name === name);
    if (!found) {
      throw propError(
        where,
        'optionalMetrics',
        'names of published metrics',
        name,
        'Give names such as InvocationErrors.',
      );
    }
    return found;
  });
  return [...new Set([...base, ...optional])];
}

/**
 * Returns the number of metrics that CloudWatch bills. Each combination of a metric name and dimension values
 * is one billed metric. For example, `InputTokens` with 3 pairs of agent and model is billed as 4 metrics:
 * one for each pair, and the total.
 */
export function countSeries(metrics: readonly MetricContract[], pairs: number): bigint {
  const seriesOf = ({ scope }: MetricContract) =>
    DIMENSION_SETS[scope].reduce((sum, set) => sum + (set.length === 0 ? 1 : pairs), 0);
  return BigInt(metrics.reduce((sum, metric) => sum + seriesOf(metric), 0));
}

/**
 * Returns the bytes that CloudWatch Logs bills for one invocation. The runtime writes the metrics of an
 * invocation as one log line.
 */
export function metricLineBytes(metrics: readonly MetricContract[], namespace = DEFAULT_NAMESPACE): bigint {
  const lineMetrics = metrics.filter(({ scope }) => scope === 'pair-and-total');
  const line = {
    _aws: {
      Timestamp: Date.UTC(2026, 0),
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: DIMENSION_SETS['pair-and-total'],
          Metrics: lineMetrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    [DIMENSIONS.agentId]: TYPICAL.agentId,
    [DIMENSIONS.model]: TYPICAL.model,
    ...Object.fromEntries(
      lineMetrics.map(({ name, unit }) => [name, unit === 'None' ? TYPICAL.fraction : TYPICAL.count]),
    ),
  };
  return BigInt(JSON.stringify(line).length + LOG_EVENT_OVERHEAD_BYTES);
}
