import {
  CACHE_IDS,
  type CacheId,
  FAMILY_IDS,
  type FamilyId,
  OPERATION_IDS,
  type OperationId,
  VARIANT_IDS,
  type VariantId,
} from './dimensions';
import type { SourceId } from './sources';

/**
 * Row of the table. It covers all combinations of its operations, model families and variants, such as
 * Converse, Claude and cache read. Each combination is in exactly one row.
 */
export type Row = {
  readonly operations: readonly OperationId[];
  readonly families: readonly FamilyId[];
  readonly variants: readonly VariantId[];
  readonly sources: readonly [SourceId, ...SourceId[]];
} & (Offered | NotOffered);

/** Row with a payload for each combination of operation, family and variant. */
interface Offered {
  /** True if the input count of the response includes cached tokens. */
  readonly cachedInside?: true;
  /** Assumption that no source confirms. */
  readonly unclear?: string;
  readonly notOffered?: undefined;
}

interface NotOffered {
  /** Reason why no payload exists: Bedrock does not support the combination, or no response shows it. */
  readonly notOffered: string;
  readonly cachedInside?: undefined;
  readonly unclear?: undefined;
}

const except = <Item>(
  all: readonly Item[],
  ...groups: readonly (readonly NoInfer<Item>[])[]
): readonly Item[] => all.filter(item => !groups.some(group => group.includes(item)));

const EMBEDDINGS = ['titanEmbed', 'cohereEmbed'] as const satisfies readonly FamilyId[];
const SONIC = ['sonic'] as const satisfies readonly FamilyId[];
const TEXT = except(FAMILY_IDS, EMBEDDINGS, SONIC);

const CLAUDE = ['claude', 'profile'] as const satisfies readonly FamilyId[];
const NOVA = ['nova'] as const satisfies readonly FamilyId[];
const GPT = ['gpt'] as const satisfies readonly FamilyId[];
/**
 * Families with bodies in OpenAI's format, and with prices for cache reads and cache writes. OpenAI GPT is
 * not included, because it has its own rows.
 */
const READ_AND_WRITE = ['kimi', 'glm'] as const satisfies readonly FamilyId[];
/** Families with bodies in OpenAI's format, and with a price for cache reads but not for cache writes. */
const READ_ONLY = ['qwen', 'grok'] as const satisfies readonly FamilyId[];
const CACHING: readonly FamilyId[] = [...CLAUDE, ...NOVA, ...GPT, ...READ_AND_WRITE, ...READ_ONLY];

/** Families with the service tiers `flex` and `priority`. */
const TIERED = [
  'nova',
  'mistral',
  'deepseek',
  'gptOss',
  'qwen',
  'gemma',
  'minimax',
  'kimi',
  'nemotron',
  'palmyra',
  'glm',
  'grok',
] as const satisfies readonly FamilyId[];
/**
 * Families with service tiers whose bodies have OpenAI's format. These bodies contain the tier of the call.
 */
const TIERED_CHAT = except(TIERED, NOVA);
const OPTIMIZED = ['claude', 'nova', 'llama'] as const satisfies readonly FamilyId[];

/** Families that the Chat Completions endpoint supports. */
const CHAT: readonly FamilyId[] = [...TIERED_CHAT, 'gpt'];
/** Families that the Responses endpoint supports. */
const RESPONSES: readonly FamilyId[] = ['gptOss', 'gpt', 'gemma', 'grok'];
const BATCH: readonly FamilyId[] = [
  ...except(TIERED, ['grok']),
  'claude',
  'titanText',
  'titanEmbed',
  'llama',
  'profile',
];

const CONVERSE = ['Converse', 'ConverseStream'] as const satisfies readonly OperationId[];
const INVOKE = ['InvokeModel', 'InvokeModelWithResponseStream'] as const satisfies readonly OperationId[];
const ENDPOINTS = ['ChatCompletions', 'Responses', 'Messages'] as const satisfies readonly OperationId[];
const LOG_CONVERSE = ['LogConverse', 'LogConverseStream'] as const satisfies readonly OperationId[];
const LOG_INVOKE = [
  'LogInvokeModel',
  'LogInvokeModelWithResponseStream',
] as const satisfies readonly OperationId[];
const S3_CONVERSE = ['LogConverseInS3', 'LogConverseStreamInS3'] as const satisfies readonly OperationId[];
const S3_INVOKE = [
  'LogInvokeModelInS3',
  'LogInvokeModelWithResponseStreamInS3',
] as const satisfies readonly OperationId[];
const IN_S3: readonly OperationId[] = [...S3_CONVERSE, ...S3_INVOKE];
const BATCHES = ['BatchLine', 'BatchManifest'] as const satisfies readonly OperationId[];
const SPEECH = ['InvokeModelWithBidirectionalStream'] as const satisfies readonly OperationId[];

