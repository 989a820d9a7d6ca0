import { asCount, asObject, type Counts, largerOf, readCounts, SHAPES } from './counts';

/**
 * Origin of the token counts, such as `headers`. `estimate` means that the response reported no counts. If
 * Bedrock and the vendor both report counts, this is the origin of the output count.
 */
export type UsageOrigin = 'usage' | 'headers' | 'body' | 'streamMetrics' | 'log' | 'estimate';

/**
 * Token counts of one model call, split into billing buckets that do not overlap. All counts are whole
 * numbers of 0 or more.
 */
export interface TokenUsage {
  /**
   * Input tokens at the full price. These tokens were neither read from the prompt cache nor written to it.
   */
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  /**
   * Tokens that were written to the prompt cache with the model's default time to live: 5 minutes, or 30
   * minutes for some models.
   */
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  /** Output tokens, including reasoning tokens and speech tokens. */
  readonly outputTokens: number;
  /**
   * Speech tokens in `uncachedInputTokens`. If absent, all input is priced as text, and the cost of a speech
   * model is a lower bound.
   */
  readonly speechInputTokens?: number;
  /**
   * Speech tokens in `outputTokens`. If absent, all output is priced as text, and the cost of a speech model
   * is a lower bound.
   */
  readonly speechOutputTokens?: number;
  /**
   * True if the response does not say how long its cache writes are kept. `cacheWrite5mTokens` then contains
   * all cache writes, and the cost is a lower bound. Default: false.
   */
  readonly cacheWriteTtlUnknown?: boolean;
  /**
   * Number of calls that the counts include. For a batch job, the counts are the sums of several calls.
   * Default: 1.
   */
  readonly calls?: number;
  readonly source: UsageOrigin;
  /** True if a stream ended before it reported its full usage. The counts are then a lower bound. */
  readonly partial: boolean;
}

/** Cache counts of 0, for a call without prompt caching or without known cache counts. */
export const NO_CACHE_TOKENS = { cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 } as const;

/**
 * Usage in a response. Other members are present only if counts in the response are contradictory or
 * ambiguous.
 */
export interface UsageReading {
  readonly usage: TokenUsage;
  /**
   * Difference in tokens between Bedrock's output count and the model vendor's output count. `usage` has the
   * larger count. Absent if both counts are equal, or if the response has only one of them.
   */
  readonly outputDifference?: number;
  /**
   * Number of input tokens that the response reports. Present only if the total in the response contradicts
   * `usage.uncachedInputTokens`.
   */
  readonly reportedInputTokens?: number;
  /**
   * Number of uncached input tokens, calculated as for an OpenAI model. Present only if the vendor is
   * unknown, and if the number differs from `usage.uncachedInputTokens`.
   */
  readonly inputTokensIfOpenAi?: number;
}

/** Kind of Bedrock response from which usage can be read. */
export type UsageOperation =
  | 'Converse'
  | 'ConverseStream'
  | 'InvokeModel'
  | 'InvokeModelWithResponseStream'
  | 'InvokeModelWithBidirectionalStream'
  | 'InvokeAgent'
  | 'ModelInvocationLog'
  | 'BatchOutput';

