import type { Attributes } from './span-attributes';
import { LOGGED_OPERATIONS, MODEL_VENDORS } from '../../../src/contract';
import { isBedrockModelId, MAX_ID_LENGTH, parseModelId } from '../../pricing/model-id';
import { pricedModels, priceKey } from '../../pricing/price-lookup';

/** Operations of a span that is one model call (`gen_ai.operation.name`). */
const CALLS: ReadonlySet<string> = new Set(['chat', 'text_completion', 'generate_content', 'embeddings']);
/** Kinds of OpenInference spans that are one model call. */
const OPEN_INFERENCE_CALLS: ReadonlySet<string> = new Set(['LLM', 'EMBEDDING']);
/** Kinds of LangSmith spans that are one model call. Other kinds can also have the operation `chat`. */
const LANGSMITH_CALLS: ReadonlySet<string> = new Set(['llm', 'embedding']);
/** Kinds of OpenLLMetry spans that contain other spans. */
const TRACELOOP_PARENTS: ReadonlySet<string> = new Set(['workflow', 'agent', 'task', 'tool']);
/** Types of requests in spans of old OpenLLMetry versions that are one model call. */
const REQUEST_TYPES: ReadonlySet<string> = new Set(['chat', 'completion', 'embedding']);
/** End of the operation of an AI SDK span that is one model call, such as `ai.generateText.doGenerate`. */
const AI_SDK_CALL = /\.do(?:Generate|Stream|Embed)$/;

/** Names of Bedrock as the provider of a model, in lower case. */
const BEDROCK_PROVIDERS: ReadonlySet<string> = new Set([
  'aws.bedrock',
  'aws_bedrock',
  'bedrock',
  'amazon-bedrock',
  'amazon_bedrock',
]);
/** Provider of models on Bedrock in spans of OpenInference. Models on SageMaker have it, too. */
const AWS_PROVIDER = 'aws';
const BEDROCK_RPC_SERVICES: ReadonlySet<string> = new Set(['Bedrock Runtime', 'BedrockRuntime']);
const BEDROCK_HOST = /(?:^|\.)bedrock-(?:runtime|mantle)[.-]/;
const MANTLE_HOST = /(?:^|\.)bedrock-mantle[.-]/;
/**
 * Provider in front of a model id, as LiteLLM and CrewAI write it. Examples are
 * `bedrock/converse/us.amazon.nova-pro-v1:0` and `bedrock:us.amazon.nova-pro-v1:0`.
 */
const BEDROCK_ROUTE = /^(?:litellm\/)?bedrock[/:](?:[a-z0-9_-]+\/)*(?=arn:|[^/]+$)/;

/**
 * Returns true if a span is one model call. The usage of all other spans, such as those of agents, is the sum
 * of the calls inside them.
 */
export function isModelCall(attributes: Attributes): boolean {
  const operation = attributes.text('operationName');
  const openInference = attributes.text('openInferenceKind')?.toUpperCase();
  const langsmith = attributes.text('langsmithKind')?.toLowerCase();
  const aiSdk = attributes.text('aiSdkOperation');
  const traceloop = attributes.text('traceloopKind');
  const requestType = attributes.text('requestType');
  // Each of these attributes alone shows that the span is not a model call.
  if (traceloop !== undefined && TRACELOOP_PARENTS.has(traceloop)) return false;
  if (langsmith !== undefined && !LANGSMITH_CALLS.has(langsmith)) return false;
  const answers = [
    operation === undefined ? undefined : CALLS.has(operation.toLowerCase()),
    openInference === undefined ? undefined : OPEN_INFERENCE_CALLS.has(openInference),
    aiSdk === undefined ? undefined : AI_SDK_CALL.test(aiSdk),
  ].filter(answer => answer !== undefined);
  return answers.length > 0
    ? answers.every(answer => answer)
    : requestType !== undefined && REQUEST_TYPES.has(requestType);
}

/** Returns the names of the provider in a span, in lower case. Frameworks write their own names there. */
export function findProviders(attributes: Attributes): readonly string[] {
  return (['provider', 'system', 'llmProvider', 'aiSdkProvider'] as const)
    .map(name => attributes.text(name)?.toLowerCase())
    .filter(provider => provider !== undefined);
}

/** Returns the model id in a span, as it is written there. Ignores texts that cannot be the id of a model. */
export function findModelId(attributes: Attributes): string | undefined {
  return attributes.word('model', MAX_ID_LENGTH);
}

/**
 * Returns true if a span shows that Bedrock answered the call: by the provider, the called service or the
 * form of the model id. An id such as `claude-sonnet-4-6` is not enough, because the vendor's own API also
 * uses it.
 */
export function isBedrockCall(
  attributes: Attributes,
  providers: readonly string[],
  modelId: string | undefined,
): boolean {
  return (
    providers.some(provider => BEDROCK_PROVIDERS.has(provider)) ||
    BEDROCK_RPC_SERVICES.has(attributes.text('rpcService') ?? '') ||
    BEDROCK_HOST.test(attributes.text('serverAddress') ?? '') ||
    (modelId !== undefined &&
      (BEDROCK_ROUTE.test(modelId) ||
        isBedrockModelId(providers.includes(AWS_PROVIDER) ? completeModelId(modelId) : modelId)))
  );
}

/**
 * Returns true if Bedrock writes the call to its invocation log, or if the operation is unknown. Returns
 * false for all calls of Bedrock Mantle, because the log does not contain them.
 */
export function isLoggedCall(attributes: Attributes, operation: string | undefined): boolean {
  return (
    !MANTLE_HOST.test(attributes.text('serverAddress') ?? '') &&
    (operation === undefined || LOGGED_OPERATIONS.some(logged => logged === operation))
  );
}

/**
 * Returns the id or ARN that Bedrock accepts, without the provider in front of it. OpenLLMetry shortens some
 * ids, e.g. to `claude-sonnet-4-6`. If exactly one model with a list price has such a name, its vendor is
 * added.
 */
export function completeModelId(written: string): string {
  const modelId = written.replace(BEDROCK_ROUTE, '');
  if (modelId.startsWith('arn:') || isBedrockModelId(modelId)) return modelId;
  const byKey = new Map<string, string>();
  for (const vendor of MODEL_VENDORS) {
    const candidate = `${vendor}.${modelId}`;
    const key = priceKey(parseModelId(candidate).model);
    if (listed().has(key)) byKey.set(key, byKey.get(key) ?? candidate);
  }
  return byKey.size === 1 ? ([...byKey.values()][0] ?? modelId) : modelId;
}

let listedModels: ReadonlySet<string> | undefined;

/** Returns the price-table keys of all models that have a list price. */
function listed(): ReadonlySet<string> {
  return (listedModels ??= new Set(pricedModels()));
}
