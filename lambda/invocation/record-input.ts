import { randomUUID } from 'node:crypto';
import type { Invocation } from './invocation';
import type { Cost, CostCalculator } from '../pricing/cost-calculator';
import type { ProfileResolver } from '../pricing/model-id';
import { parseModelId } from '../pricing/model-id';
import { withMoneyJson } from '../pricing/pico';
import { errorName, warnOnce } from '../process/warn-once';
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

/** Values for members that a call does not set itself. */
export interface CallDefaults {
  readonly agentId?: string;
  readonly incidentId?: string;
  readonly sessionId?: string;
  /** Number of work items in each call. */
  readonly items?: number;
  /** Time of the calls, if they are recorded later. Default: now. */
  readonly timestamp?: Date;
}

/** Agent, incident and model of a call. Omitted members default to those of the surrounding `run`. */
export interface CallContext extends CallDefaults {
  /** Id or ARN, as it is passed to Bedrock. */
  readonly modelId: string;
  /** Operation, such as `Converse` or `InvokeModel`. Default: found from the shape of the response. */
  readonly operation?: string;
  /**
   * Region of the call, such as `eu-central-1`. Default: that of an ARN in `modelId`, of the instrumented
   * client, or of the tracker.
   */
  readonly region?: string;
}

/** Facts of a call that the tracker did not make. */
export interface RecordInput extends CallContext {
  /** Undefined if the response has no usage. The cost is then unknown. */
  readonly usage?: TokenUsage;
  /**
   * Bedrock's id of the call. A tracker records a repeated id among its last 10,000 only once. To write the
   * same trace from another process, also pass the same `timestamp`. Default: a random id.
   */
  readonly requestId?: string;
  readonly latencyMs?: number;
  readonly timeToFirstTokenMs?: number;
  /** Tier that served the call, from the response. Default: standard. */
  readonly serviceTier?: string;
  /** True if the call was part of a batch job. Default: false. */
  readonly batch?: boolean;
  /** True if the call ran with optimized latency, from the response. Default: false. */
  readonly latencyOptimized?: boolean;
  /** Billed model, if a prompt router chose another model than the requested one. Default: `modelId`. */
  readonly billedModelId?: string;
  /** Difference between Bedrock's output count and the vendor's, in tokens; see `readUsage`. */
  readonly outputDifference?: number;
  /** Input count as the response reports it, if its total contradicts the usage; see `readUsage`. */
  readonly reportedInputTokens?: number;
  /** Uncached input tokens that apply if the model is one of OpenAI's; see `readUsage`. */
  readonly inputTokensIfOpenAi?: number;
  readonly stopReason?: string;
  /** True for a response from the application's own cache, which costs nothing. */
  readonly cached?: boolean;
  /** Error of a failed call. Only its name is recorded. */
  readonly error?: unknown;
}

/** Response from the application's own cache, in place of a model call. */
export interface CachedInput extends CallContext {
  /** Text of the request, or its number of tokens. A text is counted and not kept. */
  readonly input: string | number;
  /** Text of the response, or its number of tokens. A text is counted and not kept. */
  readonly output: string | number;
  readonly requestId?: string;
  readonly latencyMs?: number;
}

/** Agent of calls without `agentId`, if the tracker has no agent either. */
const UNNAMED_AGENT = 'unnamed';
/** Model of calls without `modelId`. */
export const UNNAMED_MODEL = 'unknown';

/** Cost of a cached response. */
const FREE: Cost = withMoneyJson({
  usd: 0,
  picoUsd: 0n,
  breakdown: { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n },
  price: { input: 0, output: 0, asOf: '', source: "the application's own cache" },
});

/** Members that callers can pass. */
type CallerInput = RecordInput & CachedInput & { readonly requestMetadata?: boolean };
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
  cached: 1,
  error: 1,
  input: 1,
  output: 1,
  requestMetadata: 1,
} satisfies Record<keyof CallerInput, 1>) as readonly (keyof CallerInput)[];

/**
 * Copies the input of a caller. A value that is not an object counts as `{}`, and a member that cannot be
 * read is omitted. Both log one warning. It never throws.
 *
 * @param method name for the warning
 */
export function readRecordInput<Input extends Partial<CallerInput>>(given: Input, method: string): Input {
  if (typeof given !== 'object' || (given as unknown) === null) {
    warnOnce(
      `input:${method}`,
      `${method}() must be given an object, got: ${given && typeof given}. It counts as {}.`,
    );
    return {} as Input;
  }
  const read = MEMBERS.map(name => [name, readOrWarn(() => given[name], name)] as const);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined)) as Input;
}

/** Reads a member. If its getter or its proxy throws, it logs one warning and returns undefined. */
export function readOrWarn<Value>(read: () => Value, name: string): Value | undefined {
  try {
    return read();
  } catch (error) {
    warnOnce('unreadable', `${name} could not be read (${errorName(error)}) and is omitted.`);
    return undefined;
  }
}

/** Prices, profiles and defaults for a record. */
export interface RecordTools {
  readonly calculator: CostCalculator;
  readonly profiles: ProfileResolver;
  readonly defaults: CallDefaults;
}

/**
 * Converts a record to an invocation: resolves the model, prices the call and omits invalid values. It never
 * throws, whatever an untyped caller passes, because it runs between the model's answer and the caller.
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
  const items = validAmount(input.items) ?? validAmount(defaults.items);
  const call = {
    modelId: billedModelId,
    at: timestamp,
    region: validText(input.region),
    serviceTier,
    batch: input.batch === true,
    latencyOptimized: input.latencyOptimized === true,
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
    cost: cached ? FREE : usage && calculator.calculate(usage, call),
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

/** Returns a valid date from a date, a text or epoch milliseconds; otherwise undefined. */
function validDate(value: unknown): Date | undefined {
  if (!(value instanceof Date || typeof value === 'string' || typeof value === 'number')) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Returns the usage of a record, with input tokens as the vendor of its model counts them. */
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

/** Returns the record of a cached response. Its usage is an estimate, also if the caller passed counts. */
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
