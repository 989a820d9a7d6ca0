import { type AgentModelCall, readAgentCalls } from './agent-calls';
import {
  type Counts,
  asCount,
  asEvents,
  type Json,
  asObject,
  outputGap,
  type Provenance,
  toUsageReading,
  reconciled,
} from './counts';
import { interventionOf } from './guardrail';
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
import { bodyCounts, camelCaseCounts, isEmbedding, usageMemberCounts } from './vendor-counts';

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

/** Reads the usage as `extractUsage` does, with notes about counts that contradict each other. */
export function readUsage(source: UsageSource): UsageReading | undefined {
  try {
    const { operation, modelId, response } = source;
    switch (operation) {
      case 'Converse':
        return converseUsage(response, { modelId, operation });
      case 'ConverseStream':
        return converseStreamUsage(response, modelId);
      case 'InvokeModel':
        return invokeUsage(source);
      case 'InvokeModelWithResponseStream':
        return invokeStreamUsage(streamCounts(asEvents(response) ?? []), modelId);
      case 'InvokeModelWithBidirectionalStream':
        return speechReading(asEvents(response) ?? [response]);
      case 'InvokeAgent':
        return agentUsage(asEvents(response) ?? []);
      case 'ModelInvocationLog':
        return logUsage(asObject(response), modelId);
      case 'BatchOutput':
        return batchUsage(asObject(response), modelId);
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
    return readAgentCalls(asEvents(events) ?? []).calls;
  } catch {
    return [];
  }
}

/** Reads the `usage` of a Converse response, or of the metadata event of its stream. */
export function converseUsage(
  response: unknown,
  call: Pick<Provenance, 'modelId' | 'operation'>,
): UsageReading | undefined {
  const usage = asObject(asObject(response)?.usage);
  return usage && toUsageReading(camelCaseCounts(usage), { ...call, source: 'usage' });
}

/** Usage stands in the metadata event, which comes last. */
function converseStreamUsage(response: unknown, modelId: string): UsageReading | undefined {
  const events = asEvents(response) ?? [];
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const metadata = asObject(events[index])?.metadata;
    const usage = converseUsage(metadata, { modelId, operation: 'ConverseStream' });
    if (usage) return usage;
  }
  return undefined;
}

function invokeUsage({ response, headers, modelId, operation }: UsageSource): UsageReading | undefined {
  const body = asObject(response) ?? {};
  return fromTwo(headers ? headerCounts(headers) : {}, countsOfBody(body), {
    source: 'headers',
    vendorSource: 'body',
    modelId,
    operation,
    ...circumstancesOf(body, modelId),
  });
}

/**
 * Returns the usage that the chunks of an InvokeModel stream have told.
 *
 * @param whole true if the stream came to its end. Default: false, if only its chunks can tell
 */
export function invokeStreamUsage(
  counts: StreamCounts,
  modelId: string,
  whole = false,
): UsageReading | undefined {
  const isBlocked = isBlockedStream(counts, whole);
  return fromTwo(counts.metrics, isBlocked ? counts.usageMembers : counts.vendor, {
    source: 'streamMetrics',
    vendorSource: 'body',
    modelId,
    operation: 'InvokeModelWithResponseStream',
    isBlocked,
    partial: !counts.ended && !(isBlocked && whole),
  });
}

/** Returns true if a guardrail blocked the call. If nothing tells, a stream that ended counts as blocked. */
function isBlockedStream({ intervention, ended }: StreamCounts, whole: boolean): boolean {
  return intervention === 'blocked' || (intervention === 'untold' && (ended || whole));
}

/** Returns the usage of a line in a batch job's output, or of the whole job by its `manifest.json.out`. */
function batchUsage(line: Json | undefined, modelId: string): UsageReading | undefined {
  const body = asObject(line?.modelOutput);
  if (!line || !body) return line && manifestUsage(line, modelId);
  return fromTwo({}, countsOfBody(body), {
    source: 'body',
    vendorSource: 'body',
    modelId,
    // A line holds an answer of Converse or of InvokeModel, which is not told.
    operation: 'Converse',
    ...circumstancesOf(body, modelId),
  });
}

/** Returns the sums of a batch job. */
function manifestUsage(manifest: Json, modelId: string): UsageReading | undefined {
  const calls = asCount(manifest.successRecordCount) ?? asCount(manifest.processedRecordCount);
  if (calls === undefined) return undefined;
  const { input, output } = camelCaseCounts(manifest);
  const told = toUsageReading(
    { input, output: output ?? (isEmbeddingModel(modelId) ? 0 : undefined) },
    { source: 'body', modelId },
  );
  return told && { usage: { ...told.usage, calls } };
}

