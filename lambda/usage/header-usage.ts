import { bucketsOf } from './counts';
import type { TokenUsage } from './token-usage';

/** The token headers of an InvokeModel response; the SDK does not model them. */
const HEADERS = {
  input: 'x-amzn-bedrock-input-token-count',
  output: 'x-amzn-bedrock-output-token-count',
  cacheRead: 'x-amzn-bedrock-cache-read-input-token-count',
  cacheWrite: 'x-amzn-bedrock-cache-write-input-token-count',
} as const;

/**
 * The usage that response headers tell. They have no split of cache writes by time to live and may lack the cache
 * counts: the body's are taken for these.
 */
export function headerUsage(headers: Readonly<Record<string, string>>, body: TokenUsage | undefined): TokenUsage | undefined {
  const counts = Object.fromEntries(Object.entries(HEADERS).map(([name, header]) => [name, numberOf(headers[header])]));
  const bodyWrites = (body?.cacheWrite5mTokens ?? 0) + (body?.cacheWrite1hTokens ?? 0);
  const cacheWrite = counts.cacheWrite ?? bodyWrites;
  return bucketsOf({
    input: counts.input,
    output: counts.output,
    cacheRead: counts.cacheRead ?? body?.cacheReadTokens,
    cacheWrite,
    cacheWrite1h: cacheWrite === bodyWrites ? body?.cacheWrite1hTokens : 0,
  }, 'headers');
}

function numberOf(text: string | undefined): number | undefined {
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
