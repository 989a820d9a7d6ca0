import { randomUUID } from 'node:crypto';
import type { Invocation } from './invocation';
import type { Cost } from '../pricing/cost';
import type { CostCalculator } from '../pricing/cost-calculator';
import type { ProfileResolver } from '../pricing/model-id';
import { parseModelId } from '../pricing/model-id';
import { withMoneyJson } from '../pricing/pico';
import { errorName, warnOnce } from '../process/warn-once';
import { hasUnits, type Uncounted, type Units, validUncounted, validUnits } from '../usage/billed-units';
import { asCount, validAmount, validText } from '../usage/counts';
import { estimateTokens } from '../usage/estimate-tokens';
import {
  isOpenAiModel,
  NO_CACHE_TOKENS,
  tokensPerItemOf,
  type TokenUsage,
  type UsageReading,
  validUsage,
} from '../usage/token-usage';

/** Default values for calls. A value that is passed with a call takes precedence. */
export interface CallDefaults {
  readonly agentId?: string;
  readonly incidentId?: string;
  readonly sessionId?: string;
  /** Number of work items in each call, e.g. the documents in its prompt. */
  readonly items?: number;
  /** Time of each call. Programs set it if they record calls later. Default: now. */
  readonly timestamp?: Date;
}

/**
 * Agent, incident and model of a call. If a member is omitted, its value comes from the surrounding `run`.
 */
export interface CallContext extends CallDefaults {
  /** Model id or ARN, as the caller passes it to Bedrock. */
  readonly modelId: string;
  /**
   * Operation, such as `Converse` or `InvokeModel`. Default: the operation that the shape of the response
   * indicates.
   */
  readonly operation?: string;
  /**
   * Region of the call, such as `eu-central-1`.
   *
   * Default: the first known region of this list:
   * - region in the ARN in `modelId`
   * - region of the instrumented client
   * - region of the tracker
   */
  readonly region?: string;
}

/**
 * Data of a call that the program passes to the tracker itself, for example because the client is not
 * instrumented.
 */
export interface RecordInput extends CallContext {
  /** Token usage. Undefined if the response has no usage. The cost is then unknown. */
  readonly usage?: TokenUsage;
  /**
   * Id that Bedrock gave to the call. A tracker remembers the last 10,000 ids, and ignores a second record
   * with the same id. Two processes write the same trace if both pass the same id and the same `timestamp`.
   * Default: a random id.
   */
  readonly requestId?: string;
  readonly latencyMs?: number;
  readonly timeToFirstTokenMs?: number;
  /** Service tier that served the call, as the response reports it. Default: standard. */
  readonly serviceTier?: string;
  /** True if the call was part of a batch job. Default: false. */
  readonly batch?: boolean;
  /** True if the call ran with optimized latency, as the response reports it. Default: false. */
  readonly latencyOptimized?: boolean;
  /**
   * Id of the billed model, if a prompt router chose a different model from the requested one. Default:
   * `modelId`.
   */
  readonly billedModelId?: string;
  /**
   * Difference in output tokens between Bedrock's count and the count of the model's vendor. `readUsage`
   * returns it if the response has two different counts.
   */
  readonly outputDifference?: number;
  /**
   * Number of input tokens as the response reports it. `readUsage` returns it only if it contradicts the
   * total in the response.
   */
  readonly reportedInputTokens?: number;
  /**
   * Replacement for `usage.uncachedInputTokens` if `modelId` belongs to an OpenAI model. `readUsage` returns
   * it if the model is not known yet.
   */
  readonly inputTokensIfOpenAi?: number;
  readonly stopReason?: string;
  /** Billed units besides tokens, such as text units of a guardrail. Default: none. */
  readonly units?: Units;
  /** Billed units whose number is not known. The cost is then a lower bound. Default: none. */
  readonly uncounted?: readonly Uncounted[];
  /** True for a response from the application's own cache, which costs nothing. */
  readonly cached?: boolean;
  /** Error of a failed call. Only its name is recorded. */
  readonly error?: unknown;
}

/** Response from the application's own cache, in place of a model call. */
export interface CachedInput extends CallContext {
  /**
   * Text of the request, or its number of tokens. The tokens of a text are estimated, and the text is not
   * kept.
   */
  readonly input: string | number;
  /**
   * Text of the response, or its number of tokens. The tokens of a text are estimated, and the text is not
   * kept.
   */
  readonly output: string | number;
  readonly requestId?: string;
  readonly latencyMs?: number;
}

/** Agent id of a call if neither the call nor the tracker has one. */
export const UNNAMED_AGENT = 'unnamed';
/** Model id for calls without `modelId`. */
export const UNNAMED_MODEL = 'unknown';

/** Cost of a cached response: $0 in all buckets. */
const FREE: Cost = withMoneyJson({
  usd: 0,
  picoUsd: 0n,
  breakdown: { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n },
  price: { input: 0, output: 0, asOf: '', source: "the application's own cache" },
});

/** All members that callers can pass to the methods of a tracker. */
type CallerInput = RecordInput &
  CachedInput & { readonly requestMetadata?: boolean; readonly recordAgentCore?: boolean };
const MEMBERS = Object.keys({
  agentId: 1,
  incidentId: 1,
  sessionId: 1,
  items: 1,
  timestamp: 1,
  modelId: 1,
  operation: 1,
  region: 1,
  usage: 1,
  requestId: 1,
  latencyMs: 1,
  timeToFirstTokenMs: 1,
  serviceTier: 1,
  batch: 1,
  latencyOptimized: 1,
  billedModelId: 1,
  outputDifference: 1,
  reportedInputTokens: 1,
  inputTokensIfOpenAi: 1,
  stopReason: 1,
  units: 1,
  uncounted: 1,
  cached: 1,
  error: 1,
  input: 1,
  output: 1,
  requestMetadata: 1,
  recordAgentCore: 1,
} satisfies Record<keyof CallerInput, 1>) as readonly (keyof CallerInput)[];

