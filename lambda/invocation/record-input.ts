import { randomUUID } from 'node:crypto';
import { type Invocation, tokensPerItemOf } from './invocation';
import { validAmount, validDate, validText, validUsage } from './valid-values';
import type { Cost, CostCalculator } from '../pricing/cost-calculator';
import type { ProfileResolver } from '../pricing/model-id';
import { parseModelId } from '../pricing/model-id';
import { withMoneyJson } from '../pricing/pico';
import { errorName, warnOnce } from '../process/warn-once';
import { asCount } from '../usage/counts';
import { estimateTokens } from '../usage/estimate-tokens';
import { modelFamily } from '../usage/model-family';
import type { TokenUsage, UsageReading } from '../usage/token-usage';

/** Whose calls are made: what a call takes that does not say it itself. */
export interface CallDefaults {
  readonly agentId?: string;
  readonly incidentId?: string;
  readonly sessionId?: string;
  /** How many items of work each call holds. */
  readonly items?: number;
  /** When the calls were made, where they are replayed. Default: now. */
  readonly timestamp?: Date;
}

/** Whose call it is, and of which model. What is left out is as the surrounding `run` says it. */
export interface CallContext extends CallDefaults {
  /** Id or ARN, as it is given to Bedrock. */
  readonly modelId: string;
  /** `Converse`, `InvokeModel` … Default: told from the response. */
  readonly operation?: string;
  /**
   * Region of the call, such as `eu-central-1`. Default: that of an ARN in `modelId`, of the instrumented
   * client, or of the tracker.
   */
  readonly region?: string;
}

/** A call that was made by other means, and what is known of it. */
export interface RecordInput extends CallContext {
  /** Undefined where the response told none: the cost is then unknown. */
  readonly usage?: TokenUsage;
  /**
   * The service's own id of the call. A tracker counts a repeated id among its last 10,000 once. For another
   * process to write the same trace, give the same `timestamp`, too. Default: a random one.
   */
  readonly requestId?: string;
  readonly latencyMs?: number;
  readonly timeToFirstTokenMs?: number;
  /** The tier that served the call, as the response says it. Default: standard. */
  readonly serviceTier?: string;
  /** Whether the call was part of a batch job. Default: false. */
  readonly batch?: boolean;
  /** Whether the call ran with optimized latency, as the response says it. Default: false. */
  readonly latencyOptimized?: boolean;
  /**
   * The model that is billed, where another one was asked:
   * the one that a prompt router invoked. Default: `modelId`.
   */
  readonly billedModelId?: string;
  /** By how many tokens the service's output count and the vendor's differ; see `readUsage`. */
  readonly outputDifference?: number;
  /** Input count of the response, if its total contradicts the usage; see `readUsage`. */
  readonly reportedInputTokens?: number;
  /** Uncached input tokens if the model is one of OpenAI's; see `readUsage`. */
  readonly inputTokensIfOpenAi?: number;
  readonly stopReason?: string;
  /** The answer came from the application's own cache: it costs nothing. */
  readonly cached?: boolean;
  /** What the call failed with; only its name is kept. */
  readonly error?: unknown;
}

/** An answer that came from the application's own cache instead of a model. */
export interface CachedInput extends CallContext {
  /** What the model would have read: its text, which is counted and not kept, or its number of tokens. */
  readonly input: string | number;
  /** What it once answered, likewise. */
  readonly output: string | number;
  readonly requestId?: string;
  readonly latencyMs?: number;
}

/** The agent of calls that name none, where the tracker has none either. */
const UNNAMED_AGENT = 'unnamed';
/** The model of calls that name none. */
export const UNNAMED_MODEL = 'unknown';

/** What an answer from the application's own cache costs: nothing, whatever the model is. */
const FREE: Cost = withMoneyJson({
  usd: 0,
  picoUsd: 0n,
  breakdown: { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n },
  price: { input: 0, output: 0, asOf: '', source: "the application's own cache" },
});

/** All members that callers can pass. */
type Given = RecordInput & CachedInput & { readonly requestMetadata?: boolean };
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
} satisfies Record<keyof Given, 1>) as readonly (keyof Given)[];

/**
 * Copies what a caller passed. Anything that is not an object counts as `{}`, and a member that cannot be
 * read is left out; both are warned of once. It never throws.
 *
 * @param method name for the warning
 */
export function readRecordInput<Input extends Partial<Given>>(given: Input, method: string): Input {
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

/** Reads a member, which can be a getter or a proxy that throws. */
export function readOrWarn<Value>(read: () => Value, name: string): Value | undefined {
  try {
    return read();
  } catch (error) {
    warnOnce('unreadable', `${name} could not be read (${errorName(error)}), and is left out.`);
    return undefined;
  }
}

/** What an invocation is made with. */
export interface RecordTools {
  readonly calculator: CostCalculator;
  readonly profiles: ProfileResolver;
  /** What the record does not say. */
  readonly defaults: CallDefaults;
}

/**
 * Makes the invocation of a record: the model understood, the call priced, what is no sensible value left
 * out. It throws for nothing that callers without types may send: it runs between the model's answer and the
 * caller.
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
  const { usage, reportedInputTokens } = readOrWarn(() => readingFor(resolvedId, input), 'usage') ?? {};
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

/** Returns the usage in a record, for the model that its id stands for. */
function readingFor(
  modelId: string,
  { usage: given, reportedInputTokens, inputTokensIfOpenAi }: RecordInput,
): Partial<UsageReading> {
  const usage = validUsage(given);
  const ifOpenAi = asCount(inputTokensIfOpenAi);
  return usage && ifOpenAi !== undefined && modelFamily(modelId) === 'openai'
    ? {
        usage: { ...usage, uncachedInputTokens: ifOpenAi },
        reportedInputTokens: usage.uncachedInputTokens,
      }
    : { usage, reportedInputTokens: asCount(reportedInputTokens) };
}

/**
 * The record of a cached answer: its tokens are an estimate,
 * also where they are told, as no model has counted them.
 */
export function cachedRecord({ input, output, ...context }: CachedInput): RecordInput {
  const tokens = (content: string | number) =>
    typeof content === 'number' ? Math.round(content) : estimateTokens(content);
  return {
    ...context,
    cached: true,
    usage: {
      uncachedInputTokens: tokens(input),
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: tokens(output),
      source: 'estimate',
      partial: false,
    },
  };
}
