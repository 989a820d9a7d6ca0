import { type AgentModelCall, readAgentCalls } from './agent-calls';
import { type Counts, eventsOf, type Json, objectOf, outputGap, reconciled, usageOf } from './counts';
import { headerCounts } from './header-counts';
import { isEmbeddingModel } from './model-family';
import { speechUsage } from './speech-usage';
import { type StreamCounts, streamCounts } from './stream-counts';
import {
  type TokenUsage,
  totalInputTokens,
  type UsageOrigin,
  type UsageReading,
  type UsageSource,
} from './token-usage';
import { bodyCounts, camelCaseCounts, isEmbedding } from './vendor-counts';

/**
 * Reads the usage of any Bedrock response. It never throws, and looks at each chunk of a stream once.
 *
 * @returns undefined where the response tells no usage (an error, a stream
 * that ended before it, an agent without trace); never zeros in its place
 *
 * @example
 * const usage = extractUsage({ operation: 'Converse', modelId, response });
 */
export function extractUsage(source: UsageSource): TokenUsage | undefined {
  return readUsage(source)?.usage;
}

/**
 * The same, with what is to be noted of it: where the service and the vendor tell different output counts.
 */
export function readUsage(source: UsageSource): UsageReading | undefined {
  try {
    const { operation, modelId, response } = source;
    switch (operation) {
      case 'Converse':
        return reading(converseUsage(response, modelId));
      case 'ConverseStream':
        return reading(converseStreamUsage(response, modelId));
      case 'InvokeModel':
        return invokeUsage(source);
      case 'InvokeModelWithResponseStream':
        return invokeStreamUsage(streamCounts(eventsOf(response) ?? []), modelId);
      case 'InvokeModelWithBidirectionalStream':
        return reading(speechUsage(eventsOf(response) ?? [response]));
      case 'InvokeAgent':
        return reading(agentUsage(eventsOf(response) ?? []));
      case 'ModelInvocationLog':
        return logUsage(objectOf(response), modelId);
      case 'BatchOutput':
        return batchUsage(objectOf(response), modelId);
      default:
        return undefined;
    }
  } catch {
    // A response may have getters, or be a proxy: reading it must never throw into the caller's path.
    return undefined;
  }
}

/**
 * The model calls of an InvokeAgent or InvokeInlineAgent stream, each with its model, as one run may use
 * several at several prices. `extractUsage` gives their sum. Empty where the stream has no trace; it never
 * throws.
 */
export function extractAgentCalls(events: readonly unknown[]): readonly AgentModelCall[] {
  try {
    return readAgentCalls(eventsOf(events) ?? []).calls;
  } catch {
    return [];
  }
}

function converseUsage(response: unknown, modelId: string): TokenUsage | undefined {
  const usage = objectOf(objectOf(response)?.usage);
  return usage && usageOf(camelCaseCounts(usage), { source: 'usage', modelId });
}

/** Usage stands in the metadata event, which comes last. */
function converseStreamUsage(response: unknown, modelId: string): TokenUsage | undefined {
  const events = eventsOf(response) ?? [];
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const usage = converseUsage(objectOf(events[index])?.metadata, modelId);
    if (usage) return usage;
  }
  return undefined;
}

function invokeUsage({ response, headers, modelId }: UsageSource): UsageReading | undefined {
  const body = objectOf(response) ?? {};
  return fromTwo(headers ? headerCounts(headers) : {}, 'headers', bodyCounts(body), modelId, {
    embedding: isEmbedding(body) || isEmbeddingModel(modelId),
  });
}

/** The usage that the chunks of an InvokeModel stream have told. */
export function invokeStreamUsage(
  { metrics, vendor, ended }: StreamCounts,
  modelId: string,
): UsageReading | undefined {
  return fromTwo(metrics, 'streamMetrics', vendor, modelId, { partial: !ended });
}

function batchUsage(line: Json | undefined, modelId: string): UsageReading | undefined {
  const body = objectOf(line?.modelOutput);
  return (
    body &&
    fromTwo({}, 'body', bodyCounts(body), modelId, {
      embedding: isEmbedding(body) || isEmbeddingModel(modelId),
    })
  );
}

/** What a log record tells at its top holds also where its bodies are cut off or stored elsewhere. */
function logUsage(record: Json | undefined, givenModelId: string): UsageReading | undefined {
  if (!record || (record.schemaType !== undefined && record.schemaType !== 'ModelInvocationLog')) {
    return undefined;
  }
  const input = objectOf(record.input);
  const output = objectOf(record.output);
  const modelId = typeof record.modelId === 'string' ? record.modelId : givenModelId;
  const service = camelCaseCounts({ ...input, outputTokenCount: output?.outputTokenCount });
  const body = output?.outputBodyJson;
  const chunks = eventsOf(body);
  if (chunks) {
    const { metrics, vendor, ended } = streamCounts(chunks);
    const counts = reconciled(metrics, vendor, modelId);
    return fromTwo(service, 'log', counts, modelId, {
      partial: !ended && service.output === undefined,
      sourceOfVendor: 'log',
    });
  }
  const answer = objectOf(body) ?? {};
  return fromTwo(service, 'log', bodyCounts(answer), modelId, {
    embedding: isEmbedding(answer) || isEmbeddingModel(modelId),
    sourceOfVendor: 'log',
  });
}

function agentUsage(events: readonly unknown[]): TokenUsage | undefined {
  const { calls, unfinished } = readAgentCalls(events);
  if (calls.length === 0) return undefined;
  const sum = (count: (usage: TokenUsage) => number) =>
    calls.reduce((total, { usage }) => total + count(usage), 0);
  const outputTokens = sum(usage => usage.outputTokens);
  // No agent's trace tells of cache tokens.
  const uncachedInputTokens = sum(totalInputTokens);
  if (!Number.isSafeInteger(uncachedInputTokens + outputTokens)) return undefined;
  return {
    uncachedInputTokens,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens,
    source: 'usage',
    partial: unfinished.length > 0,
  };
}

interface Circumstances {
  /** An embedding's answer: no output count means that there is no output. */
  readonly embedding?: boolean;
  readonly partial?: boolean;
  /** What to call the vendor's counts. */
  readonly sourceOfVendor?: UsageOrigin;
}

/** The usage of the service's counts and the vendor's own. */
function fromTwo(
  service: Counts,
  serviceSource: UsageOrigin,
  vendor: Counts = {},
  modelId: string,
  told: Circumstances,
): UsageReading | undefined {
  const { embedding = false, partial = false, sourceOfVendor = 'body' } = told;
  const counts = reconciled(service, vendor, modelId);
  // Of a stream that broke, the output that was told so far may be none.
  const output = counts.output ?? (embedding || partial ? 0 : undefined);
  const ofService = service.input !== undefined && (service.output ?? 0) >= (vendor.output ?? 0);
  return reading(
    usageOf({ ...counts, output }, { source: ofService ? serviceSource : sourceOfVendor, modelId, partial }),
    outputGap(service, vendor),
  );
}

function reading(usage: TokenUsage | undefined, outputDifference = 0): UsageReading | undefined {
  return usage && (outputDifference > 0 ? { usage, outputDifference } : { usage });
}