/**
 * Copies the input of a caller. Returns `{}` if the input is not an object. Omits a member whose getter
 * throws. Logs one warning in both cases. Never throws.
 *
 * @param method name of the called method, for the warning
 */
export function readRecordInput<Input extends Partial<CallerInput>>(given: Input, method: string): Input {
  if (typeof given !== 'object' || (given as unknown) === null) {
    warnOnce(
      `input:${method}`,
      `${method}() must be given an object, got: ${given && typeof given}. It counts as {}.`,
    );
    return {} as Input;
  }
  const input: Record<string, unknown> = {};
  for (const name of MEMBERS) {
    try {
      const value = given[name];
      if (value !== undefined) input[name] = value;
    } catch (error) {
      warnUnreadable(name, error);
    }
  }
  return input as Input;
}

/**
 * Returns the result of `read`. If `read` throws, returns undefined and logs one warning.
 *
 * @param name name of the value, for the warning
 */
export function readOrWarn<Value>(read: () => Value, name: string): Value | undefined {
  try {
    return read();
  } catch (error) {
    warnUnreadable(name, error);
    return undefined;
  }
}

function warnUnreadable(name: string, error: unknown): void {
  warnOnce('unreadable', `${name} could not be read (${errorName(error)}) and is omitted.`);
}

/** Objects that `toInvocation` uses: prices, models of inference profiles, and default values. */
export interface RecordTools {
  readonly calculator: CostCalculator;
  readonly profiles: ProfileResolver;
  readonly defaults: CallDefaults;
}

/**
 * Converts a record to an invocation: resolves the model, computes the cost and omits invalid values. Never
 * throws, because an error would keep the model's answer from the caller.
 */
export function toInvocation(
  input: RecordInput,
  { calculator, profiles, defaults }: RecordTools,
): Invocation {
  const modelId = validText(input.modelId) ?? UNNAMED_MODEL;
  const billedModelId = validText(input.billedModelId) ?? modelId;
  const resolvedId = profiles.resolve(billedModelId);
  const { model, scope } = parseModelId(resolvedId);
  const timestamp =
    readOrWarn(() => validDate(input.timestamp) ?? validDate(defaults.timestamp), 'timestamp') ?? new Date();
  const serviceTier = validText(input.serviceTier);
  const cached = input.cached === true;
  const failed = input.error !== undefined;
  const { usage, reportedInputTokens } = readOrWarn(() => readingForModel(resolvedId, input), 'usage') ?? {};
  const units = input.units && readOrWarn(() => validUnits(input.units), 'units');
  const uncounted = input.uncounted && readOrWarn(() => validUncounted(input.uncounted), 'uncounted');
  const items = validAmount(input.items) ?? validAmount(defaults.items);
  const call = {
    modelId: billedModelId,
    at: timestamp,
    region: validText(input.region),
    serviceTier,
    batch: input.batch === true,
    latencyOptimized: input.latencyOptimized === true,
    units,
    uncounted,
  };
  return withMoneyJson({
    requestId: validText(input.requestId) ?? randomUUID(),
    agentId: validText(input.agentId) ?? validText(defaults.agentId) ?? UNNAMED_AGENT,
    model,
    modelId,
    scope,
    operation: validText(input.operation),
    timestamp,
    usage,
    units: hasUnits(units) ? units : undefined,
    cost: cached ? FREE : calculator.calculate(usage, call),
    incidentId: validText(input.incidentId) ?? validText(defaults.incidentId),
    sessionId: validText(input.sessionId) ?? validText(defaults.sessionId),
    latencyMs: validAmount(input.latencyMs),
    timeToFirstTokenMs: validAmount(input.timeToFirstTokenMs),
    serviceTier,
    items,
    tokensPerItem: tokensPerItemOf({ usage, items }),
    stopReason: validText(input.stopReason),
    error: failed ? errorName(input.error) : undefined,
    cached: cached || undefined,
    outputDifference: validAmount(input.outputDifference),
    reportedInputTokens,
  });
}

/**
 * Converts a date, a text or epoch milliseconds to a date. Returns undefined if the value is not a valid
 * time.
 */
function validDate(value: unknown): Date | undefined {
  if (!(value instanceof Date || typeof value === 'string' || typeof value === 'number')) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * Returns the usage of a record. For OpenAI models, `inputTokensIfOpenAi` replaces the uncached input tokens
 * in `usage`.
 */
function readingForModel(
  modelId: string,
  { usage: passed, reportedInputTokens, inputTokensIfOpenAi }: RecordInput,
): Partial<UsageReading> {
  const usage = validUsage(passed);
  const ifOpenAi = asCount(inputTokensIfOpenAi);
  return usage && ifOpenAi !== undefined && isOpenAiModel(modelId)
    ? {
        usage: { ...usage, uncachedInputTokens: ifOpenAi },
        reportedInputTokens: usage.uncachedInputTokens,
      }
    : { usage, reportedInputTokens: asCount(reportedInputTokens) };
}

/** Returns the record of a cached response. The source of its usage is always `estimate`. */
export function cachedRecord({ input, output, ...context }: CachedInput): RecordInput {
  const tokens = (content: string | number) =>
    typeof content === 'number' ? Math.round(content) : estimateTokens(content);
  return {
    ...context,
    cached: true,
    usage: {
      uncachedInputTokens: tokens(input),
      ...NO_CACHE_TOKENS,
      outputTokens: tokens(output),
      source: 'estimate',
      partial: false,
    },
  };
}
