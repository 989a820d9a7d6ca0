import { type DetailLevel, DETAIL_LEVELS, type MetricKey, METRICS } from '../../src/contract';
import type { Invocation } from '../invocation';
import { totalInputTokens } from '../usage/token-usage';

/** One value of one metric. */
export type MetricValue = readonly [metric: MetricKey, value: number];

/** The values that an invocation sends at a detail level: what the contract's "sent when" says, and finite numbers only. */
export function metricValuesOf(invocation: Invocation, detailLevel: DetailLevel): MetricValue[] {
  const rank = DETAIL_LEVELS.indexOf(detailLevel);
  return valuesOf(invocation).filter(([metric, value]) => Number.isFinite(value) && DETAIL_LEVELS.indexOf(METRICS[metric].level) <= rank);
}

function valuesOf(invocation: Invocation): MetricValue[] {
  if (invocation.error !== undefined) return [['invocationErrors', 1]];
  if (invocation.cached) return [['cachedResponses', 1]];
  const { usage, cost, latencyMs, items } = invocation;
  const values: MetricValue[] = [['invocationCount', 1]];
  if (cost) values.push(['totalCost', cost.usd]);
  else values.push(['unpricedInvocations', 1]);
  if (latencyMs !== undefined) values.push(['responseLatency', latencyMs]);
  if (!usage) return values;
  const input = totalInputTokens(usage);
  const total = input + usage.outputTokens;
  values.push(
    ['inputTokens', input],
    ['outputTokens', usage.outputTokens],
    ['totalTokens', total],
    ['cacheReadTokens', usage.cacheReadTokens],
    ['cacheWriteTokens', usage.cacheWrite5mTokens + usage.cacheWrite1hTokens],
  );
  if (input > 0) values.push(['tokenEfficiency', usage.outputTokens / input]);
  if (items !== undefined && items > 0) values.push(['tokensPerItem', total / items]);
  return values;
}