/** Response of Bedrock, with the model, the operation and the headers that are needed to read its usage. */
export interface UsageSource {
  readonly operation: UsageOperation;
  /** Id or ARN of the model, as the caller passed it. */
  readonly modelId: string;
  /**
   * Response of the operation:
   * - `Converse` and `InvokeModel`: the parsed body.
   * - `InvokeAgent` and streams: the events or the parsed chunks, in order.
   * - `ModelInvocationLog`: the parsed log record.
   * - `BatchOutput`: a parsed line of the job's output file, or the parsed line of `manifest.json.out`.
   */
  readonly response: unknown;
  /** Response headers. The keys are lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Returns the number of all input tokens, including tokens that were read from the cache or written to it.
 */
export function totalInputTokens(usage: TokenUsage): number {
  return (
    usage.uncachedInputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens
  );
}

/**
 * Returns the number of tokens per item, input and output together. Returns undefined if there is no usage,
 * or if there are no items.
 */
export function tokensPerItemOf({
  usage,
  items = 0,
}: {
  readonly usage?: TokenUsage;
  readonly items?: number;
}): number | undefined {
  return usage && items > 0 ? (totalInputTokens(usage) + usage.outputTokens) / items : undefined;
}

/** Facts about a call that `toUsageReading` needs in order to split the token counts into billing buckets. */
export interface Provenance {
  readonly source: UsageOrigin;
  /** Id or ARN of the model, which usually names the vendor. */
  readonly modelId: string;
  /**
   * Operation of the call, such as `Converse`. For OpenAI models, the input count includes the cache tokens
   * only in some operations.
   */
  readonly operation?: string;
  readonly partial?: boolean;
}

/**
 * Splits the token counts of a call into billing buckets that do not overlap, such as cache reads and output.
 * If the reported counts contradict each other, the result has members such as `reportedInputTokens`.
 *
 * @returns undefined if the input count or the output count is absent, or if the sum of all counts is not a
 * safe integer
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

/** Number of input tokens that were neither read from the cache nor written to it. */
interface UncachedInput {
  readonly uncached: number;
  /** True if the total in the response shows that `uncached` may be wrong. */
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
  // If there are no cache tokens, the input count is not split. If the input count is smaller than the number
  // of cache tokens, it cannot include the cache tokens.
  if (cached === 0 || cached > input) return { uncached: input, isContradicted: false };
  const byTotal = isCacheInsideByTotal(counts);
  const isInside = counts.cacheInside ?? isCacheInsideByVendor(vendor, operation, byTotal);
  return {
    uncached: isInside ? input - cached : input,
    isContradicted: byTotal !== undefined && byTotal !== isInside,
  };
}

/**
 * Returns true if the reported input count includes the cache tokens. `byTotal` is the result of
 * `isCacheInsideByTotal`:
 * - OpenAI model in ConverseStream: true. `byTotal` is not used, because the total contains the cache tokens
 *   twice (public measurements, 2026-07 to 2026-09).
 * - All other calls: `byTotal`, if it is defined.
 * - OpenAI model without `byTotal`: false for Converse, true for other operations.
 * - Model of another vendor without `byTotal`: false.
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
 * Returns true if `input` includes the cache tokens, according to `total`:
 * - `total` is `input` + `output`: true.
 * - `total` is `input` + `output` + cache tokens: false.
 * - All other cases: undefined.
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

/** Reads the usage from a Converse response, or from the metadata event of a ConverseStream response. */
export function readConverseUsage(
  response: unknown,
  { modelId, operation }: Pick<Provenance, 'modelId' | 'operation'>,
): UsageReading | undefined {
  const usage = asObject(asObject(response)?.usage);
  return usage && toUsageReading(readCounts(SHAPES.converse, usage), { source: 'usage', modelId, operation });
}

/**
 * Facts about a response that `toReconciledReading` needs in order to combine Bedrock's counts with the model
 * vendor's counts.
 */
export interface Circumstances extends Provenance {
  /** Place that the vendor's counts were read from, e.g. `body`. Default: the value of `source`. */
  readonly vendorSource?: UsageOrigin;
  /** True for a call of an embedding model. Such a call has no output, so an absent output count means 0. */
  readonly isEmbedding?: boolean;
  /** True if a guardrail blocked the call. An absent input or output count then means 0. */
  readonly isBlocked?: boolean;
}

/**
 * Combines two sets of token counts from one response into a usage. `service` contains Bedrock's counts from
 * headers, stream metrics or a log record. `vendor` contains the counts in the model vendor's body. Both can
 * be incomplete.
 */
export function toReconciledReading(
  service: Counts,
  vendor: Counts,
  { source, vendorSource = source, isEmbedding = false, isBlocked = false, ...call }: Circumstances,
): UsageReading | undefined {
  const counts = reconcile(service, vendor);
  // For an embedding, a blocked call or a broken stream, an absent output count means 0. In all other cases,
  // the usage is unknown.
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
 * Combines Bedrock's counts (`service`) with the model vendor's counts (`vendor`). Bedrock's counts take
 * precedence, but the larger output count is used. The output counts differ for Anthropic models with tool
 * use, and it is not known which is billed. If `vendor.hasPasses` is true, the larger of each pair of counts
 * is used.
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
    // Only the vendor's body says how many cache writes are kept for one hour. The number is used only if
    // `cacheWrite` is the vendor's count.
    cacheWrite1h: cacheWrite === vendor.cacheWrite ? vendor.cacheWrite1h : undefined,
  };
}

