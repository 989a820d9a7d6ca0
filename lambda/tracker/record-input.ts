import { randomUUID } from 'node:crypto';
import type { Invocation } from '../invocation';
import type { CostCalculator } from '../pricing/cost-calculator';
import { parseModelId } from '../pricing/model-id';
import type { TokenUsage } from '../usage/token-usage';
import { nameOf } from '../warn-once';
import { amountOf, dateOf, textOf, usageOf } from './sensible-values';

/** Whose call it is, and of which model. */
export interface CallContext {
  /** Default: the tracker's agent. */
  readonly agentId?: string;
  /** Id or ARN, as it is given to Bedrock. */
  readonly modelId: string;
  readonly incidentId?: string;
  readonly sessionId?: string;
  /** `Converse`, `InvokeModel` … Default: told from the response. */
  readonly operation?: string;
  /** When the call was made. Default: now. */
  readonly timestamp?: Date;
  /** How many items of work the call holds. */
  readonly items?: number;
}

/** A call that was made by other means, and what is known of it. */
export interface RecordInput extends CallContext {
  /** Undefined where the response told none: the cost is then unknown. */
  readonly usage?: TokenUsage;
  /** Default: a random one. With the service's own, a repeated record is the same trace. */
  readonly requestId?: string;
  readonly latencyMs?: number;
  readonly timeToFirstTokenMs?: number;
  /** The tier that served the call, as the response says it. */
  readonly serviceTier?: string;
  readonly stopReason?: string;
  /** The answer came from the application's own cache: it costs nothing. */
  readonly cached?: boolean;
  /** What the call failed with; only its name is kept. */
  readonly error?: unknown;
}

/** The agent of calls that name none, where the tracker has none either. */
const UNNAMED_AGENT = 'unnamed';
const FREE = { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n } as const;

/** The model of calls that name none; only callers without types can. */
const UNNAMED_MODEL = 'unknown';

/**
 * Makes the invocation of a record: the model understood, the call priced, what is no sensible value left out. It throws
 * for nothing that callers without types may send: it runs between the model's answer and the caller.
 */
export function invocationOf(input: RecordInput, calculator: CostCalculator, defaultAgent: string | undefined): Invocation {
  const modelId = textOf(input.modelId) ?? UNNAMED_MODEL;
  const { model, scope } = parseModelId(modelId);
  const timestamp = dateOf(input.timestamp) ?? new Date();
  const serviceTier = textOf(input.serviceTier);
  const cached = input.cached === true;
  const failed = input.error !== undefined;
  const usage = failed ? undefined : usageOf(input.usage);
  return {
    requestId: textOf(input.requestId) ?? randomUUID(),
    agentId: textOf(input.agentId) ?? defaultAgent ?? UNNAMED_AGENT,
    model,
    modelId,
    scope,
    operation: textOf(input.operation),
    timestamp,
    usage,
    cost: cached ? freeOf(calculator, modelId, timestamp) : usage && calculator.calculate(usage, { modelId, at: timestamp, serviceTier }),
    incidentId: textOf(input.incidentId),
    sessionId: textOf(input.sessionId),
    latencyMs: amountOf(input.latencyMs),
    timeToFirstTokenMs: amountOf(input.timeToFirstTokenMs),
    serviceTier,
    items: amountOf(input.items),
    stopReason: textOf(input.stopReason),
    error: failed ? nameOf(input.error) : undefined,
    cached: cached || undefined,
  };
}

function freeOf(calculator: CostCalculator, modelId: string, at: Date): Invocation['cost'] {
  const price = calculator.price(modelId, at);
  return price && { usd: 0, picoUsd: 0n, breakdown: FREE, price };
}
