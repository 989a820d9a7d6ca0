import { type DetailLevel, DETAIL_LEVELS, type MetricKey, METRICS } from '../../src/contract';
import { type Invocation, tokensPerItemOf } from '../invocation';
import { totalInputTokens } from '../usage/token-usage';

const RATIO_DIGITS = 6;

/** One value of one metric. */
export type MetricValue = readonly [metric: MetricKey, value: number];

/** The detail levels that send each metric. */
const SENT: Readonly<Record<DetailLevel, ReadonlySet<MetricKey>>> = { core: keysAt('core'), standard: keysAt('standard') };

/** The values that an invocation sends at a detail level: what the contract's "sent when" says, and finite numbers only. */
export function metricValuesOf(invocation: Invocation, detailLevel: DetailLevel): MetricValue[] {
  const sent = SENT[detailLevel];
  return valuesOf(invocation).filter(([metric, value]) => Number.isFinite(value) && sent.has(metric));
}

function valuesOf(invocation: Invocation): MetricValue[] {
  const { error, cached, usage, cost, latencyMs } = invocation;
  if (cached) return [['cachedResponses', 1]];
  const failed = error !== undefined;
  const values: MetricValue[] = [[failed ? 'invocationErrors' : 'invocationCount', 1]];
  // A call that failed before the model answered has neither tokens nor a price.
  if (failed && !usage) return values;
  if (cost) values.push(['totalCost', cost.usd]);
  else values.push(['unpricedInvocations', 1]);
  if (latencyMs !== undefined && !failed) values.push(['responseLatency', latencyMs]);
  if (!usage) return values;
  const input = totalInputTokens(usage);
  values.push(
    ['inputTokens', input],
    ['outputTokens', usage.outputTokens],
    ['totalTokens', input + usage.outputTokens],
    ['cacheReadTokens', usage.cacheReadTokens],
    ['cacheWriteTokens', usage.cacheWrite5mTokens + usage.cacheWrite1hTokens],
  );
  if (input > 0) values.push(['tokenEfficiency', rounded(usage.outputTokens / input)]);
  const tokensPerItem = tokensPerItemOf(invocation);
  if (tokensPerItem !== undefined) values.push(['tokensPerItem', rounded(tokensPerItem)]);
  return values;
}

/** A ratio needs no sixteen digits on each line of the log. */
function rounded(ratio: number): number {
  return Number(ratio.toPrecision(RATIO_DIGITS));
}

function keysAt(detailLevel: DetailLevel): ReadonlySet<MetricKey> {
  const rank = DETAIL_LEVELS.indexOf(detailLevel);
  const keys = Object.keys(METRICS) as MetricKey[];
  return new Set(keys.filter(key => DETAIL_LEVELS.indexOf(METRICS[key].level) <= rank));
}
