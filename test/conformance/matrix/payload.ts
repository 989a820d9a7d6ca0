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
  countsInChunks,
  countsInSonicEvents,
} from './answers';
import {
  type FamilyId,
  familyOf,
  type OperationId,
  operationOf,
  type Reads,
  type VariantId,
} from './dimensions';

/** Response of Bedrock or record, as the usage reader gets it. */
export interface Payload {
  readonly modelId: string;
  readonly reads: Reads;
  readonly response: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Usage that must be read. An absent member can have any value. */
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
  /** True if the response does not have the time to live of its cache writes. */
  readonly cacheWriteTtlUnknown?: true;
}

/** Expected result of a payload. An absent member can have any value. */
export interface Expected {
  /** Null if the response has no usage. */
  readonly usage?: ExpectedUsage | null;
  /** Usage in the tracker's record, if it differs: a tracker estimates the usage of broken streams. */
  readonly recorded?: Pick<ExpectedUsage, 'partial'> & Partial<ExpectedUsage>;
  /** Input count in the response, if the rule of the table contradicts the total. */
  readonly reportedInputTokens?: number;
  readonly serviceTier?: string;
  readonly stopReason?: string;
  readonly failed?: true;
  /** Cost in US dollars, or `known` or `unknown`. */
  readonly cost?: string | 'known' | 'unknown';
}

/** Families whose cache writes have a choice of time to live. */
const TTL_FAMILIES: ReadonlySet<FamilyId> = new Set(['claude', 'profile']);
/** Families whose responses have members for cached tokens. */
const CACHE_FAMILIES: ReadonlySet<FamilyId> = new Set([
  ...TTL_FAMILIES,
  'nova',
  'gpt',
  'qwen',
  'kimi',
  'glm',
  'grok',
]);
/** Families with the counts of Claude models. The others have the counts of OpenAI's models. */
const RECORDED_FAMILIES: ReadonlySet<FamilyId> = new Set([...TTL_FAMILIES, 'nova']);

/** Recorded counts of Claude models by use of the cache. */
const CLAUDE_COUNTS = {
  none: { input: 12, output: 185 },
  read: { input: 12, cacheRead: 1028, output: 185 },
  write5m: { input: 11, cacheWrite5m: 1028, output: 264 },
  write1h: { input: 14, cacheWrite1h: 8851, output: 4 },
  readWrite: { input: 3, cacheRead: 1712, cacheWrite5m: 236, output: 121 },
} as const satisfies Readonly<Record<string, Counts>>;

/** Measured and documented counts of OpenAI models by use of the cache. */
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

/** Returns the payload of a cell and its expected result. */
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
    hasCacheMembers: CACHE_FAMILIES.has(family),
    hasTtl: TTL_FAMILIES.has(family),
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
      // The log joins the events of ConverseStream to one body.
      return converseBody(answer);
  }
}

interface LogFacts {
  readonly logged: Logged;
  readonly inS3?: boolean;
  readonly answer: Answer;
  readonly body: unknown;
  /** Counts of the record itself. Default: those of the answer. */
  readonly counts?: { readonly input: Json; readonly output: Json };
}

/** Returns a record of the model invocation log. */
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

/** Returns the counts of a log record itself. Their input count excludes cached tokens. */
function topCounts(logged: Logged, answer: Answer): { readonly input: Json; readonly output: Json } {
  const { counts, ending, hasCacheMembers } = answer;
  if (ending === 'blocked') {
    return logged === 'InvokeModel'
      ? { input: {}, output: {} }
      : { input: { inputTokenCount: 0 }, output: { outputTokenCount: 0 } };
  }
  return {
    input: {
      inputTokenCount: logged === 'ConverseStream' ? inputOf(answer) : counts.input,
      ...(hasCacheMembers && {
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

/** Origin of the counts, by operation. */
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

/** Returns the expected usage for counts. */
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
      // If its body is in S3, a log record does not show that the call was blocked.
      return operation === 'InvokeAgent' || (inS3 && logged?.startsWith('Invoke'))
        ? { usage: null }
        : { usage: NOTHING, cost: '0' };
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
    return { usage: usageOf(countsInSonicEvents(answer.counts), true) };
  }
  const counts =
    operation === 'InvokeModelWithResponseStream' ? countsInChunks(familyOf(family).body, answer) : undefined;
  const usage = counts && usageOf(counts, true);
  return { usage: usage ?? null, recorded: { ...usage, outputTokens: undefined, partial: true } };
}

/** Returns the stop reason of an answer that the token limit cut off; undefined if it is not read. */
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
