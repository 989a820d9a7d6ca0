import type { TokenUsage } from 'cdk-token-analytics/runtime';

export const M = 1_000_000;

/** Returns token usage with the given counts, e.g. `{ outputTokens: 5 }`. All others are 0. */
export const tokens = (counts: Partial<TokenUsage>): TokenUsage => ({
  uncachedInputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  source: 'usage',
  partial: false,
  ...counts,
});

export const million = tokens({ uncachedInputTokens: M, outputTokens: M });
