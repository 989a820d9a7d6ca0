/** Where the counts were read; where two sources were compared, the one whose output count was taken. */
export type UsageOrigin = 'usage' | 'headers' | 'body' | 'streamMetrics' | 'log' | 'estimate';

/** The tokens of one model call in disjoint billing buckets; all are whole numbers, 0 or more. */
export interface TokenUsage {
  /** Billed at the full input price: neither read from the prompt cache nor written to it. */
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  /** Written to the cache for its default time to live: 5 minutes, or 30 where the model has no other. */
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  /** Reasoning tokens included. */
  readonly outputTokens: number;
  /** Speech tokens among `uncachedInputTokens`. Default: 0. */
  readonly speechInputTokens?: number;
  /** Speech tokens among `outputTokens`. Default: 0. */
  readonly speechOutputTokens?: number;
  /**
   * True if the source does not say which cache writes live for an hour. They are all in
   * `cacheWrite5mTokens`, and their cost is a lower bound. Default: false.
   */
  readonly cacheWriteTtlUnknown?: boolean;
  readonly source: UsageOrigin;
  /**
   * A stream ended before its usage came: the counts are what
   * was known until then, so at least that much is billed.
   */
  readonly partial: boolean;
}

/** Usage, and what was seen where two sources told it. */
export interface UsageReading {
  readonly usage: TokenUsage;
  /**
   * By how many tokens the service's output count and the vendor's own differ; the
   * larger is in the usage. Absent where they agree, or where only one is told.
   */
  readonly outputDifference?: number;
}

/** The kinds of Bedrock response that usage is read from. */
export type UsageOperation =
  | 'Converse'
  | 'ConverseStream'
  | 'InvokeModel'
  | 'InvokeModelWithResponseStream'
  | 'InvokeAgent'
  | 'ModelInvocationLog'
  | 'BatchOutput';

/** A response, with what is needed to understand it. */
export interface UsageSource {
  readonly operation: UsageOperation;
  /** Id or ARN, as the caller gave it. */
  readonly modelId: string;
  /**
   * The parsed body (Converse, InvokeModel), the array of stream events or parsed chunks in order (the
   * streams, InvokeAgent), the record of a model invocation log, or the line of a batch job's output.
   */
  readonly response: unknown;
  /** Response headers by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** All input tokens, cached ones included: what the metric `InputTokens` and the report's column say. */
export function totalInputTokens(usage: TokenUsage): number {
  return (
    usage.uncachedInputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens
  );
}
