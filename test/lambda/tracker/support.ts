import type { TokenUsage } from 'cdk-token-analytics/runtime';

export const NOVA = 'amazon.nova-micro-v1:0';

export const usageOf = (uncachedInputTokens: number, outputTokens: number, cacheReadTokens = 0) =>
  ({
    uncachedInputTokens,
    cacheReadTokens,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens,
    source: 'usage',
    partial: false,
  }) satisfies TokenUsage;

/**
 * Creates a ConverseStream response whose events come when `answered` is fulfilled, and a function that reads
 * the stream.
 */
export function lateStream(answered: Promise<unknown>, usage: object) {
  const stream = {
    async *[Symbol.asyncIterator]() {
      await answered;
      yield { metadata: { usage } };
    },
  };
  return {
    stream,
    read: async () => {
      for await (const event of stream) void event;
    },
  };
}
