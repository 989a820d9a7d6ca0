/** Family of models, such as Anthropic Claude. In the tests, one model stands for the whole family. */
interface Family {
  /** Name in docs/coverage.md. */
  readonly name: string;
  readonly modelId: string;
  /** Format of the bodies that InvokeModel returns for this family. */
  readonly body: BodyShape;
  /** Pattern of the model ids in the family. */
  readonly matches: RegExp;
  /** Model that stands for the family in tests of latency-optimized inference. Default: `modelId`. */
  readonly optimizedModelId?: string;
}

/**
 * Format of the bodies that InvokeModel returns. The format depends on the vendor or on the kind of model.
 */
export type BodyShape =
  'anthropic' | 'nova' | 'titanText' | 'titanEmbedding' | 'cohereEmbedding' | 'llama' | 'cohere' | 'chat';

const ACCOUNT_ARN = 'arn:aws:bedrock:us-east-1:123456789012';

export const FAMILIES = {
  claude: {
    name: 'Anthropic Claude',
    modelId: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    body: 'anthropic',
    matches: /anthropic\./,
    optimizedModelId: 'us.anthropic.claude-3-5-haiku-20241022-v1:0',
  },
  nova: {
    name: 'Amazon Nova',
    modelId: 'amazon.nova-pro-v1:0',
    body: 'nova',
    matches: /amazon\.nova-(?!.*sonic)/,
  },
  titanText: {
    name: 'Amazon Titan Text',
    modelId: 'amazon.titan-text-express-v1',
    body: 'titanText',
    matches: /amazon\.titan-(?!embed)/,
  },
  llama: {
    name: 'Meta Llama',
    modelId: 'us.meta.llama3-1-70b-instruct-v1:0',
    body: 'llama',
    matches: /meta\./,
  },
  mistral: {
    name: 'Mistral AI',
    modelId: 'mistral.ministral-3-8b-instruct',
    body: 'chat',
    matches: /mistral\./,
  },
  cohereCommand: {
    name: 'Cohere Command',
    modelId: 'cohere.command-r-v1:0',
    body: 'cohere',
    matches: /cohere\.command/,
  },
  jamba: {
    name: 'AI21 Jamba',
    modelId: 'ai21.jamba-1-5-mini-v1:0',
    body: 'chat',
    matches: /ai21\./,
  },
  deepseek: { name: 'DeepSeek', modelId: 'deepseek.v3.2', body: 'chat', matches: /deepseek\./ },
  gptOss: {
    name: 'OpenAI gpt-oss',
    modelId: 'openai.gpt-oss-120b-1:0',
    body: 'chat',
    matches: /openai\.gpt-oss/,
  },
  gpt: { name: 'OpenAI GPT', modelId: 'openai.gpt-5.6-sol', body: 'chat', matches: /openai\.gpt-\d/ },
  qwen: { name: 'Qwen', modelId: 'qwen.qwen3-32b-v1:0', body: 'chat', matches: /qwen\./ },
  gemma: { name: 'Google Gemma', modelId: 'google.gemma-3-27b-it', body: 'chat', matches: /google\./ },
  minimax: { name: 'MiniMax', modelId: 'minimax.minimax-m2', body: 'chat', matches: /minimax\./ },
  kimi: { name: 'Moonshot Kimi', modelId: 'moonshotai.kimi-k3', body: 'chat', matches: /moonshot/ },
  nemotron: {
    name: 'NVIDIA Nemotron',
    modelId: 'nvidia.nemotron-nano-12b-v2',
    body: 'chat',
    matches: /nvidia\./,
  },
  palmyra: {
    name: 'Writer Palmyra',
    modelId: 'writer.palmyra-vision-7b',
    body: 'chat',
    matches: /writer\./,
  },
  glm: { name: 'Z.AI GLM', modelId: 'zai.glm-5.3', body: 'chat', matches: /zai\./ },
  grok: { name: 'xAI Grok', modelId: 'xai.grok-4.6', body: 'chat', matches: /xai\./ },
  titanEmbed: {
    name: 'Amazon Titan embeddings',
    modelId: 'amazon.titan-embed-text-v2:0',
    body: 'titanEmbedding',
    matches: /amazon\.titan-embed/,
  },
  cohereEmbed: {
    name: 'Cohere Embed',
    modelId: 'cohere.embed-v4:0',
    body: 'cohereEmbedding',
    matches: /cohere\.embed/,
  },
  sonic: {
    name: 'Amazon Nova Sonic',
    modelId: 'amazon.nova-2-sonic-v1:0',
    body: 'nova',
    matches: /amazon\.nova-.*sonic/,
  },
  profile: {
    name: 'Application inference profiles',
    modelId: `${ACCOUNT_ARN}:application-inference-profile/a1b2c3d4e5f6`,
    body: 'anthropic',
    matches: /:application-inference-profile\//,
  },
  imported: {
    name: 'Imported, custom and Marketplace models',
    modelId: `${ACCOUNT_ARN}:imported-model/a1b2c3d4e5f6`,
    body: 'chat',
    matches: /:(?:imported-model|custom-model(?:-deployment)?|endpoint)\//,
  },
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyId = keyof typeof FAMILIES;
export const FAMILY_IDS = Object.keys(FAMILIES) as readonly FamilyId[];

/**
 * Operation that a test passes to the usage reader. For example, a response of Chat Completions is read as
 * `InvokeModel`.
 */
export type Reads =
  | 'Converse'
  | 'ConverseStream'
  | 'InvokeModel'
  | 'InvokeModelWithResponseStream'
  | 'InvokeModelWithBidirectionalStream'
  | 'InvokeAgent'
  | 'ModelInvocationLog'
  | 'BatchOutput';

/** Operation of Bedrock in the table, or the log records of such an operation. */
interface Operation {
  /** Name in docs/coverage.md. */
  readonly title: string;
  readonly reads: Reads;
  /** Place of the token counts in a response, as shown in docs/coverage.md. */
  readonly counts: string;
  /** Operation whose log records are tested, such as Converse. Undefined if responses are tested. */
  readonly logged?: 'Converse' | 'ConverseStream' | 'InvokeModel' | 'InvokeModelWithResponseStream';
  /** True if the log record has no bodies, because they are in S3. */
  readonly inS3?: true;
}

const IN_RECORD = '`inputTokenCount`, `outputTokenCount` and the cache counts of the record, and its body';
const IN_S3 = '`inputTokenCount`, `outputTokenCount` and the cache counts of the record';
const VENDORS = "`usage`, or the vendor's own members";

export const OPERATIONS = {
  Converse: { title: 'Converse', reads: 'Converse', counts: '`usage`' },
  ConverseStream: {
    title: 'ConverseStream',
    reads: 'ConverseStream',
    counts: '`usage` of the `metadata` event, which is the last one',
  },
  InvokeModel: {
    title: 'InvokeModel',
    reads: 'InvokeModel',
    counts: `the headers \`x-amzn-bedrock-*-token-count\`, then the body: ${VENDORS}`,
  },
  InvokeModelWithResponseStream: {
    title: 'InvokeModelWithResponseStream',
    reads: 'InvokeModelWithResponseStream',
    counts: `\`amazon-bedrock-invocationMetrics\` of the last chunk, then the chunks: ${VENDORS}`,
  },
  ChatCompletions: {
    title: 'Chat Completions',
    reads: 'InvokeModel',
    counts: '`usage.prompt_tokens`, `completion_tokens` and `prompt_tokens_details`',
  },
  Responses: {
    title: 'Responses',
    reads: 'InvokeModel',
    counts: '`usage.input_tokens`, `output_tokens` and `input_tokens_details`',
  },
  Messages: {
    title: 'Anthropic Messages',
    reads: 'InvokeModel',
    counts: '`usage.input_tokens`, `output_tokens`, `cache_read_input_tokens` and `cache_creation`',
  },
  InvokeAgent: {
    title: 'InvokeAgent, InvokeInlineAgent',
    reads: 'InvokeAgent',
    counts: '`usage` of each model call in the trace; the request needs `enableTrace: true`',
  },
  LogConverse: {
    title: 'Log record of Converse',
    reads: 'ModelInvocationLog',
    counts: IN_RECORD,
    logged: 'Converse',
  },
  LogConverseStream: {
    title: 'Log record of ConverseStream',
    reads: 'ModelInvocationLog',
    counts: IN_RECORD,
    logged: 'ConverseStream',
  },
  LogInvokeModel: {
    title: 'Log record of InvokeModel',
    reads: 'ModelInvocationLog',
    counts: IN_RECORD,
    logged: 'InvokeModel',
  },
  LogInvokeModelWithResponseStream: {
    title: 'Log record of InvokeModelWithResponseStream',
    reads: 'ModelInvocationLog',
    counts: IN_RECORD,
    logged: 'InvokeModelWithResponseStream',
  },
  LogConverseInS3: {
    title: 'Log record of Converse, body in S3',
    reads: 'ModelInvocationLog',
    counts: IN_S3,
    logged: 'Converse',
    inS3: true,
  },
  LogConverseStreamInS3: {
    title: 'Log record of ConverseStream, body in S3',
    reads: 'ModelInvocationLog',
    counts: IN_S3,
    logged: 'ConverseStream',
    inS3: true,
  },
  LogInvokeModelInS3: {
    title: 'Log record of InvokeModel, body in S3',
    reads: 'ModelInvocationLog',
    counts: IN_S3,
    logged: 'InvokeModel',
    inS3: true,
  },
  LogInvokeModelWithResponseStreamInS3: {
    title: 'Log record of InvokeModelWithResponseStream, body in S3',
    reads: 'ModelInvocationLog',
    counts: IN_S3,
    logged: 'InvokeModelWithResponseStream',
    inS3: true,
  },
  BatchLine: {
    title: 'Line of a batch output file',
    reads: 'BatchOutput',
    counts: "`modelOutput`: InvokeModel's body, or Converse's response",
  },
  BatchManifest: {
    title: '`manifest.json.out` of a batch job',
    reads: 'BatchOutput',
    counts: '`inputTokenCount` and `outputTokenCount`, the sums of the job',
  },
  InvokeModelWithBidirectionalStream: {
    title: 'InvokeModelWithBidirectionalStream',
    reads: 'InvokeModelWithBidirectionalStream',
    counts: '`details.total` of the last `usageEvent`',
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationId = keyof typeof OPERATIONS;
export const OPERATION_IDS = Object.keys(OPERATIONS) as readonly OperationId[];

export const operationOf = (id: OperationId): Operation => OPERATIONS[id];
export const familyOf = (id: FamilyId): Family => FAMILIES[id];

/** Uses of the prompt cache. The values are column titles in docs/coverage.md. */
export const CACHES = {
  none: 'no cache',
  read: 'cache read',
  write5m: '5 min write',
  write1h: '1 h write',
  readWrite: 'read and write',
} as const;

/**
 * Variants of a call that do not concern the prompt cache, such as a service tier or a failure. Test
 * responses of these variants contain no cached tokens. The values are column titles in docs/coverage.md.
 */
export const EXTRAS = {
  flex: 'flex',
  priority: 'priority',
  reserved: 'reserved',
  optimized: 'low latency',
  maxTokens: 'cut off at the limit',
  broken: 'stream left early',
  blocked: 'blocked by a guardrail',
  failed: 'failed',
  streamed: 'streamed',
} as const;

export const VARIANTS = { ...CACHES, ...EXTRAS } as const;

export type CacheId = keyof typeof CACHES;
export type VariantId = keyof typeof VARIANTS;
export const CACHE_IDS = Object.keys(CACHES) as readonly CacheId[];
export const VARIANT_IDS = Object.keys(VARIANTS) as readonly VariantId[];
