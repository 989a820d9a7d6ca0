import {
  agentEvents,
  type Answer,
  cachedOf,
  converseBody,
  converseEvents,
  type Counts,
  ENDPOINTS,
  inputOf,
  invokeBody,
  invokeChunks,
  type Json,
  sonicEvents,
  stopReasonOf,
  earlyChunkCounts,
  earlySonicCounts,
} from './answers';
import {
  type FamilyId,
  familyOf,
  type OperationId,
  operationOf,
  type Reads,
  type VariantId,
} from './dimensions';

/** Input for the usage reader in a test: a response of Bedrock, or a log record. */
export interface Payload {
  readonly modelId: string;
  readonly reads: Reads;
  readonly response: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Expected usage. A field that is absent here may have any value. */
export interface ExpectedUsage {
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  readonly partial: boolean;
  readonly source?: string;
  readonly speechInputTokens?: number;
  readonly speechOutputTokens?: number;
  /** True if the response does not say how long its cache writes are kept. */
  readonly cacheWriteTtlUnknown?: true;
}

/** Expected result for a payload. A field that is absent here may have any value. */
export interface Expected {
  /** Expected token counts. Null if the response contains no usage. */
  readonly usage?: ExpectedUsage | null;
  /**
   * Expected token counts of the recorded invocation. Default: `usage`. If a stream ends early, the counts
   * differ from `usage`, because the tracker estimates them.
   */
  readonly recorded?: Pick<ExpectedUsage, 'partial'> & Partial<ExpectedUsage>;
  /**
   * Input count in the response, including cached tokens. Set only if the total in the response counts the
   * cached tokens twice.
   */
  readonly reportedInputTokens?: number;
  readonly serviceTier?: string;
  readonly stopReason?: string;
  readonly failed?: true;
  /**
   * Cost of the tokens in US dollars. `known` accepts any cost. `unknown` requires that the call is unpriced.
   */
  readonly cost?: string | 'known' | 'unknown';
  /** Cost of the text units of a guardrail in US dollars. Default: 0 */
  readonly unitCost?: string;
}

/** Families with two kinds of cache writes: for 5 minutes and for 1 hour. */
const TTL_FAMILIES: ReadonlySet<FamilyId> = new Set(['claude', 'profile']);
/** Families whose responses have fields for cached tokens. */
const CACHE_FAMILIES: ReadonlySet<FamilyId> = new Set([
  ...TTL_FAMILIES,
  'nova',
  'gpt',
  'qwen',
  'kimi',
  'glm',
  'grok',
]);
/** Families with `CLAUDE_COUNTS` in their payloads. Other families have `OPENAI_COUNTS` or `OTHER_COUNTS`. */
const RECORDED_FAMILIES: ReadonlySet<FamilyId> = new Set([...TTL_FAMILIES, 'nova']);

/** Token counts recorded from Claude models. Each key is a use of the prompt cache. */
const CLAUDE_COUNTS = {
  none: { input: 12, output: 185 },
  read: { input: 12, cacheRead: 1028, output: 185 },
  write5m: { input: 11, cacheWrite5m: 1028, output: 264 },
  write1h: { input: 14, cacheWrite1h: 8851, output: 4 },
  readWrite: { input: 3, cacheRead: 1712, cacheWrite5m: 236, output: 121 },
} as const satisfies Readonly<Record<string, Counts>>;

/** Token counts of OpenAI models, measured or documented. Each key is a use of the prompt cache. */
const OPENAI_COUNTS = {
  none: { input: 70, output: 43 },
  read: { input: 86, cacheRead: 1920, output: 300 },
  write5m: { input: 2, cacheWrite5m: 8367, output: 50 },
  readWrite: { input: 2, cacheRead: 8367, cacheWrite5m: 4032, output: 50 },
} as const satisfies Readonly<Record<string, Counts>>;

const OTHER_COUNTS: Partial<Record<FamilyId, Counts>> = {
  titanEmbed: { input: 3, output: 0 },
  cohereEmbed: { input: 2, output: 0 },
  sonic: { input: 700, speechInput: 410, output: 1000, speechOutput: 880 },
};

function countsOf(family: FamilyId, variant: VariantId): Counts {
  const byCache: Partial<Record<VariantId, Counts>> = RECORDED_FAMILIES.has(family)
    ? CLAUDE_COUNTS
    : OPENAI_COUNTS;
  return OTHER_COUNTS[family] ?? byCache[variant] ?? byCache.none ?? { input: 0, output: 0 };
}

export function cellPayload(
  operation: OperationId,
  family: FamilyId,
  variant: VariantId,
  { cachedInside = false }: { readonly cachedInside?: boolean },
): { readonly payload: Payload; readonly expected: Expected } {
  const { modelId, optimizedModelId = modelId } = familyOf(family);
  const answer: Answer = {
    modelId: variant === 'optimized' ? optimizedModelId : modelId,
    counts: countsOf(family, variant),
    cachedInside,
    hasCacheCounts: CACHE_FAMILIES.has(family),
    hasTtlCounts: TTL_FAMILIES.has(family),
    ending: variant === 'maxTokens' || variant === 'broken' || variant === 'blocked' ? variant : 'complete',
    serviceTier: isTier(variant) ? variant : undefined,
    optimized: variant === 'optimized',
  };
  const given: Given = { operation, family, variant, answer };
  return {
    payload: variant === 'failed' ? failedPayload(given) : answeredPayload(given),
    expected: expectedOf(given),
  };
}

interface Given {
  readonly operation: OperationId;
  readonly family: FamilyId;
  readonly variant: VariantId;
  readonly answer: Answer;
}

const isTier = (variant: VariantId): boolean =>
  variant === 'flex' || variant === 'priority' || variant === 'reserved';

function answeredPayload({ operation, family, variant, answer }: Given): Payload {
  const { modelId } = answer;
  const { reads, logged, inS3 } = operationOf(operation);
  const { body: shape } = familyOf(family);
  switch (operation) {
    case 'Converse':
      return { modelId, reads, response: converseBody(answer) };
    case 'ConverseStream':
      return { modelId, reads, response: converseEvents(answer) };
    case 'InvokeModel':
      return { modelId, reads, ...invokeBody(shape, answer) };
    case 'InvokeModelWithResponseStream':
      return { modelId, reads, ...invokeChunks(shape, answer) };
    case 'ChatCompletions':
    case 'Responses':
    case 'Messages':
      return variant === 'streamed'
        ? {
            modelId,
            reads: 'InvokeModelWithResponseStream',
            response: ENDPOINTS[operation].chunks(answer),
          }
        : { modelId, reads, response: ENDPOINTS[operation].body(answer) };
    case 'InvokeAgent':
      return { modelId, reads, response: agentEvents(answer) };
    case 'BatchLine':
      return {
        modelId,
        reads,
        response: { recordId: 'id-7', modelInput: {}, modelOutput: invokeBody(shape, answer).response },
      };
    case 'BatchManifest':
      return { modelId, reads, response: manifest(answer.counts, isEmbedding(family)) };
    case 'InvokeModelWithBidirectionalStream':
      return { modelId, reads, response: sonicEvents(answer) };
    default:
      return {
        modelId,
        reads,
        response: logRecord({ logged, inS3, answer, body: loggedBody(logged, family, answer) }),
      };
  }
}

type Logged = ReturnType<typeof operationOf>['logged'];

function loggedBody(logged: Logged, family: FamilyId, answer: Answer): unknown {
  const { body: shape } = familyOf(family);
  switch (logged) {
    case 'InvokeModel':
      return invokeBody(shape, answer).response;
    case 'InvokeModelWithResponseStream':
      return invokeChunks(shape, answer).response;
    default:
      // A log record of ConverseStream contains one Converse body instead of the stream events.
      return converseBody(answer);
  }
}

interface LogFacts {
  readonly logged: Logged;
  readonly inS3?: boolean;
  readonly answer: Answer;
  readonly body: unknown;
  /** Token counts at the top of the record. Default: the counts of the answer. */
  readonly counts?: { readonly input: Json; readonly output: Json };
}

export function logRecord({
  logged,
  inS3 = false,
  answer,
  body,
  counts = topCounts(logged, answer),
}: LogFacts): Json {
  return {
    timestamp: '2026-11-20T10:00:00Z',
    accountId: '123456789012',
    region: 'us-east-1',
    requestId: 'id-8',
    operation: logged,
    modelId: answer.modelId,
    input: {
      inputContentType: 'application/json',
      ...(inS3
        ? { inputBodyS3Path: 's3://logs/data/id-8_input.json.gz' }
        : { inputBodyJson: { messages: [] } }),
      ...counts.input,
    },
    output: {
      outputContentType: 'application/json',
      ...(inS3 ? { outputBodyS3Path: 's3://logs/data/id-8_output.json.gz' } : { outputBodyJson: body }),
      ...counts.output,
    },
    identity: { arn: 'arn:aws:sts::123456789012:assumed-role/Orders/session-1' },
    schemaType: 'ModelInvocationLog',
    schemaVersion: '1.0',
  };
}

/**
 * Returns the token counts at the top of a log record. For ConverseStream, the input count is the same as in
 * the response. For other operations, the input count excludes cached tokens.
 */
function topCounts(logged: Logged, answer: Answer): { readonly input: Json; readonly output: Json } {
  const { counts, ending, hasCacheCounts } = answer;
  if (ending === 'blocked') {
    return logged === 'InvokeModel'
      ? { input: {}, output: {} }
      : { input: { inputTokenCount: 0 }, output: { outputTokenCount: 0 } };
  }
  return {
    input: {
      inputTokenCount: logged === 'ConverseStream' ? inputOf(answer) : counts.input,
      ...(hasCacheCounts && {
        cacheReadInputTokenCount: counts.cacheRead ?? 0,
        cacheWriteInputTokenCount: (counts.cacheWrite5m ?? 0) + (counts.cacheWrite1h ?? 0),
      }),
    },
    output: counts.output > 0 ? { outputTokenCount: counts.output } : {},
  };
}

function manifest({ input, output }: Counts, embedding: boolean): Json {
  return {
    totalRecordCount: 3,
    processedRecordCount: 3,
    successRecordCount: 2,
    errorRecordCount: 1,
    inputTokenCount: input,
    ...(!embedding && { outputTokenCount: output }),
  };
}

function failedPayload({ operation, answer }: Given): Payload {
  const { modelId } = answer;
  const { reads, logged } = operationOf(operation);
  const message = 'alder';
  switch (operation) {
    case 'ConverseStream':
    case 'InvokeModelWithResponseStream':
    case 'InvokeModelWithBidirectionalStream':
      return { modelId, reads, response: [{ modelStreamErrorException: { message } }] };
    case 'InvokeAgent':
      return {
        modelId,
        reads,
        response: [{ trace: { trace: { failureTrace: { failureReason: message, traceId: 'id-2' } } } }],
      };
    case 'BatchLine':
      return {
        modelId,
        reads,
        response: { recordId: 'id-7', modelInput: {}, error: { errorCode: 400, errorMessage: message } },
      };
    case 'ChatCompletions':
    case 'Responses':
      return { modelId, reads, response: { error: { message, type: 'invalid_request_error', code: null } } };
    case 'Messages':
      return { modelId, reads, response: { type: 'error', error: { type: 'overloaded_error', message } } };
    default:
      return {
        modelId,
        reads,
        response:
          logged === undefined
            ? { message }
            : {
                ...logRecord({
                  logged,
                  answer,
                  body: undefined,
                  counts: { input: { inputTokenCount: answer.counts.input }, output: {} },
                }),
                errorCode: 'ThrottlingException',
              },
      };
  }
}

const isEmbedding = (family: FamilyId): boolean => family === 'titanEmbed' || family === 'cohereEmbed';

/** Expected `source` of the usage for each operation: the place from which the token counts are read. */
const ORIGINS: Partial<Record<OperationId, string>> = {
  Converse: 'usage',
  ConverseStream: 'usage',
  InvokeModel: 'headers',
  InvokeModelWithResponseStream: 'streamMetrics',
  ChatCompletions: 'body',
  Responses: 'body',
  Messages: 'body',
  InvokeAgent: 'usage',
  BatchLine: 'body',
};

function originOf({ operation, variant }: Given): string | undefined {
  if (variant === 'blocked' || variant === 'broken') return undefined;
  const { logged } = operationOf(operation);
  return logged ? 'log' : ORIGINS[operation];
}

/** Converts counts to expected usage. With `partial`, the response does not contain all counts. */
export function usageOf({ input, output, ...counts }: Counts, partial = false): ExpectedUsage {
  return {
    uncachedInputTokens: input,
    cacheReadTokens: counts.cacheRead ?? 0,
    cacheWrite5mTokens: counts.cacheWrite5m ?? 0,
    cacheWrite1hTokens: counts.cacheWrite1h ?? 0,
    outputTokens: output,
    partial,
    ...(counts.speechInput !== undefined && {
      speechInputTokens: counts.speechInput,
      speechOutputTokens: counts.speechOutput,
    }),
  };
}

const NOTHING: ExpectedUsage = usageOf({ input: 0, output: 0 });

/** Cost of one text unit of a content filter, which each blocked payload has in its trace. */
export const BLOCKED_COST = '0.00015';

function expectedOf(given: Given): Expected {
  const { operation, family, variant, answer } = given;
  const { counts } = answer;
  const { logged, inS3 = false } = operationOf(operation);
  switch (variant) {
    case 'failed':
      return { usage: null, failed: true };
    case 'broken':
      return brokenExpectation(given);
    case 'blocked':
      // A blocked response of InvokeAgent contains no usage. A log record of InvokeModel contains no usage if
      // its body is in S3.
      return operation === 'InvokeAgent' || (inS3 && logged?.startsWith('Invoke'))
        ? { usage: null }
        : { usage: NOTHING, cost: '0', ...(!inS3 && { unitCost: BLOCKED_COST }) };
  }
  const isTtlLost = inS3 && TTL_FAMILIES.has(family) && cachedOf(counts) > (counts.cacheRead ?? 0);
  const usage: ExpectedUsage = {
    ...usageOf(
      isTtlLost
        ? {
            ...counts,
            cacheWrite5m: (counts.cacheWrite5m ?? 0) + (counts.cacheWrite1h ?? 0),
            cacheWrite1h: 0,
          }
        : counts,
    ),
    source: originOf(given),
    ...(isTtlLost && { cacheWriteTtlUnknown: true }),
  };
  const isContradicted =
    answer.cachedInside &&
    cachedOf(counts) > 0 &&
    !inS3 &&
    (operation === 'ConverseStream' || logged === 'ConverseStream');
  return {
    usage,
    ...(isContradicted && { reportedInputTokens: inputOf(answer) }),
    ...(isTier(variant) && {
      serviceTier: variant,
      cost: variant === 'reserved' ? 'unknown' : 'known',
    }),
    ...(variant === 'optimized' && { cost: 'unknown' }),
    ...(variant === 'maxTokens' && { stopReason: maxTokensReason(given) }),
  };
}

function brokenExpectation({ operation, family, answer }: Given): Expected {
  if (operation === 'InvokeModelWithBidirectionalStream') {
    return { usage: usageOf(earlySonicCounts(answer.counts), true) };
  }
  const counts =
    operation === 'InvokeModelWithResponseStream'
      ? earlyChunkCounts(familyOf(family).body, answer)
      : undefined;
  const usage = counts && usageOf(counts, true);
  return { usage: usage ?? null, recorded: { ...usage, outputTokens: undefined, partial: true } };
}

/**
 * Returns the stop reason of an answer that reached the token limit. Returns undefined if the runtime does
 * not read the stop reason.
 */
function maxTokensReason({ operation, family, answer }: Given): string | undefined {
  const { logged } = operationOf(operation);
  const called = logged ?? operation;
  switch (called) {
    case 'Converse':
    case 'ConverseStream':
      return 'max_tokens';
    case 'Responses':
    case 'BatchLine':
      return undefined;
    default:
      return stopReasonOf(familyOf(family).body, answer);
  }
}
