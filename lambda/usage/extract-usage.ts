import { type AgentModelCall, readAgentCalls } from './agent-calls';
import {
  asCount,
  asEvents,
  asObject,
  type Counts,
  findCounts,
  type Json,
  readCounts,
  SHAPES,
} from './counts';
import { readIntervention } from './guardrail';
import { toInvokeStreamUsage } from './invoke-stream-usage';
import { isEmbedding } from './model-calls';
import { toSpeechUsage } from './speech-usage';
import {
  type Circumstances,
  compareOutputs,
  isEmbeddingModel,
  NO_CACHE_TOKENS,
  readConverseUsage,
  reconcile,
  type TokenUsage,
  toReconciledReading,
  totalInputTokens,
  toUsageReading,
  type UsageReading,
  type UsageSource,
} from './token-usage';

/**
 * Reads the token usage in any Bedrock response. Never throws.
 *
 * @returns undefined, not zeros, if the response has no usage. Examples are an error, an incomplete stream,
 * and an agent's stream without a trace
 *
 * @example
 * const usage = extractUsage({ operation: 'Converse', modelId, response });
 */
export function extractUsage(source: UsageSource): TokenUsage | undefined {
  return readUsage(source)?.usage;
}

/**
 * Reads the token usage like {@link extractUsage}. The result also shows if counts in the response contradict
 * each other.
 */
export function readUsage(source: UsageSource): UsageReading | undefined {
  try {
    const { operation, modelId, response } = source;
    switch (operation) {
      case 'Converse':
        return readConverseUsage(response, { modelId, operation });
      case 'ConverseStream':
        return readConverseStream(asEvents(response) ?? [], modelId);
      case 'InvokeModel':
        return readInvoke(source);
      case 'InvokeModelWithResponseStream':
        return toInvokeStreamUsage(asEvents(response) ?? []).read(modelId);
      case 'InvokeModelWithBidirectionalStream':
        return toSpeechUsage(asEvents(response) ?? [response]).read();
      case 'InvokeAgent':
        return readAgent(asEvents(response) ?? []);
      case 'ModelInvocationLog':
        return readLogRecord(asObject(response), modelId);
      case 'BatchOutput':
        return readBatchLine(asObject(response), modelId);
      default:
        return undefined;
    }
  } catch {
    // Reading can throw an error if the response is a proxy or has getters.
    return undefined;
  }
}

/**
 * Returns each model call in an InvokeAgent or InvokeInlineAgent stream, with its model and its usage. Use it
 * to compute the cost, because an agent can call several models with different prices. Never throws.
 *
 * @returns an empty array if the stream has no trace
 */
export function extractAgentCalls(events: readonly unknown[]): readonly AgentModelCall[] {
  try {
    return readAgentCalls(asEvents(events) ?? []).calls;
  } catch {
    return [];
  }
}

/**
 * Reads the usage in a ConverseStream response. The search starts at the end, because the metadata event with
 * the usage comes last.
 */
function readConverseStream(events: readonly unknown[], modelId: string): UsageReading | undefined {
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const metadata = asObject(events[index])?.metadata;
    const usage = readConverseUsage(metadata, { modelId, operation: 'ConverseStream' });
    if (usage) return usage;
  }
  return undefined;
}

function readInvoke({ response, headers, modelId, operation }: UsageSource): UsageReading | undefined {
  const { counts, ...circumstances } = readBody(asObject(response) ?? {}, modelId);
  return toReconciledReading(headers ? readCounts(SHAPES.headers, headers) : {}, counts, {
    source: 'headers',
    vendorSource: 'body',
    modelId,
    operation,
    ...circumstances,
  });
}

/**
 * Reads the usage in a line of a batch job's output. The line in `manifest.json.out` has the sums over all
 * calls of the job. Any other line has the usage of one call.
 */
function readBatchLine(line: Json | undefined, modelId: string): UsageReading | undefined {
  const body = asObject(line?.modelOutput);
  if (!line || !body) return line && readManifest(line, modelId);
  const { counts, ...circumstances } = readBody(body, modelId);
  return toReconciledReading({}, counts, {
    source: 'body',
    modelId,
    // The line does not show if the job used Converse or InvokeModel. The operation matters only for input
    // tokens of OpenAI models.
    operation: 'Converse',
    ...circumstances,
  });
}