const CONVERSE_LIKE: readonly OperationId[] = [...CONVERSE, ...LOG_CONVERSE, ...S3_CONVERSE];
const INVOKE_LIKE: readonly OperationId[] = [...INVOKE, ...LOG_INVOKE, ...S3_INVOKE];
const STREAMED_INVOKE = INVOKE_LIKE.filter(id => id.includes('WithResponseStream'));
const WHOLE_INVOKE = except(INVOKE_LIKE, STREAMED_INVOKE);

const ALL = VARIANT_IDS;
const CACHED = CACHE_IDS.filter(id => id !== 'none');
const ONE_HOUR = ['write1h'] as const satisfies readonly CacheId[];
const WITHOUT_HOUR = ['read', 'write5m', 'readWrite'] as const satisfies readonly CacheId[];
const READ = ['read'] as const satisfies readonly CacheId[];
const WRITES = ['write5m', 'write1h', 'readWrite'] as const satisfies readonly CacheId[];
const TIERS = ['flex', 'priority', 'reserved'] as const satisfies readonly VariantId[];

const NO_CACHE = 'No model of these families has a price for cached tokens.';
const NO_HOUR =
  'These models keep a cache write for one fixed time: 30 minutes for OpenAI GPT, Kimi and GLM, 5 minutes for others.';
const NO_WRITES = 'Caching is automatic, and the response does not count writes.';
const NO_EMBEDDING_CACHE = 'Embedding models have no prompt cache.';
const NO_TIER = 'These models do not have this tier.';
const NO_LATENCY = 'These models have no latency-optimized inference.';
const NO_STREAM = 'The answer is not a stream.';
const SAME_CHUNKS =
  'The chunks are the same as those of InvokeModelWithResponseStream, which has a test for it.';
const OWN_STREAM = 'Streaming is a separate operation.';
const RECORD_AT_END = 'The service writes the record after the call has ended.';
const BODY_ELSEWHERE = 'The record without its body does not contain it.';
const UNMEASURED_BLOCK =
  'Blocked calls were measured over Converse, with one Nova model and one policy: usage 0 and bill 0. The library assumes the same for all others.';
const UNMEASURED_CONVERSE =
  'Only OpenAI models were measured. The library follows the documentation of Converse: the input count excludes cached tokens, unless the total contradicts it.';
const UNMEASURED_COUNTS =
  "The body includes cached tokens in its input count. The service's own counts were not measured.";
const UNMEASURED_RECORD = 'No log record of these models with cached tokens was found.';

/** Rows without any payload: Bedrock does not support the combination, or no response shows it. */
const ABSENT: readonly Row[] = [
  {
    operations: CONVERSE_LIKE,
    families: [...EMBEDDINGS, ...SONIC],
    variants: ALL,
    notOffered: 'Converse supports neither embedding models nor speech models.',
    sources: ['converseModels'],
  },
  {
    operations: STREAMED_INVOKE,
    families: EMBEDDINGS,
    variants: ALL,
    notOffered: 'Embedding models do not stream.',
    sources: ['streaming'],
  },
  {
    operations: INVOKE_LIKE,
    families: SONIC,
    variants: ALL,
    notOffered:
      'Nova Sonic answers only over the bidirectional stream, and the invocation log has no records of it.',
    sources: ['bidirectional', 'logging'],
  },
  {
    operations: ['ChatCompletions'],
    families: except(FAMILY_IDS, CHAT),
    variants: ALL,
    notOffered: 'The endpoint does not support these models.',
    sources: ['apis', 'profiles'],
  },
  {
    operations: ['Responses'],
    families: except(FAMILY_IDS, RESPONSES),
    variants: ALL,
    notOffered: 'The endpoint does not support these models.',
    sources: ['apis', 'profiles'],
  },
  {
    operations: ['Messages'],
    families: except(FAMILY_IDS, CLAUDE),
    variants: ALL,
    notOffered: 'Only Anthropic models support Messages.',
    sources: ['apis'],
  },
  {
    operations: ['InvokeAgent'],
    families: [...EMBEDDINGS, ...SONIC],
    variants: ALL,
    notOffered: 'An agent needs a model that writes text.',
    sources: ['agents'],
  },
  {
    operations: BATCHES,
    families: except(FAMILY_IDS, BATCH),
    variants: ALL,
    notOffered: 'Batch jobs do not support these models.',
    sources: ['batch'],
  },
  {
    operations: SPEECH,
    families: except(FAMILY_IDS, SONIC),
    variants: ALL,
    notOffered: 'The bidirectional stream is for speech models.',
    sources: ['bidirectional', 'apis'],
  },
];