function firstOf(one: number | undefined, other: number | undefined): number | undefined {
  return one ?? other;
}

/**
 * Returns the absolute difference between Bedrock's and the vendor's output count. Returns 0 if one count is
 * absent. Returns 0 if `vendor.hasPasses` is true, because Bedrock may count only one run of the model.
 */
export function compareOutputs(service: Counts, vendor: Counts): number {
  return service.output === undefined || vendor.output === undefined || vendor.hasPasses
    ? 0
    : Math.abs(service.output - vendor.output);
}

/**
 * Returns true if Bedrock's input count (`input`) includes the cache tokens:
 * - `input` is the vendor's input count plus the cache tokens: true.
 * - `input` is the vendor's input count minus the cache tokens: false.
 * - All other cases: `vendor.cacheInside`.
 */
function isCacheInsideByComparison(input: number, vendor: Counts): boolean | undefined {
  const cached = countCached(vendor);
  if (vendor.input === undefined || cached === 0) return vendor.cacheInside;
  if (input === vendor.input - cached) return false;
  return input === vendor.input + cached ? true : vendor.cacheInside;
}

/**
 * Vendor of a model. Token counts of `openai` and `anthropic` models need special rules. `other` is any
 * vendor without such rules. `unknown` means that the model id does not name the vendor.
 */
type Vendor = 'openai' | 'anthropic' | 'other' | 'unknown';

const OPENAI = /(?:^|[./])openai\./;
const ANTHROPIC = /(?:^|[./])anthropic\./;
/**
 * Pattern for a model id with the vendor's name before a dot, such as `amazon.nova-lite-v1:0`. The id of an
 * application inference profile has no dot, and does not match.
 */
const VENDOR_AND_NAME = /[a-z0-9]\.[a-z]/;

function vendorOf(modelId: string): Vendor {
  if (OPENAI.test(modelId)) return 'openai';
  const name = modelId.slice(modelId.lastIndexOf('/') + 1);
  if (!VENDOR_AND_NAME.test(name)) return 'unknown';
  return ANTHROPIC.test(modelId) ? 'anthropic' : 'other';
}

/** Returns true if the id or ARN of a model names OpenAI as the vendor. */
export function isOpenAiModel(modelId: string): boolean {
  return vendorOf(modelId) === 'openai';
}

/**
 * Returns true if the vendor's models may write to the prompt cache for one hour. Only Anthropic models can
 * (Bedrock User Guide, "Prompt caching"). A model of an `unknown` vendor may be an Anthropic model.
 */
function hasOneHourWrites(vendor: Vendor): boolean {
  return vendor === 'anthropic' || vendor === 'unknown';
}

/**
 * Returns true if the model id names an embedding model, e.g. `cohere.embed-english-v3`. Returns false for an
 * application inference profile, because its id does not contain the name of the model.
 */
export function isEmbeddingModel(modelId: string): boolean {
  return /[.-]embed/.test(modelId);
}

/** All values of `UsageOrigin`. `validUsage` accepts no other `source`. */
const ORIGINS: readonly unknown[] = [
  'usage',
  'headers',
  'body',
  'streamMetrics',
  'log',
  'estimate',
] satisfies UsageOrigin[];

/**
 * Returns a checked copy of a usage object from a caller, or undefined if it is invalid. All counts and their
 * sum must be safe integers of 0 or more. `speechInputTokens` is at most `uncachedInputTokens`, and
 * `speechOutputTokens` is at most `outputTokens`.
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
    // A usage with an unknown source is marked `estimate`, because its counts may be estimates.
    source: ORIGINS.includes(usage?.source) ? (usage?.source as UsageOrigin) : 'estimate',
    partial: usage?.partial === true,
    ...(usage?.speechInputTokens !== undefined && { speechInputTokens }),
    ...(usage?.speechOutputTokens !== undefined && { speechOutputTokens }),
    ...(usage?.cacheWriteTtlUnknown === true && { cacheWriteTtlUnknown: true }),
    ...(calls > 1 && { calls }),
  };
}
