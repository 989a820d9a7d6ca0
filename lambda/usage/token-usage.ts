/** Where the counts were read. */
export type UsageOrigin = 'usage' | 'headers' | 'body' | 'streamMetrics' | 'log' | 'estimate';

/** The tokens of one model call in disjoint billing buckets; all are whole numbers, 0 or more. */
export interface TokenUsage {
  /** Billed at the full input price: neither read from the prompt cache nor written to it. */
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  /** Written to the cache for 5 minutes, the default time to live. */
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  /** Reasoning tokens included. */
  readonly outputTokens: number;
  readonly source: UsageOrigin;
  /** A stream ended before its usage came. */
  readonly partial: boolean;
}

/** The kinds of Bedrock response that usage is read from. */
export type UsageOperation =
  | 'Converse' | 'ConverseStream' | 'InvokeModel' | 'InvokeModelWithResponseStream' | 'InvokeAgent' | 'ModelInvocationLog' | 'BatchOutput';

/** A response, with what is needed to understand it. */
export interface UsageSource {
  readonly operation: UsageOperation;
  /** Id or ARN, as the caller gave it. */
  readonly modelId: string;
  /** The parsed body, or the array of stream events or parsed chunks, in order. */
  readonly response: unknown;
  /** Response headers by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** All input tokens, cached ones included: what the metric `InputTokens` says. */
export function totalInputTokens(usage: TokenUsage): number {
  return usage.uncachedInputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
}
