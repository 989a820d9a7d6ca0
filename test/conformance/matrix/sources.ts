const GUIDE = 'Amazon Bedrock User Guide';
const API = 'Amazon Bedrock API Reference';

/** Sources of the table: pages of the documentation, and repositories with measurements or recordings. */
export const SOURCES = {
  agents: `${GUIDE}, "Working with models not yet optimized for Amazon Bedrock Agents": agents support all models`,
  agentUsage: `@aws-sdk/client-bedrock-agent-runtime 3.1164.0, types Usage, ModelInvocationInput and OrchestrationModelInvocationOutput`,
  agentRecordings: 'recordings of InvokeAgent in test/conformance/payloads',
  apis: `${GUIDE}, "API compatibility by models"`,
  apiOverview: `${GUIDE}, "APIs supported by Amazon Bedrock"`,
  batch: `${GUIDE}, "Supported Regions and models for batch inference"`,
  batchJob: `${API}, CreateModelInvocationJob`,
  batchResults: `${GUIDE}, "View the results of a batch inference job"`,
  bidirectional: `${API}, InvokeModelWithBidirectionalStream`,
  bifrost: 'github.com/maximhq/bifrost, pull request 6942, review of 2026-09-07: 4,995 / 19 / 0 / 4,993',
  blockedLog:
    'github.com/panther-labs/panther-analysis, rules/aws_bedrock_rules/aws_bedrockmodelinvocation_guardrailintervened.yml',
  cacheDetails: `${API}, CacheDetail: ttl 5m or 1h`,
  caching: `${GUIDE}, "Prompt caching for faster model inference"`,
  cachingRecordings:
    'DataDog/dd-trace-py and pydantic/pydantic-ai, recordings with a cache in test/conformance/payloads',
  cachePrices: 'Amazon Bedrock pricing page: families with a price of cache reads or cache writes',
  chatCompletions: `${GUIDE}, "Inference using Chat Completions API"`,
  converse: `${API}, Converse, ConverseStreamMetadataEvent and TokenUsage`,
  converseModels: `${GUIDE}, "Supported models and model features" of Converse`,
  converseRecordings: 'recordings of Converse and ConverseStream in test/conformance/payloads',
  createAgent: `${API}, CreateAgent: foundationModel may be the ARN of an inference profile`,
  gemma4: 'TanStack AI documentation, "Amazon Bedrock": Responses of gpt-oss and Gemma 4',
  grok: 'AWS Machine Learning Blog, "Grok 4.7 is now available on Amazon Bedrock"',
  guardrailApi: `${GUIDE}, "Use a guardrail with your inference request"`,
  guardrailBill:
    'github.com/timwukp/agentcore-guardrails-design-validation, results/phase1/F10-1.json of 2026-10-02: usage 0/0 and bill 0/0 of 20 blocked calls each way',
  hourWrites:
    'github.com/BerriAI/litellm, pull request 36762: 14 uncached, 8,851 written for one hour, 4 out',
  invoke: `${GUIDE}, "Inference request parameters and response fields for foundation models"`,
  invokeApi: `${API}, InvokeModel and InvokeModelWithResponseStream`,
  invokeRecordings:
    'recordings of InvokeModel and InvokeModelWithResponseStream in test/conformance/payloads',
  latency: `${GUIDE}, "Optimize model inference for latency"`,
  logging: `${GUIDE}, "Monitor model invocation using CloudWatch Logs and Amazon S3"`,
  marketplace: `${GUIDE}, "Model compatibility" of Bedrock Marketplace`,
  messages: `${GUIDE}, "Inference using the Messages API"`,
  openAiCaching: 'OpenAI platform documentation, "Prompt caching": 2,006 tokens, 1,920 of them cached',
  opencode: 'github.com/anomalyco/opencode, issue 47296 of 2026-09-09: sums of 309 turns',
  pi: 'github.com/earendil-works/pi, issue 8752 of 2026-08-27: 8,369 / 50 / 0 / 8,367 and 12,401 / 50 / 8,367 / 4,032',
  profiles: `${GUIDE}, "Use an inference profile in model invocation"`,
  responses: `${GUIDE}, "Generate responses using OpenAI APIs"`,
  sonic: 'Amazon Nova User Guide, "Handling output events with the bidirectional API"',
  streaming: `${GUIDE}, "Supported foundation models in Amazon Bedrock": column Streaming supported`,
  tiers: `${GUIDE}, "Service tiers for optimizing performance and cost"`,
  tierApi: `${API}, ServiceTier: priority, default, flex, reserved`,
} as const satisfies Readonly<Record<string, string>>;

export type SourceId = keyof typeof SOURCES;