/** The counts at the top of a log record also hold if its bodies are cut off or stored elsewhere. */
function logUsage(record: Json | undefined, givenModelId: string): UsageReading | undefined {
  if (!record || (record.schemaType !== undefined && record.schemaType !== 'ModelInvocationLog')) {
    return undefined;
  }
  const input = asObject(record.input);
  const output = asObject(record.output);
  // The service logs the input count of a failed call, too, and bills those that were answered in part.
  const isAnswered = output?.outputBodyJson !== undefined || output?.outputTokenCount !== undefined;
  if (record.errorCode !== undefined && !isAnswered) return undefined;
  const service = camelCaseCounts({ ...input, outputTokenCount: output?.outputTokenCount });
  const modelId = typeof record.modelId === 'string' ? record.modelId : givenModelId;
  const call = {
    modelId,
    operation: typeof record.operation === 'string' ? record.operation : undefined,
    source: 'log',
    vendorSource: 'log',
  } as const;
  const chunks = asEvents(output?.outputBodyJson);
  if (chunks) {
    const counts = streamCounts(chunks);
    const isBlocked = isBlockedStream(counts, true);
    const vendor = isBlocked ? counts.usageMembers : counts.vendor;
    const reading = fromTwo(service, reconciled(counts.metrics, vendor), {
      ...call,
      isBlocked,
      partial: !counts.ended && !isBlocked && service.output === undefined,
    });
    const outputDifference = outputGap(counts.metrics, vendor);
    return reading && outputDifference > 0 ? { outputDifference, ...reading } : reading;
  }
  const answer = asObject(output?.outputBodyJson) ?? {};
  return fromTwo(service, countsOfBody(answer), { ...call, ...circumstancesOf(answer, modelId) });
}

function speechReading(events: readonly unknown[]): UsageReading | undefined {
  const usage = speechUsage(events);
  return usage && { usage };
}

function agentUsage(events: readonly unknown[]): UsageReading | undefined {
  const { calls, unfinished } = readAgentCalls(events);
  const told = calls.flatMap(({ usage }) => usage ?? []);
  if (told.length === 0) return undefined;
  const sum = (count: (usage: TokenUsage) => number) =>
    told.reduce((total, usage) => total + count(usage), 0);
  const outputTokens = sum(usage => usage.outputTokens);
  // No agent's trace tells of cache tokens.
  const uncachedInputTokens = sum(totalInputTokens);
  if (!Number.isSafeInteger(uncachedInputTokens + outputTokens)) return undefined;
  return {
    usage: {
      uncachedInputTokens,
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens,
      source: 'usage',
      partial: unfinished.length > 0 || told.length < calls.length,
    },
  };
}

interface Circumstances extends Provenance {
  /** Origin of the vendor's counts. */
  readonly vendorSource: UsageOrigin;
  /** True for an embedding's answer, which has no output count because there is no output. */
  readonly isEmbedding?: boolean;
  /** True if a guardrail blocked the call. An absent count is then 0. */
  readonly isBlocked?: boolean;
}

/** Returns the usage of the service's counts and the vendor's own. */
function fromTwo(
  service: Counts,
  vendor: Counts,
  { vendorSource, isEmbedding: hasNoOutput = false, isBlocked = false, ...provenance }: Circumstances,
): UsageReading | undefined {
  const counts = reconciled(service, vendor);
  // A stream that broke may have told no output until then.
  const output = counts.output ?? (hasNoOutput || isBlocked || provenance.partial ? 0 : undefined);
  const ofService = service.input !== undefined && (service.output ?? 0) >= (vendor.output ?? 0);
  const told = toUsageReading(
    { ...counts, input: counts.input ?? (isBlocked ? 0 : undefined), output },
    { ...provenance, source: ofService ? provenance.source : vendorSource },
  );
  const outputDifference = outputGap(service, vendor);
  return told && (outputDifference > 0 ? { ...told, outputDifference } : told);
}

/** Returns the vendor's counts of a body. Of a blocked call, only those of `usage` are billed. */
function countsOfBody(body: Json): Counts {
  return (isBlockedBody(body) ? usageMemberCounts(body) : bodyCounts(body)) ?? {};
}

function circumstancesOf(body: Json, modelId: string): Pick<Circumstances, 'isEmbedding' | 'isBlocked'> {
  return {
    isEmbedding: isEmbedding(body) || isEmbeddingModel(modelId),
    isBlocked: isBlockedBody(body),
  };
}

/** Returns true if a guardrail blocked the call. If nothing tells, an intervention counts as one. */
function isBlockedBody(body: Json): boolean {
  const intervention = interventionOf(body);
  return intervention === 'blocked' || intervention === 'untold';
}
