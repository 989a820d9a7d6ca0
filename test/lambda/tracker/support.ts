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
 * Returns a response stream of ConverseStream, and a function that reads the stream to its end. When
 * `answered` is fulfilled, the stream returns its only event with `usage`.
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
