import type { Cost } from '../pricing/cost-calculator';
import type { ModelScope } from '../pricing/model-id';
import type { MoneyJson } from '../pricing/pico';
import { type TokenUsage, totalInputTokens } from '../usage/token-usage';

/** One model call: what was used, what it cost, and for whom. No prompt and no answer. */
export interface Invocation {
  readonly requestId: string;
  readonly agentId: string;
  /** The foundation model that is billed: region prefix, profile and ARN removed. */
  readonly model: string;
  /** Id or ARN, as the caller gave it. */
  readonly modelId: string;
  readonly scope: ModelScope;
  /** `Converse`, `InvokeModel` … */
  readonly operation?: string;
  /** When the call was made. */
  readonly timestamp: Date;
  /** Undefined where the response told none. A failed call has some where a stream had begun. */
  readonly usage?: TokenUsage;
  /** Undefined where the price, or the usage, is not known: unknown, not 0. */
  readonly cost?: Cost;
  readonly incidentId?: string;
  readonly sessionId?: string;
  readonly latencyMs?: number;
  readonly timeToFirstTokenMs?: number;
  readonly serviceTier?: string;
  /** How many items of work the call held. */
  readonly items?: number;
  /** Input and output tokens by item; undefined where no items, or no tokens, are told. */
  readonly tokensPerItem?: number;
  readonly stopReason?: string;
  /** The name of the error that the call failed with, such as `ThrottlingException`. Never its message. */
  readonly error?: string;
  /** The answer came from the application's own cache. */
  readonly cached?: boolean;
  /**
   * By how many tokens the service's output count and the vendor's own differ; the larger is in the usage.
   */
  readonly outputDifference?: number;
  /**
   * Input count of the response, if its total contradicts the uncached input tokens in the usage. OpenAI's
   * models over ConverseStream count cached tokens inside it.
   */
  readonly reportedInputTokens?: number;
  /**
   * Makes `JSON.stringify` work. Copies, such as `{ ...invocation }`, do not have it. `JSON.stringify` works
   * for a copy if it has the same `cost` object.
   */
  toJSON?(): InvocationJson;
}

/** An invocation in JSON: its money is exact decimals as text, its time ISO 8601 in UTC. */
export type InvocationJson = MoneyJson<Invocation>;

/** Input and output tokens by item. */
export function tokensPerItemOf({
  usage,
  items = 0,
}: Pick<Invocation, 'usage' | 'items'>): number | undefined {
  return usage && items > 0 ? (totalInputTokens(usage) + usage.outputTokens) / items : undefined;
}
