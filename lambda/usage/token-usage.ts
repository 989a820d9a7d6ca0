import { asCount, asObject, type Counts, largerOf, readCounts, SHAPES } from './counts';

/** Origin of the counts. If two sources were compared, the origin of the output count. */
export type UsageOrigin = 'usage' | 'headers' | 'body' | 'streamMetrics' | 'log' | 'estimate';

/** Tokens of one model call in disjoint billing buckets. All counts are whole numbers, 0 or more. */
export interface TokenUsage {
  /** Tokens at the full input price: neither read from the prompt cache nor written to it. */
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  /** Tokens written to the cache for the model's default time to live: 5 minutes, or 30 for some models. */
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  /** Output tokens, including those of reasoning and of speech. */
  readonly outputTokens: number;
  /** Speech tokens among `uncachedInputTokens`. Default: 0, and a speech model's cost is a lower bound. */
  readonly speechInputTokens?: number;
  /** Speech tokens among `outputTokens`. Default: 0, and a speech model's cost is a lower bound. */
  readonly speechOutputTokens?: number;
  /**
   * True if the response has cache writes without their time to live. They are then counted in
   * `cacheWrite5mTokens`, and their cost is a lower bound. Default: false.
   */
  readonly cacheWriteTtlUnknown?: boolean;
  /** Number of calls. The usage of a batch job is the sum of several calls. Default: 1. */
  readonly calls?: number;
  readonly source: UsageOrigin;
  /** True if a stream ended before its usage. The counts are those known until then: a lower bound. */
  readonly partial: boolean;
}

/** Cache tokens of a call without a cache, or with unknown cache tokens. */
export const NO_CACHE_TOKENS = { cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 } as const;

/** Usage, with notes about counts that contradict each other. */
export interface UsageReading {
  readonly usage: TokenUsage;
  /**
   * Difference between Bedrock's output count and the vendor's own, in tokens. The usage has the larger one.
   * Absent if they are equal, or if the response has only one.
   */
  readonly outputDifference?: number;
  /**
   * Input count as the response reports it. Present only if the total of the response contradicts the
   * uncached input tokens that were derived from this count.
   */
  readonly reportedInputTokens?: number;
  /**
   * Uncached input tokens that apply if the model is one of OpenAI's. Present only if the model id does not
   * name the vendor, and if this count differs from the one in `usage`.
   */
  readonly inputTokensIfOpenAi?: number;
}

/** Kinds of Bedrock response that usage is read from. */
export type UsageOperation =
  | 'Converse'
  | 'ConverseStream'
  | 'InvokeModel'
  | 'InvokeModelWithResponseStream'
  | 'InvokeModelWithBidirectionalStream'
  | 'InvokeAgent'
  | 'ModelInvocationLog'
  | 'BatchOutput';

