/** Where the counts were read; where two sources were compared, the one whose output count was taken. */
export type UsageOrigin = 'usage' | 'headers' | 'body' | 'streamMetrics' | 'log' | 'estimate';

/** The tokens of one model call in disjoint billing buckets. All counts are whole numbers, 0 or more. */
export interface TokenUsage {
  /** Billed at the full input price: neither read from the prompt cache nor written to it. */
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  /** Written to the cache for its default time to live: 5 minutes, or 30 where the model has no other. */
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  /** Output tokens, with those of reasoning and of speech. */
  readonly outputTokens: number;
  /** Tokens of speech among `uncachedInputTokens`. Default: 0, and a speech model's cost is a lower bound. */
  readonly speechInputTokens?: number;
  /** Tokens of speech among `outputTokens`. Default: 0, and a speech model's cost is a lower bound. */
  readonly speechOutputTokens?: number;
  /**
   * True if the response has cache writes and does not tell their time to live. They are then counted in
   * `cacheWrite5mTokens`, and their cost is a lower bound. Default: false.
   */
  readonly cacheWriteTtlUnknown?: boolean;
  /** Number of calls whose tokens these are, for the sums of a batch job. Default: 1. */
  readonly calls?: number;
  readonly source: UsageOrigin;
  /**
   * A stream ended before its usage came: the counts are what
   * was known until then, so at least that much is billed.
   */
  readonly partial: boolean;
}

/** Usage, with notes about counts that contradict each other. */
export interface UsageReading {
  readonly usage: TokenUsage;
  /**
   * By how many tokens the service's output count and the vendor's own differ; the
   * larger is in the usage. Absent where they agree, or where only one is told.
   */
  readonly outputDifference?: number;
  /**
   * Input count of the response, if its total contradicts the uncached input tokens that were derived from
   * it. Absent otherwise.
   */
  readonly reportedInputTokens?: number;
  /**
   * Uncached input tokens if the model is one of OpenAI's. Present if the model id does not tell the vendor
   * and these differ from those in `usage`.
   */
  readonly inputTokensIfOpenAi?: number;
}

/** The kinds of Bedrock response that usage is read from. */
export type UsageOperation =
  | 'Converse'
  | 'ConverseStream'
  | 'InvokeModel'
  | 'InvokeModelWithResponseStream'
  | 'InvokeModelWithBidirectionalStream'
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
   * streams, InvokeAgent), the record of a model invocation log, or the line of a batch job's output or its
   * `manifest.json.out`.
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
