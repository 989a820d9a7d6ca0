import type { Cost } from '../pricing/cost-calculator';
import type { ModelScope } from '../pricing/model-id';
import type { MoneyJson } from '../pricing/pico';
import type { TokenUsage } from '../usage/token-usage';

/**
 * One recorded call of a model, with its usage, its cost and its agent. It contains neither the prompt nor
 * the answer.
 */
export interface Invocation {
  readonly requestId: string;
  readonly agentId: string;
  /** Name of the billed foundation model, if it is known. The name has no region prefix and is not an ARN. */
  readonly model: string;
  /** Model id or ARN, as the caller passed it. */
  readonly modelId: string;
  readonly scope: ModelScope;
  /** Operation, such as `Converse` or `InvokeModel`. */
  readonly operation?: string;
  /** Time of the call. */
  readonly timestamp: Date;
  /**
   * Token usage. Undefined if the response has no usage. A failed call can have usage if its stream had
   * begun.
   */
  readonly usage?: TokenUsage;
  /** Cost of the call. Undefined, and not 0, if the price or the usage is unknown. */
  readonly cost?: Cost;
  readonly incidentId?: string;
  readonly sessionId?: string;
  readonly latencyMs?: number;
  readonly timeToFirstTokenMs?: number;
  readonly serviceTier?: string;
  /** Number of work items in the call. */
  readonly items?: number;
  /**
   * Sum of input and output tokens, divided by the number of items. Undefined if `items` or `usage` is
   * undefined.
   */
  readonly tokensPerItem?: number;
  readonly stopReason?: string;
  /** Name of the error of a failed call, such as `ThrottlingException`. The error message is not recorded. */
  readonly error?: string;
  /** True for a response from the application's own cache. */
  readonly cached?: boolean;
  /**
   * Difference between two numbers of output tokens: one counted by Bedrock, one by the vendor of the model.
   * The larger number is in `usage`.
   */
  readonly outputDifference?: number;
  /**
   * Number of input tokens that the response reports. Present only if the total in the response contradicts
   * `usage.uncachedInputTokens`, which was computed from the reported number.
   */
  readonly reportedInputTokens?: number;
  /**
   * Returns the invocation as JSON. `JSON.stringify` calls this method, because it cannot convert `bigint`
   * amounts itself. A copy, such as `{ ...invocation }`, does not have this method, but `cost` in the copy
   * has its own `toJSON`.
   */
  toJSON?(): InvocationJson;
}

/** Invocation as JSON. Amounts of money are decimal text without rounding. Times are ISO 8601 in UTC. */
export type InvocationJson = MoneyJson<Invocation>;

/** State of a record. The record can be provisional, or it can replace a provisional record. */
export interface RecordState {
  /** True if the record is made before the response has ended. Default: false */
  readonly provisional?: boolean;
  /** Provisional invocation that the record replaces. */
  readonly replaces?: Invocation;
  /** True if the metrics already count the provisional invocation. */
  readonly isCounted?: boolean;
}