/** Response, with the facts that are needed to read its usage. */
export interface UsageSource {
  readonly operation: UsageOperation;
  /** Id or ARN, as the caller passed it. */
  readonly modelId: string;
  /**
   * The parsed body (Converse, InvokeModel), the events or parsed chunks in order (streams, InvokeAgent), the
   * record of a model invocation log, or the line of a batch job's output or of its `manifest.json.out`.
   */
  readonly response: unknown;
  /** Response headers by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Returns all input tokens, including those read from the cache and written to it. */
export function totalInputTokens(usage: TokenUsage): number {
  return (
    usage.uncachedInputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens
  );
}

/** Returns input and output tokens per item; undefined without usage or without items. */
export function tokensPerItemOf({
  usage,
  items = 0,
}: {
  readonly usage?: TokenUsage;
  readonly items?: number;
}): number | undefined {
  return usage && items > 0 ? (totalInputTokens(usage) + usage.outputTokens) / items : undefined;
}

/** Origin of counts, with the facts that decide how they are split into buckets. */
export interface Provenance {
  readonly source: UsageOrigin;
  /** Id or ARN of the model. It shows the vendor. */
  readonly modelId: string;
  /** Operation of the call. For OpenAI's models, the input count of some operations has the cache tokens. */
  readonly operation?: string;
  readonly partial?: boolean;
}

/**
 * Splits counts into disjoint buckets, with notes about counts that contradict each other.
 *
 * @returns undefined if the input or the output count is absent, or if the sum of the counts is not a safe
 * integer
 */
export function toUsageReading(
  counts: Counts,
  { source, modelId, operation, partial = false }: Provenance,
): UsageReading | undefined {
  const vendor = vendorOf(modelId);
  const input = toUncachedInput(counts, vendor, operation);
  const { output, cacheRead = 0, cacheWrite = 0 } = counts;
  if (!input || output === undefined) return undefined;
  if (!Number.isSafeInteger(input.uncached + cacheRead + cacheWrite + output)) return undefined;
  const cacheWrite1hTokens = Math.min(counts.cacheWrite1h ?? 0, cacheWrite);
  const isTtlUnknown = cacheWrite > 0 && counts.cacheWrite1h === undefined && hasOneHourWrites(vendor);
  const ifOpenAi = vendor === 'unknown' ? toUncachedInput(counts, 'openai', operation)?.uncached : undefined;
  return {
    usage: {
      uncachedInputTokens: input.uncached,
      cacheReadTokens: cacheRead,
      cacheWrite5mTokens: cacheWrite - cacheWrite1hTokens,
      cacheWrite1hTokens,
      outputTokens: output,
      ...(isTtlUnknown && { cacheWriteTtlUnknown: true }),
      source,
      partial,
    },
    ...(input.isContradicted && { reportedInputTokens: counts.input }),
    ...(ifOpenAi !== undefined && ifOpenAi !== input.uncached && { inputTokensIfOpenAi: ifOpenAi }),
  };
}

/** Input tokens that are neither read from the cache nor written to it. */
interface UncachedInput {
  readonly uncached: number;
  /** True if the total of the response contradicts this count. */
  readonly isContradicted: boolean;
}

function toUncachedInput(
  counts: Counts,
  vendor: Vendor,
  operation: string | undefined,
): UncachedInput | undefined {
  const { input } = counts;
  const cached = countCached(counts);
  if (input === undefined) return undefined;
  // An input count that is smaller than the cache tokens cannot include them.
  if (cached === 0 || cached > input) return { uncached: input, isContradicted: false };
  const byTotal = isCacheInsideByTotal(counts);
  const isInside = counts.cacheInside ?? isCacheInsideByVendor(vendor, operation, byTotal);
  return {
    uncached: isInside ? input - cached : input,
    isContradicted: byTotal !== undefined && byTotal !== isInside,
  };
}

/**
 * Returns true if the input count includes the cache tokens, for a response whose shape allows both.
 *
 * For models of OpenAI, the input count of ConverseStream includes them, and the total adds them once more;
 * the input count of Converse does not include them (public measurements, 2026-07 to 2026-09). The total is
 * therefore no proof for these models. For all others, it decides.
 */
function isCacheInsideByVendor(
  vendor: Vendor,
  operation: string | undefined,
  byTotal: boolean | undefined,
): boolean {
  if (vendor !== 'openai') return byTotal ?? false;
  return operation === 'ConverseStream' || (byTotal ?? operation !== 'Converse');
}

/**
 * Returns true if the total shows that the input count includes the cache tokens, false if it shows that it
 * does not, and undefined if the total is absent or fits neither.
 */
function isCacheInsideByTotal(counts: Counts): boolean | undefined {
  const { input = 0, output, total } = counts;
  if (total === undefined || output === undefined) return undefined;
  if (total === input + output) return true;
  return total === input + output + countCached(counts) ? false : undefined;
}

function countCached({ cacheRead = 0, cacheWrite = 0 }: Counts): number {
  return cacheRead + cacheWrite;
}

/** Reads the `usage` of a Converse response, or of the metadata event of its stream. */
export function readConverseUsage(
  response: unknown,
  { modelId, operation }: Pick<Provenance, 'modelId' | 'operation'>,
): UsageReading | undefined {
  const usage = asObject(asObject(response)?.usage);
  return usage && toUsageReading(readCounts(SHAPES.converse, usage), { source: 'usage', modelId, operation });
}

/** Circumstances of a response with counts of Bedrock, of the vendor, or of both. */
export interface Circumstances extends Provenance {
  /** Origin of the vendor's counts. Default: `source` */
  readonly vendorSource?: UsageOrigin;
  /** True for an embedding, which has no output and therefore no output count. */
  readonly isEmbedding?: boolean;
  /** True if a guardrail blocked the call. Absent counts are then 0. */
  readonly isBlocked?: boolean;
}

/** Returns the usage by Bedrock's counts (headers, stream metrics, log record) and the vendor's own. */
export function toReconciledReading(
  service: Counts,
  vendor: Counts,
  { source, vendorSource = source, isEmbedding = false, isBlocked = false, ...call }: Circumstances,
): UsageReading | undefined {
  const counts = reconcile(service, vendor);
  // A broken stream may have no output count yet.
  const output = counts.output ?? (isEmbedding || isBlocked || call.partial ? 0 : undefined);
  const isOfService = service.input !== undefined && (service.output ?? 0) >= (vendor.output ?? 0);
  const reading = toUsageReading(
    { ...counts, input: counts.input ?? (isBlocked ? 0 : undefined), output },
    { ...call, source: isOfService ? source : vendorSource },
  );
  const outputDifference = compareOutputs(service, vendor);
  return reading && (outputDifference > 0 ? { ...reading, outputDifference } : reading);
}

/**
 * Completes Bedrock's counts with the vendor's own. Bedrock's take precedence. For output, the larger count
 * is taken: in recorded responses of Anthropic's models with tool use the two differ, and it is not known
 * which one is billed.
 */
export function reconcile(service: Counts, vendor: Counts): Counts {
  const pick = vendor.hasPasses ? largerOf : firstOf;
  const cacheRead = pick(service.cacheRead, vendor.cacheRead);
  const cacheWrite = pick(service.cacheWrite, vendor.cacheWrite);
  return {
    ...(service.input === undefined || (vendor.hasPasses && service.input < (vendor.input ?? 0))
      ? vendor
      : {
          input: service.input,
          total: service.input === vendor.input ? vendor.total : undefined,
          cacheInside: isCacheInsideByComparison(service.input, vendor),
        }),
    output: largerOf(service.output, vendor.output),
    cacheRead,
    cacheWrite,
    // Only the vendor's body splits cache writes by time to live. The split is valid for the same sum only.
    cacheWrite1h: cacheWrite === vendor.cacheWrite ? vendor.cacheWrite1h : undefined,
  };
}

function firstOf(one: number | undefined, other: number | undefined): number | undefined {
  return one ?? other;
}

/** Returns the difference between two output counts; 0 if one of them is absent. */
export function compareOutputs(service: Counts, vendor: Counts): number {
  return service.output === undefined || vendor.output === undefined || vendor.hasPasses
    ? 0
    : Math.abs(service.output - vendor.output);
}

/**
 * Returns true if Bedrock's input count includes the cache tokens, and false if it does not. If Bedrock's
 * and the vendor's input counts differ by exactly the cache tokens, the larger one includes them. Otherwise,
 * the shape of the vendor's counts decides.
 */
function isCacheInsideByComparison(input: number, vendor: Counts): boolean | undefined {
  const cached = countCached(vendor);
  if (vendor.input === undefined || cached === 0) return vendor.cacheInside;
  if (input === vendor.input - cached) return false;
  return input === vendor.input + cached ? true : vendor.cacheInside;
}

/** Vendor of a model, if its counts need special rules. Unknown if the id does not name the vendor. */
type Vendor = 'openai' | 'anthropic' | 'other' | 'unknown';

const OPENAI = /(?:^|[./])openai\./;
const ANTHROPIC = /(?:^|[./])anthropic\./;
/** Vendor and start of the model's name, as in `amazon.nova-lite-v1:0`. Ids of profiles do not match. */
const VENDOR_AND_NAME = /[a-z0-9]\.[a-z]/;

function vendorOf(modelId: string): Vendor {
  if (OPENAI.test(modelId)) return 'openai';
  const name = modelId.slice(modelId.lastIndexOf('/') + 1);
  if (!VENDOR_AND_NAME.test(name)) return 'unknown';
  return ANTHROPIC.test(modelId) ? 'anthropic' : 'other';
}

/** Returns true if the id or ARN of a model names OpenAI. */
export function isOpenAiModel(modelId: string): boolean {
  return vendorOf(modelId) === 'openai';
}

/**
 * Returns true for a vendor whose models can write to the cache for one hour. These are Anthropic's (Bedrock
 * User Guide, "Prompt caching"). An id that does not name the vendor may be that of such a model.
 */
function hasOneHourWrites(vendor: Vendor): boolean {
  return vendor === 'anthropic' || vendor === 'unknown';
}

/** Returns true if the id of a model names an embedding model. The id of a profile never does. */
export function isEmbeddingModel(modelId: string): boolean {
  return /[.-]embed/.test(modelId);
}

/** Origins of counts that callers can pass. */
const ORIGINS: readonly unknown[] = [
  'usage',
  'headers',
  'body',
  'streamMetrics',
  'log',
  'estimate',
] satisfies UsageOrigin[];

/**
 * Returns usage from a caller if its counts and their sum are safe integers, and undefined otherwise: a wrong
 * count would make a wrong cost. Speech tokens must not exceed the tokens that include them.
 */
export function validUsage(value: unknown): TokenUsage | undefined {
  const usage = asObject(value);
  const uncachedInputTokens = asCount(usage?.uncachedInputTokens);
  const cacheReadTokens = asCount(usage?.cacheReadTokens);
  const cacheWrite5mTokens = asCount(usage?.cacheWrite5mTokens);
  const cacheWrite1hTokens = asCount(usage?.cacheWrite1hTokens);
  const outputTokens = asCount(usage?.outputTokens);
  const speechInputTokens = asCount(usage?.speechInputTokens ?? 0);
  const speechOutputTokens = asCount(usage?.speechOutputTokens ?? 0);
  const calls = asCount(usage?.calls) ?? 1;
  if (
    uncachedInputTokens === undefined ||
    cacheReadTokens === undefined ||
    cacheWrite5mTokens === undefined ||
    cacheWrite1hTokens === undefined ||
    outputTokens === undefined ||
    speechInputTokens === undefined ||
    speechInputTokens > uncachedInputTokens ||
    speechOutputTokens === undefined ||
    speechOutputTokens > outputTokens ||
    !Number.isSafeInteger(
      uncachedInputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens + outputTokens,
    )
  ) {
    return undefined;
  }
  return {
    uncachedInputTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens,
    outputTokens,
    // Counts of unknown origin may be estimates.
    source: ORIGINS.includes(usage?.source) ? (usage?.source as UsageOrigin) : 'estimate',
    partial: usage?.partial === true,
    ...(usage?.speechInputTokens !== undefined && { speechInputTokens }),
    ...(usage?.speechOutputTokens !== undefined && { speechOutputTokens }),
    ...(usage?.cacheWriteTtlUnknown === true && { cacheWriteTtlUnknown: true }),
    ...(calls > 1 && { calls }),
  };
}
