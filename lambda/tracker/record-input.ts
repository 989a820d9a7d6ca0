import { randomUUID } from 'node:crypto';
import type { Invocation } from '../invocation';
import type { CostCalculator } from '../pricing/cost-calculator';
import { parseModelId } from '../pricing/model-id';
import { picoToUsdNumber } from '../pricing/pico';
import type { TokenUsage } from '../usage/token-usage';

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
/** An error's name as the SDK has it. */
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;
const FREE = { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n } as const;

/** Makes the invocation of a record: the model understood, the call priced, what is no sensible value left out. */
export function invocationOf(input: RecordInput, calculator: CostCalculator, defaultAgent: string | undefined): Invocation {
  const { model, scope } = parseModelId(input.modelId);
  const timestamp = input.timestamp && !Number.isNaN(input.timestamp.getTime()) ? input.timestamp : new Date();
  const failed = input.error !== undefined;
  const usage = failed ? undefined : input.usage;
  return {
    requestId: input.requestId || randomUUID(),
    agentId: input.agentId || defaultAgent || UNNAMED_AGENT,
    model,
    modelId: input.modelId,
    scope,
    operation: input.operation,
    timestamp,
    usage,
    cost: input.cached ? freeOf(calculator, input) : usage && calculator.calculate(usage, { modelId: input.modelId, at: timestamp, serviceTier: input.serviceTier }),
    incidentId: input.incidentId,
    sessionId: input.sessionId,
    latencyMs: positive(input.latencyMs),
    timeToFirstTokenMs: positive(input.timeToFirstTokenMs),
    serviceTier: input.serviceTier,
    items: positive(input.items),
    stopReason: input.stopReason,
    error: failed ? errorName(input.error) : undefined,
    cached: input.cached,
  };
}

function freeOf(calculator: CostCalculator, input: RecordInput): Invocation['cost'] {
  const price = calculator.price(input.modelId, input.timestamp);
  return price && { usd: picoToUsdNumber(0n), picoUsd: 0n, breakdown: FREE, price };
}

/** Only a name that looks like one: what an error says of itself can hold anything. */
function errorName(error: unknown): string {
  const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
  return ERROR_NAME.test(name) ? name : 'Error';
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
}