/** Rows about the use of the prompt cache. */
const CACHING_ROWS: readonly Row[] = [
  // Calls that do not use the prompt cache.
  {
    operations: CONVERSE,
    families: TEXT,
    variants: ['none'],
    sources: ['converse', 'converseRecordings'],
  },
  {
    operations: INVOKE,
    families: TEXT,
    variants: ['none'],
    sources: ['invoke', 'invokeRecordings'],
  },
  {
    operations: WHOLE_INVOKE,
    families: EMBEDDINGS,
    variants: ['none'],
    sources: ['invoke', 'invokeRecordings'],
  },
  {
    operations: ['ChatCompletions'],
    families: CHAT,
    variants: ['none'],
    sources: ['chatCompletions', 'apis'],
  },
  {
    operations: ['Responses'],
    families: RESPONSES,
    variants: ['none'],
    sources: ['responses', 'apis', 'gemma4', 'grok'],
  },
  { operations: ['Messages'], families: CLAUDE, variants: ['none'], sources: ['messages', 'apiOverview'] },
  {
    operations: ['InvokeAgent'],
    families: TEXT,
    variants: ['none'],
    sources: ['agents', 'agentUsage', 'agentRecordings', 'createAgent'],
  },
  {
    operations: [...LOG_CONVERSE, ...LOG_INVOKE, ...IN_S3],
    families: TEXT,
    variants: ['none'],
    sources: ['logging'],
  },
  {
    operations: BATCHES,
    families: except(BATCH, ['profile']),
    variants: ['none'],
    sources: ['batchResults', 'batch'],
  },
  {
    operations: BATCHES,
    families: ['profile'],
    variants: ['none'],
    unclear: 'The documentation does not say if a batch job accepts an application inference profile.',
    sources: ['batchJob'],
  },
  { operations: SPEECH, families: SONIC, variants: ['none'], sources: ['sonic', 'bidirectional'] },

  // Converse and ConverseStream: the input count excludes cached tokens, except in streams of OpenAI models.
  {
    operations: [...CONVERSE, ...LOG_CONVERSE],
    families: CLAUDE,
    variants: CACHED,
    sources: ['caching', 'cacheDetails', 'cachingRecordings', 'cacheWrite1h'],
  },
  {
    operations: [...CONVERSE, ...LOG_CONVERSE],
    families: NOVA,
    variants: WITHOUT_HOUR,
    sources: ['caching', 'converse'],
  },
  { operations: ['Converse'], families: GPT, variants: WITHOUT_HOUR, sources: ['bifrost', 'openAiCaching'] },
  {
    operations: ['ConverseStream'],
    families: GPT,
    variants: WITHOUT_HOUR,
    cachedInside: true,
    sources: ['pi', 'bifrost', 'opencode', 'openAiCaching'],
  },
  {
    operations: ['LogConverse'],
    families: GPT,
    variants: WITHOUT_HOUR,
    unclear: UNMEASURED_RECORD,
    sources: ['logging', 'bifrost'],
  },
  {
    operations: ['LogConverseStream'],
    families: GPT,
    variants: WITHOUT_HOUR,
    cachedInside: true,
    unclear: UNMEASURED_RECORD,
    sources: ['logging', 'pi'],
  },
  {
    operations: [...CONVERSE, ...LOG_CONVERSE],
    families: READ_AND_WRITE,
    variants: WITHOUT_HOUR,
    unclear: UNMEASURED_CONVERSE,
    sources: ['converse', 'cachePrices'],
  },
  {
    operations: [...CONVERSE, ...LOG_CONVERSE],
    families: READ_ONLY,
    variants: READ,
    unclear: UNMEASURED_CONVERSE,
    sources: ['converse', 'grok'],
  },

  // InvokeModel and its stream. In bodies of Anthropic and Nova, the input tokens do not include cached
  // tokens. In bodies of OpenAI's format, the input tokens include cached tokens.
  {
    operations: [...INVOKE, ...LOG_INVOKE, 'Messages'],
    families: CLAUDE,
    variants: CACHED,
    sources: ['caching', 'cachingRecordings', 'cacheWrite1h', 'messages'],
  },
  {
    operations: [...INVOKE, ...LOG_INVOKE],
    families: NOVA,
    variants: WITHOUT_HOUR,
    sources: ['caching', 'invokeRecordings'],
  },
  {
    operations: [...INVOKE, ...LOG_INVOKE],
    families: [...GPT, ...READ_AND_WRITE],
    variants: WITHOUT_HOUR,
    cachedInside: true,
    unclear: UNMEASURED_COUNTS,
    sources: ['caching', 'openAiCaching'],
  },
  {
    operations: [...INVOKE, ...LOG_INVOKE],
    families: READ_ONLY,
    variants: READ,
    cachedInside: true,
    unclear: UNMEASURED_COUNTS,
    sources: ['caching', 'openAiCaching', 'grok'],
  },
  {
    operations: ['ChatCompletions'],
    families: [...GPT, ...READ_AND_WRITE],
    variants: WITHOUT_HOUR,
    cachedInside: true,
    sources: ['caching', 'openAiCaching'],
  },
  {
    operations: ['ChatCompletions'],
    families: READ_ONLY,
    variants: READ,
    cachedInside: true,
    sources: ['openAiCaching', 'grok'],
  },
  {
    operations: ['Responses'],
    families: GPT,
    variants: WITHOUT_HOUR,
    cachedInside: true,
    sources: ['caching', 'openAiCaching'],
  },
  {
    operations: ['Responses'],
    families: ['grok'],
    variants: READ,
    cachedInside: true,
    sources: ['openAiCaching', 'grok'],
  },

  // Log records without bodies. They do not show if a cache write is kept for 5 minutes or for 1 hour.
  {
    operations: IN_S3,
    families: CLAUDE,
    variants: CACHED,
    sources: ['logging', 'cacheWrite1h'],
  },
  { operations: IN_S3, families: NOVA, variants: WITHOUT_HOUR, sources: ['logging', 'caching'] },
  {
    operations: ['LogConverseStreamInS3'],
    families: GPT,
    variants: WITHOUT_HOUR,
    cachedInside: true,
    unclear: UNMEASURED_RECORD,
    sources: ['logging', 'pi'],
  },
  {
    operations: except(IN_S3, ['LogConverseStreamInS3']),
    families: GPT,
    variants: WITHOUT_HOUR,
    unclear: UNMEASURED_RECORD,
    sources: ['logging'],
  },
  {
    operations: IN_S3,
    families: READ_AND_WRITE,
    variants: WITHOUT_HOUR,
    unclear: UNMEASURED_RECORD,
    sources: ['logging'],
  },
  {
    operations: IN_S3,
    families: READ_ONLY,
    variants: READ,
    unclear: UNMEASURED_RECORD,
    sources: ['logging'],
  },

  // Combinations that no model supports, or that a response does not show.
  {
    operations: [...CONVERSE_LIKE, ...INVOKE_LIKE],
    families: except(TEXT, CACHING),
    variants: CACHED,
    notOffered: NO_CACHE,
    sources: ['cachePrices', 'caching'],
  },
  {
    operations: ['ChatCompletions'],
    families: except(CHAT, CACHING),
    variants: CACHED,
    notOffered: NO_CACHE,
    sources: ['cachePrices', 'caching'],
  },
  {
    operations: ['Responses'],
    families: except(RESPONSES, CACHING),
    variants: CACHED,
    notOffered: NO_CACHE,
    sources: ['cachePrices', 'caching'],
  },
  {
    operations: WHOLE_INVOKE,
    families: EMBEDDINGS,
    variants: CACHED,
    notOffered: NO_EMBEDDING_CACHE,
    sources: ['caching'],
  },
  {
    operations: [...CONVERSE_LIKE, ...INVOKE_LIKE],
    families: [...NOVA, ...GPT, ...READ_AND_WRITE],
    variants: ONE_HOUR,
    notOffered: NO_HOUR,
    sources: ['caching'],
  },
  {
    operations: ['ChatCompletions'],
    families: [...GPT, ...READ_AND_WRITE],
    variants: ONE_HOUR,
    notOffered: NO_HOUR,
    sources: ['caching'],
  },
  {
    operations: ['Responses'],
    families: GPT,
    variants: ONE_HOUR,
    notOffered: NO_HOUR,
    sources: ['caching'],
  },
  {
    operations: [...CONVERSE_LIKE, ...INVOKE_LIKE, 'ChatCompletions'],
    families: READ_ONLY,
    variants: WRITES,
    notOffered: NO_WRITES,
    sources: ['cachePrices', 'grok'],
  },
  {
    operations: ['Responses'],
    families: ['grok'],
    variants: WRITES,
    notOffered: NO_WRITES,
    sources: ['cachePrices', 'grok'],
  },
  {
    operations: ['InvokeAgent'],
    families: TEXT,
    variants: CACHED,
    notOffered: 'The usage in a trace has no cache counts.',
    sources: ['agentUsage'],
  },
  {
    operations: BATCHES,
    families: BATCH,
    variants: CACHED,
    notOffered: 'Batch jobs have no prompt cache.',
    sources: ['caching', 'batchResults'],
  },
  {
    operations: SPEECH,
    families: SONIC,
    variants: CACHED,
    notOffered: 'Usage events have no cache counts.',
    sources: ['sonic'],
  },
];

