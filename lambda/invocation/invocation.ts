import type { Cost } from '../pricing/cost-calculator';
import type { ModelScope } from '../pricing/model-id';
import type { MoneyJson } from '../pricing/pico';
import type { TokenUsage } from '../usage/token-usage';

/** One recorded call of a model, with its usage, its cost and its agent. It has no prompt and no answer. */
export interface Invocation {
  readonly requestId: string;
  readonly agentId: string;
  /** Foundation model that is billed, without region prefix, profile and ARN. */
  readonly model: string;
  /** Id or ARN, as the caller passed it. */
  readonly modelId: string;
  readonly scope: ModelScope;
  /** Operation, such as `Converse` or `InvokeModel`. */
  readonly operation?: string;
  /** Time of the call. */
  readonly timestamp: Date;
  /** Undefined if the response has no usage. A failed call has some if a stream had begun. */
  readonly usage?: TokenUsage;
  /** Undefined if the price or the usage is unknown. It is never 0 in that case. */
  readonly cost?: Cost;
  readonly incidentId?: string;
  readonly sessionId?: string;
  readonly latencyMs?: number;
  readonly timeToFirstTokenMs?: number;
  readonly serviceTier?: string;
  /** Number of work items in the call. */
  readonly items?: number;
  /** Input and output tokens per item. Undefined without items or without usage. */
  readonly tokensPerItem?: number;
  readonly stopReason?: string;
  /** Name of the error of a failed call, such as `ThrottlingException`. Its message is not recorded. */
  readonly error?: string;
  /** True for a response from the application's own cache. */
  readonly cached?: boolean;
  /**
   * Difference between Bedrock's output count and the vendor's own, in tokens. The usage has the larger one.
   */
  readonly outputDifference?: number;
  /**
   * Input count as the response reports it. Present only if the total of the response contradicts the
   * uncached input tokens in `usage`: OpenAI's models over ConverseStream include cached tokens in the count.
   */
  readonly reportedInputTokens?: number;
  /**
   * Makes `JSON.stringify` work. Copies, such as `{ ...invocation }`, do not have it. `JSON.stringify` works
   * for a copy if it has the same `cost` object.
   */
  toJSON?(): InvocationJson;
}

/** Invocation in JSON. Money is decimal text without rounding, times are ISO 8601 in UTC. */
export type InvocationJson = MoneyJson<Invocation>;

/** State of a record: provisional, or the replacement of a provisional one. */
export interface RecordState {
  /** True if the record is made before the response ended. Default: false */
  readonly provisional?: boolean;
  /** Provisional invocation that the record replaces. */
  readonly replaces?: Invocation;
  /** True if the metrics already count the provisional invocation. */
  readonly isCounted?: boolean;
}
