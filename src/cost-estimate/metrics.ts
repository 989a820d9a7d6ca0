import { DEFAULT_NAMESPACE, DIMENSION_SETS, DIMENSIONS, type MetricContract, METRICS } from '../contract';
import { propError, type Where } from '../private/validate';

/**
 * Sent for each call that a model answers: what is sent of
 * errors, of items and the like comes with these alone.
 */
const OF_EVERY_CALL: readonly MetricContract[] = [
  METRICS.inputTokens,
  METRICS.outputTokens,
  METRICS.totalCost,
  METRICS.tokenEfficiency,
  METRICS.invocationCount,
];

/** PutLogEvents, API reference: each event counts its UTF-8 bytes and 26. */
const LOG_EVENT_OVERHEAD_BYTES = 26;
/** A metric line's values, as they are with common agents and models. */
const TYPICAL = {
  agentId: 'signal-intelligence',
  model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  count: 1234,
  fraction: 0.012345,
};

/** What is published: of every call, of the level, and of the named ones beside. */
export function publishedMetrics(
  where: Where,
  detailLevel: string,
  optionalMetrics: readonly string[],
): MetricContract[] {
  const all: readonly MetricContract[] = Object.values(METRICS);
  const base = all.filter(
    metric => OF_EVERY_CALL.includes(metric) || (detailLevel === 'standard' && metric.level === 'standard'),
  );
  const further = optionalMetrics.map(name => {
    const found = all.find(metric => metric.name === name);
    if (!found) {
      throw propError(
        where,
        'optionalMetrics',
        'names of metrics that are published',
        name,
        'Give names such as InvocationErrors.',
      );
    }
    return found;
  });
  return [...new Set([...base, ...further])];
}

/** A series for each pair, and one for the total; the total alone for metrics without dimensions. */
export function seriesCount(metrics: readonly MetricContract[], pairs: number): bigint {
  const ofEach = ({ scope }: MetricContract) =>
    DIMENSION_SETS[scope].reduce((sum, set) => sum + (set.length === 0 ? 1 : pairs), 0);
  return BigInt(metrics.reduce((sum, metric) => sum + ofEach(metric), 0));
}

/** The bytes that one call's metric line is billed as. */
export function metricLineBytes(metrics: readonly MetricContract[], namespace = DEFAULT_NAMESPACE): bigint {
  const onPairs = metrics.filter(({ scope }) => scope === 'pair-and-total');
  const line = {
    _aws: {
      Timestamp: Date.UTC(2026, 0),
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: DIMENSION_SETS['pair-and-total'],
          Metrics: onPairs.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    [DIMENSIONS.agentId]: TYPICAL.agentId,
    [DIMENSIONS.model]: TYPICAL.model,
    ...Object.fromEntries(
      onPairs.map(({ name, unit }) => [name, unit === 'None' ? TYPICAL.fraction : TYPICAL.count]),
    ),
  };
  return BigInt(JSON.stringify(line).length + LOG_EVENT_OVERHEAD_BYTES);
}