/** Rows about the service tier of a call, and about optimized latency. */
const TERM_ROWS: readonly Row[] = [
  {
    operations: [...CONVERSE, ...LOG_CONVERSE],
    families: TIERED,
    variants: TIERS,
    sources: ['tiers', 'tierApi', 'converse'],
  },
  { operations: INVOKE, families: TIERED, variants: TIERS, sources: ['tiers', 'tierApi', 'invokeApi'] },
  {
    operations: LOG_INVOKE,
    families: TIERED_CHAT,
    variants: TIERS,
    sources: ['tiers', 'chatCompletions'],
  },
  {
    operations: LOG_INVOKE,
    families: NOVA,
    variants: TIERS,
    notOffered: 'Neither the record nor the body contains the tier. The call is priced as standard.',
    sources: ['logging'],
  },
  {
    operations: ['ChatCompletions'],
    families: TIERED_CHAT,
    variants: TIERS,
    sources: ['tiers', 'chatCompletions'],
  },
  {
    operations: ['Responses'],
    families: except(RESPONSES, GPT),
    variants: TIERS,
    sources: ['tiers', 'responses'],
  },
  {
    operations: [...CONVERSE, ...INVOKE, ...LOG_CONVERSE],
    families: CLAUDE,
    variants: ['reserved'],
    sources: ['tiers', 'tierApi'],
  },
  {
    operations: LOG_INVOKE,
    families: CLAUDE,
    variants: ['reserved'],
    notOffered: 'Neither the record nor the body contains the tier. The call is priced as standard.',
    sources: ['logging'],
  },
  {
    operations: [...CONVERSE, ...INVOKE, ...LOG_CONVERSE, ...LOG_INVOKE],
    families: CLAUDE,
    variants: ['flex', 'priority'],
    notOffered: NO_TIER,
    sources: ['tiers'],
  },
  {
    operations: [...CONVERSE, ...INVOKE, ...LOG_CONVERSE, ...LOG_INVOKE],
    families: except(TEXT, TIERED, CLAUDE),
    variants: TIERS,
    notOffered: NO_TIER,
    sources: ['tiers'],
  },
  {
    operations: ['ChatCompletions'],
    families: GPT,
    variants: TIERS,
    notOffered: NO_TIER,
    sources: ['tiers'],
  },
  { operations: ['Responses'], families: GPT, variants: TIERS, notOffered: NO_TIER, sources: ['tiers'] },
  {
    operations: ['Messages'],
    families: CLAUDE,
    variants: TIERS,
    notOffered: "A message names Anthropic's own tiers, which all have the same price on Bedrock.",
    sources: ['messages', 'tiers'],
  },
  {
    operations: WHOLE_INVOKE,
    families: EMBEDDINGS,
    variants: [...TIERS, 'optimized'],
    notOffered: 'Embedding models have neither tiers nor latency-optimized inference.',
    sources: ['tiers', 'latency'],
  },
  {
    operations: IN_S3,
    families: TEXT,
    variants: [...TIERS, 'optimized'],
    notOffered: BODY_ELSEWHERE,
    sources: ['logging'],
  },
  {
    operations: ['InvokeAgent'],
    families: TEXT,
    variants: [...TIERS, 'optimized'],
    notOffered: 'The trace does not contain the tier or the latency setting of its model calls.',
    sources: ['agentUsage'],
  },
  {
    operations: BATCHES,
    families: BATCH,
    variants: [...TIERS, 'optimized'],
    notOffered: 'A batch job has its own price, and no tier or latency setting.',
    sources: ['batchJob'],
  },
  {
    operations: SPEECH,
    families: SONIC,
    variants: [...TIERS, 'optimized'],
    notOffered: 'Speech models have neither tiers nor latency-optimized inference.',
    sources: ['tiers', 'latency'],
  },
  {
    operations: [...CONVERSE, ...INVOKE, ...LOG_CONVERSE],
    families: OPTIMIZED,
    variants: ['optimized'],
    sources: ['latency', 'converse', 'invokeApi'],
  },
  {
    operations: LOG_INVOKE,
    families: OPTIMIZED,
    variants: ['optimized'],
    notOffered:
      'Neither the record nor the body contains the latency setting. The call is priced as standard.',
    sources: ['logging'],
  },
  {
    operations: [...CONVERSE, ...INVOKE, ...LOG_CONVERSE, ...LOG_INVOKE],
    families: except(TEXT, OPTIMIZED),
    variants: ['optimized'],
    notOffered: NO_LATENCY,
    sources: ['latency'],
  },
  {
    operations: ['ChatCompletions'],
    families: CHAT,
    variants: ['optimized'],
    notOffered: NO_LATENCY,
    sources: ['latency'],
  },
  {
    operations: ['Responses'],
    families: RESPONSES,
    variants: ['optimized'],
    notOffered: NO_LATENCY,
    sources: ['latency'],
  },
  {
    operations: ['Messages'],
    families: CLAUDE,
    variants: ['optimized'],
    notOffered: 'The endpoint has no parameter for it.',
    sources: ['messages'],
  },
];

