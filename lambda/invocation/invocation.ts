import type { Cost } from '../pricing/cost';
import type { ModelScope } from '../pricing/model-id';
import type { MoneyJson } from '../pricing/pico';
import type { Units } from '../usage/billed-units';
import type { TokenUsage } from '../usage/token-usage';

/**
 * One recorded call of a model, with its usage, its cost and its agent. It contains neither the prompt nor
 * the answer.
 */
export interface Invocation {
  readonly requestId: string;
  readonly agentId: string;
  /**
   * Name of the billed foundation model, without a region prefix such as `us.`. For an unknown model, a short
   * form of the model id or ARN.
   */
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
  /** Billed units besides tokens, such as text units of a guardrail. Absent if there are none. */
  readonly units?: Units;
  /** Cost of the call. Undefined, and not 0, if the price or the usage is unknown. */
  readonly cost?: Cost;
  readonly incidentId?: string;
  readonly sessionId?: string;
  readonly latencyMs?: number;
  readonly timeToFirstTokenMs?: number;
  readonly serviceTier?: string;
  /** Number of work items in the call, e.g. the documents in its prompt. The caller sets it. */
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
   * Difference between two counts of the output tokens: Bedrock's count and the model vendor's count. `usage`
   * has the larger count. Undefined if the response does not have two different counts.
   */
  readonly outputDifference?: number;
  /**
   * Number of input tokens as the response reports it. Undefined if this number agrees with the total in the
   * response. Otherwise, `usage.uncachedInputTokens` has a corrected number.
   */
  readonly reportedInputTokens?: number;
  /**
   * Returns the invocation as JSON. `JSON.stringify` calls this method, because it cannot convert `bigint`
   * amounts itself. A copy such as `{ ...invocation }` lacks this method.
   */
  toJSON?(): InvocationJson;
}

/** Invocation as JSON. Amounts of money are decimal text without rounding. Times are ISO 8601 in UTC. */
export type InvocationJson = MoneyJson<Invocation>;

/**
 * Options for recording an invocation. A call can be recorded twice: provisionally before its response ends,
 * and finally after the end.
 */
export interface RecordState {
  /** True if the record is made before the response has ended. Default: false */
  readonly provisional?: boolean;
  /** Provisional invocation that the record replaces. */
  readonly replaces?: Invocation;
  /** True if the metrics already include `replaces`. The metrics then do not count the new record. */
  readonly isCounted?: boolean;
}
