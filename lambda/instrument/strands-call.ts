import type { CallReader, KnownCall, ObservedCall } from './observed-call';
import type { RecordInput } from '../invocation/record-input';
import { isBedrockModelId } from '../pricing/model-id';
import { ignoringErrors } from '../process/promises';
import { errorName } from '../process/warn-once';
import { asCount, asObject, type Json, validAmount, validText } from '../usage/counts';
import { NO_CACHE_TOKENS } from '../usage/token-usage';

/**
 * Middleware for `InvokeModelStage` of Strands Agents. It has no types of Strands, so that programs without
 * Strands can be compiled.
 */
export type StrandsMiddleware = <Context, Result, Event>(
  context: Context,
  next: (context: Context) => AsyncGenerator<Event, Result, undefined>,
) => AsyncGenerator<Event, Result, undefined>;

/** Model call of Strands Agents. */
export interface StrandsCall {
  readonly modelId: string;
  readonly known: KnownCall;
  /**
   * Service tier and latency that the configuration of the model requests. Strands does not pass on those of
   * the response.
   */
  readonly terms: Json;
}

/** Names of the token counts in the usage of Strands. */
const COUNTS = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cacheReadInputTokens',
  'cacheWriteInputTokens',
] as const;
/** Operations of an OpenAI model, by its member `api`. */
const OPENAI_OPERATIONS = new Map<unknown, string>([
  ['chat', 'ChatCompletions'],
  ['responses', 'Responses'],
]);

/**
 * Reads the model call that a middleware of Strands is called for. Can throw, for example in a getter.
 *
 * @returns undefined if the model is not a model of Bedrock
 */
export function readStrandsCall(context: unknown): StrandsCall | undefined {
  const { model, messages, systemPrompt, toolSpecs } = (asObject(context) ?? {}) as Json & {
    readonly model?: { readonly modelId?: unknown; readonly api?: unknown; getConfig?(): unknown };
  };
  const modelId = validText(model?.modelId);
  if (modelId === undefined || !isBedrockModelId(modelId)) return undefined;
  const { stream, guardrailConfig, additionalArgs } =
    ignoringErrors(() => asObject(model?.getConfig?.())) ?? {};
  const { serviceTier, performanceConfig } = asObject(additionalArgs) ?? {};
  const operation = OPENAI_OPERATIONS.get(model?.api) ?? (stream === false ? 'Converse' : 'ConverseStream');
  return {
    modelId,
    known: {
      call: {
        operation,
        // The events are converted to events of ConverseStream.
        reads: 'ConverseStream',
        model: [],
        content: ['messages', 'systemPrompt', 'toolSpecs'],
      },
      input: { messages, systemPrompt, toolSpecs, guardrailConfig },
      isFixed: true,
    },
    terms: { serviceTier, performanceConfig },
  };
}

/**
 * Returns a reader for the events and the end of a Strands model call. If no event comes from a model, for
 * example because another middleware answers from a cache, the call is not recorded.
 */
export function strandsReader(observed: ObservedCall, { known, terms }: StrandsCall): CallReader {
  const isStream = known.call.operation !== 'Converse';
  let hasEvents = false;
  let metadata: Json | undefined;

  const endStream: CallReader['endStream'] = ({ whole, error }) => {
    if (hasEvents) {
      const usage = asObject(metadata?.usage);
      observed.endStream({
        whole,
        // An error after the usage is an error of Strands, e.g. `MaxTokensError`. The call itself succeeded.
        error: usage ? undefined : toCause(error),
        // A getter can throw. The call is recorded nevertheless.
        facts: ignoringErrors(() => ({
          ...readTimes(asObject(metadata?.metrics) ?? {}),
          ...(isStream ? {} : { timeToFirstTokenMs: undefined, ...(usage && readUnsplitUsage(usage)) }),
        })),
      });
    } else if (error !== undefined) {
      observed.failed(toCause(error));
    } else {
      observed.drop();
    }
  };

  return {
    answered: () => endStream({ whole: true }),
    failed: error => endStream({ whole: false, error }),
    streams: () => undefined,
    event: item => {
      const { type, event } = asObject(item) ?? {};
      const converted =
        type === 'modelStreamUpdateEvent' ? toConverseEvent(asObject(event) ?? {}, terms) : undefined;
      if (!converted) return;
      if (!hasEvents) observed.receivesStream('ConverseStream', {});
      hasEvents = true;
      metadata = asObject(converted.metadata) ?? metadata;
      observed.event(converted);
    },
    endStream,
  };
}

/** Converts an event of a Strands model to an event of ConverseStream. */
function toConverseEvent(event: Json, terms: Json): Json | undefined {
  switch (event.type) {
    case 'modelMessageStartEvent':
      return { messageStart: {} };
    case 'modelContentBlockStartEvent':
      return { contentBlockStart: event };
    case 'modelContentBlockDeltaEvent':
      return { contentBlockDelta: event };
    case 'modelMessageStopEvent':
      return { messageStop: { ...event, stopReason: toSnakeCase(event.stopReason) } };
    case 'modelMetadataEvent':
      return { metadata: { ...terms, ...event } };
    default:
      return undefined;
  }
}

/** Converts `endTurn`, for example, to `end_turn`, the name in Bedrock's responses. */
function toSnakeCase(reason: unknown): string | undefined {
  return validText(reason)?.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

/** Reads the times that the model reports. Times that it does not report are measured. */
function readTimes({ latencyMs, timeToFirstByteMs }: Json): Partial<RecordInput> {
  const latency = validAmount(latencyMs);
  const toFirstToken = validAmount(timeToFirstByteMs);
  return {
    ...(latency !== undefined && { latencyMs: latency }),
    ...(toFirstToken !== undefined && { timeToFirstTokenMs: toFirstToken }),
  };
}

/**
 * Reads usage whose total contains cached tokens that have no count of their own. Strands drops their counts
 * for `stream: false`. They count as cache reads, which have the lowest price. The usage is then
 * partial, and `uncounted` gives the reason for the lower bound of the cost.
 */
function readUnsplitUsage(usage: Json): Partial<RecordInput> {
  const [input, output, total, read, written] = COUNTS.map(name => asCount(usage[name]) ?? 0);
  const cached = total - input - output;
  if (cached <= 0 || read > 0 || written > 0) return {};
  return {
    usage: {
      ...NO_CACHE_TOKENS,
      uncachedInputTokens: input,
      cacheReadTokens: cached,
      outputTokens: output,
      source: 'usage',
      partial: true,
    },
    uncounted: ['cacheTokens'],
  };
}

/**
 * Returns the error of the model's client, if an error of Strands wraps it. Only its name is recorded.
 * Returns `AbortError` if the agent was cancelled.
 */
function toCause(error: unknown): unknown {
  if (errorName(error) === 'CancelledError') return { name: 'AbortError' };
  return ignoringErrors(() => asObject(asObject(error)?.cause)) ?? error;
}
