import { asCount, type Json, validAmount, validText } from '../../usage/counts';
import { matching, own } from '../records/record-members';

/**
 * Names of the attributes that are read from a span or its resource, besides the two names below and the
 * attribute with the incident. Other attributes are never read, because they may contain prompts and answers.
 * An instrumentation can write one value under an old and a new name. The first name in a list with a valid
 * value applies.
 */
const NAMES = {
  // Kind of the span
  operationName: ['gen_ai.operation.name'],
  openInferenceKind: ['openinference.span.kind'],
  traceloopKind: ['traceloop.span.kind'],
  langsmithKind: ['langsmith.span.kind'],
  aiSdkOperation: ['ai.operationId'],
  requestType: ['llm.request.type'],

  // Provider and model
  provider: ['gen_ai.provider.name'],
  system: ['gen_ai.system'],
  llmProvider: ['llm.provider'],
  aiSdkProvider: ['ai.model.provider'],
  rpcService: ['rpc.service'],
  serverAddress: ['server.address'],
  model: ['gen_ai.request.model', 'gen_ai.response.model', 'llm.model_name', 'ai.model.id'],

  // Token counts
  input: [
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'llm.token_count.prompt',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'ai.usage.tokens',
  ],
  output: [
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.completion',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
  ],
  cacheRead: [
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'llm.token_count.prompt_details.cache_read',
    'ai.usage.cachedInputTokens',
  ],
  cacheWrite: [
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
    'gen_ai.usage.cache_write_input_tokens',
    'llm.token_count.prompt_details.cache_write',
    'ai.usage.inputTokenDetails.cacheWriteTokens',
  ],
  total: ['gen_ai.usage.total_tokens', 'llm.usage.total_tokens', 'llm.token_count.total'],
  aiSdkCacheRead: ['ai.usage.cachedInputTokens'],
  aiSdkInputDetails: [
    'ai.usage.inputTokenDetails.noCacheTokens',
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.inputTokenDetails.cacheWriteTokens',
  ],

  // Durations
  duration: ['gen_ai.server.request.duration'],
  timeToFirstToken: ['gen_ai.server.time_to_first_token'],
  secondsToFirstChunk: ['gen_ai.response.time_to_first_chunk', 'gen_ai.client.operation.time_to_first_chunk'],
  millisecondsToFirstChunk: ['ai.response.msToFirstChunk'],

  // Call
  method: ['rpc.method'],
  requestId: ['aws.request_id', 'aws.request.id'],
  region: ['cloud.region', 'aws.region'],
  tier: ['gen_ai.response.service_tier', 'gen_ai.openai.response.service_tier'],
  errorType: ['error.type'],
  cancellation: ['strands.cancellation.type'],

  // Agent and session
  agent: ['gen_ai.agent.name', 'agent.name', 'gen_ai.agent.id'],
  session: [
    'session.id',
    'gen_ai.conversation.id',
    'langsmith.trace.session_id',
    'traceloop.association.properties.session_id',
    'traceloop.association.properties.conversation_id',
    'traceloop.association.properties.thread_id',
  ],
  service: ['service.name'],
  localService: ['aws.local.service'],
  platform: ['cloud.platform'],
  platformType: ['PlatformType'],
  resourceId: ['cloud.resource_id'],
  distroVersion: ['telemetry.auto.version'],
  functionName: ['faas.name'],
  language: ['telemetry.sdk.language'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type AttributeName = keyof typeof NAMES;

/** Name of the attribute with the reasons why the model stopped. */
const FINISH_REASONS = 'gen_ai.response.finish_reasons';
/** Name of the attribute with the log groups of a service: a list, or a text with one name. */
const LOG_GROUPS = 'aws.log.group.names';

/** Maximum characters of a text that is read. Names and ids are shorter, so a longer text is ignored. */
const MAX_TEXT_LENGTH = 256;
/** Printable ASCII characters without blanks. */
const WORD = /^[!-~]+$/;

/** Attributes of a span or of its resource. Only known attributes and the configured one can be read. */
export class Attributes {
  constructor(private readonly members: Json) {}

  /** Returns a token count. Skips values of other types, negative numbers and fractions. */
  count(name: AttributeName): number | undefined {
    return this.first(name, asCount);
  }

  /** Returns a number of 0 or more. */
  amount(name: AttributeName): number | undefined {
    return this.first(name, validAmount);
  }

  /** Returns a text of at most 256 characters. */
  text(name: AttributeName): string | undefined {
    return this.first(name, value => shortText(value));
  }

  /** Returns a text of at most `maxLength` printable ASCII characters without blanks. */
  word(name: AttributeName, maxLength: number): string | undefined {
    return this.first(name, value => matching(shortText(value, maxLength), WORD));
  }

  /** Returns a text of at most 256 characters. The configuration names the attribute. */
  configured(attribute: string): string | undefined {
    return shortText(own(this.members, attribute));
  }

  /** Returns the reason why the model stopped. If there are several answers, returns the last reason. */
  finishReason(): string | undefined {
    return lastText(own(this.members, FINISH_REASONS));
  }

  /** Returns the name of the log group that the service writes to. */
  logGroup(): string | undefined {
    return lastText(own(this.members, LOG_GROUPS));
  }

  private first<Value>(name: AttributeName, read: (value: unknown) => Value | undefined): Value | undefined {
    for (const attribute of NAMES[name]) {
      const value = read(own(this.members, attribute));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function shortText(value: unknown, maxLength = MAX_TEXT_LENGTH): string | undefined {
  const text = validText(value)?.trim();
  return text && text.length <= maxLength ? text : undefined;
}

function lastText(value: unknown): string | undefined {
  return shortText(Array.isArray(value) ? value.at(-1) : value);
}
