import type { Counts } from './counts';

/**
 * The counts that the headers of an InvokeModel response tell; the SDK does not model them.
 * They have no split of cache writes by time to live, and embeddings have no output count.
 */
export function headerCounts(headers: Readonly<Record<string, string>>): Counts {
  return {
    input: countOfText(headers['x-amzn-bedrock-input-token-count']),
    output: countOfText(headers['x-amzn-bedrock-output-token-count']),
    cacheRead: countOfText(headers['x-amzn-bedrock-cache-read-input-token-count']),
    cacheWrite: countOfText(headers['x-amzn-bedrock-cache-write-input-token-count']),
  };
}

function countOfText(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