function readManifest(manifest: Json, modelId: string): UsageReading | undefined {
  const calls = asCount(manifest.successRecordCount) ?? asCount(manifest.processedRecordCount);
  if (calls === undefined) return undefined;
  const { input, output } = readCounts(SHAPES.converse, manifest);
  const reading = toUsageReading(
    { input, output: output ?? (isEmbeddingModel(modelId) ? 0 : undefined) },
    { source: 'body', modelId },
  );
  return reading && { usage: { ...reading.usage, calls } };
}

/**
 * Reads the usage in a record of the model invocation log. Bedrock's own counts are next to the request body
 * and the response body, so they are present even if a body is cut off or stored in S3.
 */
function readLogRecord(record: Json | undefined, givenModelId: string): UsageReading | undefined {
  if (!record || (record.schemaType !== undefined && record.schemaType !== 'ModelInvocationLog')) {
    return undefined;
  }
  const input = asObject(record.input);
  const output = asObject(record.output);
  // If a call has failed, it is billed only if the record contains a part of the answer. The input count is
  // not a criterion, because a failed call can have an input count.
  const isAnswered = output?.outputBodyJson !== undefined || output?.outputTokenCount !== undefined;
  if (record.errorCode !== undefined && !isAnswered) return undefined;
  const service = readCounts(SHAPES.converse, { ...input, outputTokenCount: output?.outputTokenCount });
  const modelId = typeof record.modelId === 'string' ? record.modelId : givenModelId;
  const call = {
    modelId,
    operation: typeof record.operation === 'string' ? record.operation : undefined,
    source: 'log',
  } as const;
  const chunks = asEvents(output?.outputBodyJson);
  if (!chunks) {
    const { counts, ...circumstances } = readBody(asObject(output?.outputBodyJson) ?? {}, modelId);
    return toReconciledReading(service, counts, { ...call, ...circumstances });
  }
  const { metrics, vendor, isBlocked, hasEnded } = toInvokeStreamUsage(chunks).counts(true);
  const reading = toReconciledReading(service, reconcile(metrics, vendor), {
    ...call,
    isBlocked,
    partial: !hasEnded && !isBlocked && service.output === undefined,
  });
  const outputDifference = compareOutputs(metrics, vendor);
  return reading && outputDifference > 0 ? { outputDifference, ...reading } : reading;
}

function readAgent(events: readonly unknown[]): UsageReading | undefined {
  const { calls, unfinished } = readAgentCalls(events);
  const usages = calls.flatMap(({ usage }) => usage ?? []);
  if (usages.length === 0) return undefined;
  const sum = (count: (usage: TokenUsage) => number) =>
    usages.reduce((total, usage) => total + count(usage), 0);
  const outputTokens = sum(usage => usage.outputTokens);
  // All input counts as uncached, because the trace of an agent contains no cache tokens.
  const uncachedInputTokens = sum(totalInputTokens);
  if (!Number.isSafeInteger(uncachedInputTokens + outputTokens)) return undefined;
  return {
    usage: {
      uncachedInputTokens,
      ...NO_CACHE_TOKENS,
      outputTokens,
      source: 'usage',
      partial: unfinished.length > 0 || usages.length < calls.length,
    },
  };
}

/**
 * Reads the token counts in a response body, in the format of the model's vendor. If a guardrail blocked the
 * call, reads counts only from a member called `usage`. Bedrock does not bill counts in other members of a
 * blocked call.
 */
function readBody(
  body: Json,
  modelId: string,
): Pick<Circumstances, 'isEmbedding' | 'isBlocked'> & { readonly counts: Counts } {
  const intervention = readIntervention(body);
  // If it is unknown what the guardrail did, the call is treated as blocked.
  const isBlocked = intervention === 'blocked' || intervention === 'unknown';
  const found = findCounts(body);
  return {
    counts: found && (found.isUsageMember || !isBlocked) ? found.counts : {},
    isEmbedding: isEmbedding(body) || isEmbeddingModel(modelId),
    isBlocked,
  };
}