/**
 * Rows about the outcome of a call: cut off at the token limit, stopped early by the consumer, blocked by a
 * guardrail, or failed. The last rows are about streams of Chat Completions, Responses and Messages.
 */
const OUTCOME_ROWS: readonly Row[] = [
  {
    operations: [...CONVERSE, ...LOG_CONVERSE],
    families: TEXT,
    variants: ['maxTokens'],
    sources: ['converse'],
  },
  {
    operations: [...INVOKE, ...LOG_INVOKE],
    families: TEXT,
    variants: ['maxTokens'],
    sources: ['invoke', 'invokeRecordings'],
  },
  { operations: ['ChatCompletions'], families: CHAT, variants: ['maxTokens'], sources: ['chatCompletions'] },
  { operations: ['Responses'], families: RESPONSES, variants: ['maxTokens'], sources: ['responses'] },
  { operations: ['Messages'], families: CLAUDE, variants: ['maxTokens'], sources: ['messages'] },
  {
    operations: ['BatchLine'],
    families: except(BATCH, EMBEDDINGS),
    variants: ['maxTokens'],
    sources: ['batchResults'],
  },
  {
    operations: [...WHOLE_INVOKE, 'BatchLine'],
    families: ['titanEmbed'],
    variants: ['maxTokens'],
    notOffered: 'An embedding has no limit of output tokens.',
    sources: ['invoke'],
  },
  {
    operations: WHOLE_INVOKE,
    families: ['cohereEmbed'],
    variants: ['maxTokens'],
    notOffered: 'An embedding has no limit of output tokens.',
    sources: ['invoke'],
  },
  {
    operations: IN_S3,
    families: TEXT,
    variants: ['maxTokens'],
    notOffered: BODY_ELSEWHERE,
    sources: ['logging'],
  },
  {
    operations: ['InvokeAgent'],
    families: TEXT,
    variants: ['maxTokens'],
    notOffered: 'The trace does not contain the reason why a model stopped.',
    sources: ['agentUsage'],
  },
  {
    operations: ['BatchManifest'],
    families: BATCH,
    variants: ['maxTokens', 'blocked', 'failed'],
    notOffered: 'The sums of a job do not show how single calls ended.',
    sources: ['batchResults'],
  },
  {
    operations: SPEECH,
    families: SONIC,
    variants: ['maxTokens'],
    notOffered: 'Usage events do not contain the reason why the model stopped.',
    sources: ['sonic'],
  },

  {
    operations: ['ConverseStream', 'InvokeModelWithResponseStream'],
    families: TEXT,
    variants: ['broken'],
    sources: ['converse', 'invokeRecordings'],
  },
  { operations: ['InvokeAgent'], families: TEXT, variants: ['broken'], sources: ['agentUsage'] },
  { operations: SPEECH, families: SONIC, variants: ['broken'], sources: ['sonic'] },
  {
    operations: ['Converse', 'InvokeModel'],
    families: TEXT,
    variants: ['broken'],
    notOffered: NO_STREAM,
    sources: ['apiOverview'],
  },
  {
    operations: WHOLE_INVOKE,
    families: EMBEDDINGS,
    variants: ['broken'],
    notOffered: NO_STREAM,
    sources: ['apiOverview'],
  },
  {
    operations: ['ChatCompletions'],
    families: CHAT,
    variants: ['broken'],
    notOffered: SAME_CHUNKS,
    sources: ['chatCompletions'],
  },
  {
    operations: ['Responses'],
    families: RESPONSES,
    variants: ['broken'],
    notOffered: SAME_CHUNKS,
    sources: ['responses'],
  },
  {
    operations: ['Messages'],
    families: CLAUDE,
    variants: ['broken'],
    notOffered: SAME_CHUNKS,
    sources: ['messages'],
  },
  {
    operations: [...LOG_CONVERSE, ...LOG_INVOKE, ...IN_S3],
    families: TEXT,
    variants: ['broken'],
    notOffered: RECORD_AT_END,
    sources: ['logging'],
  },
  {
    operations: BATCHES,
    families: BATCH,
    variants: ['broken'],
    notOffered: NO_STREAM,
    sources: ['batchResults'],
  },

  {
    operations: ['Converse', 'LogConverse'],
    families: NOVA,
    variants: ['blocked'],
    sources: ['guardrailBill', 'guardrailApi', 'blockedLog'],
  },
  {
    operations: ['Converse', 'LogConverse'],
    families: except(TEXT, NOVA, ['imported']),
    variants: ['blocked'],
    unclear: UNMEASURED_BLOCK,
    sources: ['guardrailBill', 'guardrailApi', 'blockedLog'],
  },
  {
    operations: ['ConverseStream', 'LogConverseStream', ...INVOKE, ...LOG_INVOKE, ...S3_CONVERSE],
    families: except(TEXT, ['imported']),
    variants: ['blocked'],
    unclear: UNMEASURED_BLOCK,
    sources: ['guardrailApi', 'blockedLog'],
  },
  {
    operations: S3_INVOKE,
    families: except(TEXT, ['imported']),
    variants: ['blocked'],
    notOffered: BODY_ELSEWHERE,
    sources: ['blockedLog'],
  },
  {
    operations: [...CONVERSE_LIKE, ...INVOKE_LIKE],
    families: ['imported'],
    variants: ['blocked'],
    notOffered: 'Guardrails need a separate call, ApplyGuardrail.',
    sources: ['marketplace'],
  },
  {
    operations: ['ChatCompletions'],
    families: CHAT,
    variants: ['blocked'],
    unclear: UNMEASURED_BLOCK,
    sources: ['chatCompletions', 'guardrailApi'],
  },
  {
    operations: ['Responses'],
    families: RESPONSES,
    variants: ['blocked'],
    unclear: UNMEASURED_BLOCK,
    sources: ['apiOverview'],
  },
  {
    operations: ['Messages'],
    families: CLAUDE,
    variants: ['blocked'],
    unclear: UNMEASURED_BLOCK,
    sources: ['guardrailApi', 'blockedLog'],
  },
  { operations: ['InvokeAgent'], families: TEXT, variants: ['blocked'], sources: ['agentRecordings'] },
  {
    operations: WHOLE_INVOKE,
    families: EMBEDDINGS,
    variants: ['blocked'],
    notOffered: 'Guardrails check prompts and answers of models that write text.',
    sources: ['guardrailApi'],
  },
  {
    operations: ['BatchLine'],
    families: BATCH,
    variants: ['blocked'],
    notOffered: 'A batch job has no parameter for a guardrail.',
    sources: ['batchJob'],
  },
  {
    operations: SPEECH,
    families: SONIC,
    variants: ['blocked'],
    notOffered: 'The operation has no parameter for a guardrail.',
    sources: ['bidirectional'],
  },

  {
    operations: [...CONVERSE, ...INVOKE],
    families: TEXT,
    variants: ['failed'],
    sources: ['converse', 'invokeApi', 'invokeRecordings'],
  },
  { operations: ['InvokeModel'], families: EMBEDDINGS, variants: ['failed'], sources: ['invokeApi'] },
  { operations: ['ChatCompletions'], families: CHAT, variants: ['failed'], sources: ['chatCompletions'] },
  { operations: ['Responses'], families: RESPONSES, variants: ['failed'], sources: ['responses'] },
  { operations: ['Messages'], families: CLAUDE, variants: ['failed'], sources: ['messages'] },
  { operations: ['InvokeAgent'], families: TEXT, variants: ['failed'], sources: ['agentUsage'] },
  {
    operations: [...LOG_CONVERSE, ...LOG_INVOKE],
    families: TEXT,
    variants: ['failed'],
    sources: ['logging'],
  },
  {
    operations: ['LogInvokeModel'],
    families: EMBEDDINGS,
    variants: ['failed'],
    sources: ['logging'],
  },
  {
    operations: IN_S3,
    families: TEXT,
    variants: ['failed'],
    notOffered: 'A failed call has no body.',
    sources: ['logging'],
  },
  {
    operations: ['LogInvokeModelInS3'],
    families: EMBEDDINGS,
    variants: ['failed'],
    notOffered: 'A failed call has no body.',
    sources: ['logging'],
  },
  { operations: ['BatchLine'], families: BATCH, variants: ['failed'], sources: ['batchResults'] },
  { operations: SPEECH, families: SONIC, variants: ['failed'], sources: ['bidirectional'] },

  { operations: ['ChatCompletions'], families: CHAT, variants: ['streamed'], sources: ['chatCompletions'] },
  { operations: ['Responses'], families: RESPONSES, variants: ['streamed'], sources: ['responses'] },
  { operations: ['Messages'], families: CLAUDE, variants: ['streamed'], sources: ['messages'] },
  {
    operations: except(OPERATION_IDS, ENDPOINTS, BATCHES, SPEECH),
    families: TEXT,
    variants: ['streamed'],
    notOffered: OWN_STREAM,
    sources: ['apiOverview'],
  },
  {
    operations: WHOLE_INVOKE,
    families: EMBEDDINGS,
    variants: ['streamed'],
    notOffered: 'Embedding models do not stream.',
    sources: ['streaming'],
  },
  {
    operations: BATCHES,
    families: BATCH,
    variants: ['streamed'],
    notOffered: NO_STREAM,
    sources: ['batchResults'],
  },
  {
    operations: SPEECH,
    families: SONIC,
    variants: ['streamed'],
    notOffered: OWN_STREAM,
    sources: ['apiOverview'],
  },
];

export const ROWS: readonly Row[] = [...ABSENT, ...CACHING_ROWS, ...TERM_ROWS, ...OUTCOME_ROWS];
