import { type DetailLevel, DETAIL_LEVELS, type MetricKey, METRICS } from '../../src/contract';
import type { Invocation } from '../invocation/invocation';
import { tokensPerItemOf, totalInputTokens } from '../usage/token-usage';

const RATIO_DIGITS = 6;
const RATIO_SCALE = 1e6;

/** The detail levels that send each metric. */
const SENT: Readonly<Record<DetailLevel, ReadonlySet<MetricKey>>> = {
  core: keysAt('core'),
  standard: keysAt('standard'),
};

/**
 * Gives the values that an invocation sends at a detail level, one by
 * one: what the contract's "sent when" says, and finite numbers only.
 */
export function eachMetricValue(
  invocation: Invocation,
  detailLevel: DetailLevel,
  take: (metric: MetricKey, value: number) => void,
): void {
  const sent = SENT[detailLevel];
  const send = (metric: MetricKey, value: number) => {
    if (sent.has(metric) && Number.isFinite(value)) take(metric, value);
  };
  const { error, cached, usage, cost, latencyMs } = invocation;
  if (cached) {
    send('cachedResponses', 1);
    return;
  }
  const failed = error !== undefined;
  send(failed ? 'invocationErrors' : 'invocationCount', 1);
  // A call that failed before the model answered has neither tokens nor a price.
  if (failed && !usage) return;
  if (cost) send('totalCost', cost.usd);
  else send('unpricedInvocations', 1);
  if (latencyMs !== undefined && !failed) send('responseLatency', latencyMs);
  if (!usage) return;
  const input = totalInputTokens(usage);
  send('inputTokens', input);
  send('outputTokens', usage.outputTokens);
  send('totalTokens', input + usage.outputTokens);
  send('cacheReadTokens', usage.cacheReadTokens);
  send('cacheWriteTokens', usage.cacheWrite5mTokens + usage.cacheWrite1hTokens);
  if (input > 0) send('tokenEfficiency', rounded(usage.outputTokens / input));
  const tokensPerItem = tokensPerItemOf(invocation);
  if (tokensPerItem !== undefined) send('tokensPerItem', rounded(tokensPerItem));
}

/** A ratio needs no sixteen digits on each line of the log: six of them tell. */
function rounded(ratio: number): number {
  return ratio >= 1 / RATIO_SCALE ** 0.5
    ? Math.round(ratio * RATIO_SCALE) / RATIO_SCALE
    : Number(ratio.toPrecision(RATIO_DIGITS));
}

function keysAt(detailLevel: DetailLevel): ReadonlySet<MetricKey> {
  const rank = DETAIL_LEVELS.indexOf(detailLevel);
  const keys = Object.keys(METRICS) as MetricKey[];
  return new Set(keys.filter(key => DETAIL_LEVELS.indexOf(METRICS[key].level) <= rank));
}
