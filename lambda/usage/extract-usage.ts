import { bodyUsage, camelCaseUsage } from './body-usage';
import { objectOf } from './counts';
import { headerUsage } from './header-usage';
import type { TokenUsage, UsageSource } from './token-usage';

/**
 * Reads the usage of a Bedrock response: Converse, ConverseStream, and InvokeModel of Anthropic and Amazon Nova models.
 * For InvokeModel the response headers go before the body.
 *
 * @returns undefined where the response tells no usage; never zeros in its place
 *
 * @example
 * const usage = extractUsage({ operation: 'Converse', modelId, response });
 */
export function extractUsage(source: UsageSource): TokenUsage | undefined {
  try {
    switch (source.operation) {
      case 'Converse': return converseUsage(source.response);
      case 'ConverseStream': return converseStreamUsage(source.response);
      case 'InvokeModel': return invokeUsage(source);
      default: return undefined;
    }
  } catch {
    // A response may have getters, or be a proxy: reading it must never throw into the caller's path.
    return undefined;
  }
}

function converseUsage(response: unknown): TokenUsage | undefined {
  const usage = objectOf(objectOf(response)?.usage);
  return usage && camelCaseUsage(usage, 'usage');
}

/** Usage stands in the metadata event, which comes last. */
function converseStreamUsage(events: unknown): TokenUsage | undefined {
  if (!Array.isArray(events)) return undefined;
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const usage = converseUsage(objectOf(events[index])?.metadata);
    if (usage) return usage;
  }
  return undefined;
}

function invokeUsage({ response, headers }: UsageSource): TokenUsage | undefined {
  const body = bodyUsage(response);
  return (headers && headerUsage(headers, body)) ?? body;
}
