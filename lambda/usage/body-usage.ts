import { bucketsOf, countOf, type Json, objectOf } from './counts';
import type { TokenUsage, UsageOrigin } from './token-usage';

/**
 * Usage as Converse and Amazon Nova spell it. Nova's own bodies name the cache counts with `Count` at the end, Converse
 * does not, and some records have both: they are two spellings of one number.
 */
export function camelCaseUsage(usage: Json, source: UsageOrigin): TokenUsage | undefined {
  return bucketsOf({
    input: usage.inputTokens,
    output: usage.outputTokens,
    total: usage.totalTokens,
    cacheRead: usage.cacheReadInputTokens ?? usage.cacheReadInputTokenCount,
    cacheWrite: usage.cacheWriteInputTokens ?? usage.cacheWriteInputTokenCount ?? writes(usage.cacheDetails),
    cacheWrite1h: writes(usage.cacheDetails, '1h'),
  }, source);
}

/** Usage as Anthropic's messages spell it: cache tokens always apart from input. */
export function anthropicUsage(usage: Json, source: UsageOrigin): TokenUsage | undefined {
  const creation = objectOf(usage.cache_creation);
  return bucketsOf({
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens,
    cacheWrite: usage.cache_creation_input_tokens ?? added(creation?.ephemeral_5m_input_tokens, creation?.ephemeral_1h_input_tokens),
    cacheWrite1h: creation?.ephemeral_1h_input_tokens,
  }, source);
}

/** The usage of an InvokeModel body, told by its shape. */
export function bodyUsage(body: unknown): TokenUsage | undefined {
  const usage = objectOf(objectOf(body)?.usage);
  if (!usage) return undefined;
  if ('input_tokens' in usage) return anthropicUsage(usage, 'body');
  if ('inputTokens' in usage) return camelCaseUsage(usage, 'body');
  return undefined;
}

/** Cache writes as Converse lists them by time to live: of one, or of all. */
function writes(details: unknown, ttl?: string): number {
  if (!Array.isArray(details)) return 0;
  return added(...details.map(objectOf).filter(detail => ttl === undefined || detail?.ttl === ttl).map(detail => detail?.inputTokens));
}

function added(...counts: readonly unknown[]): number {
  return counts.reduce<number>((sum, count) => sum + (countOf(count) ?? 0), 0);
}
