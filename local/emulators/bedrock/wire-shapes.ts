/** Request to a model or an agent that the emulator received. */
export interface ModelRequest {
  readonly operation:
    | 'Converse'
    | 'ConverseStream'
    | 'InvokeModel'
    | 'InvokeModelWithResponseStream'
    | 'InvokeModelWithBidirectionalStream'
    | 'InvokeAgent'
    | 'InvokeInlineAgent';
  /**
   * Id in the URL: the id or ARN of the model. For InvokeAgent, it is the id of the agent. For
   * InvokeInlineAgent, it is the id of the session.
   */
  readonly modelId: string;
  /** Parsed body of the request. For a speech session, the array of input events that have arrived so far. */
  readonly body: unknown;
  /** Metadata that the client attached. Converse sends it in the body, InvokeModel in a header. */
  readonly requestMetadata?: unknown;
}

/** Token counts that a generated response reports. `inputTokens` excludes cache reads and cache writes. */
export interface AnswerUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens?: number;
  readonly cacheWrite5mTokens?: number;
  readonly cacheWrite1hTokens?: number;
  /** Number of speech tokens in `inputTokens`. Default: 0. */
  readonly speechInputTokens?: number;
  /** Number of speech tokens in `outputTokens`. Default: 0. */
  readonly speechOutputTokens?: number;
}

/** Response that the emulator sends. If `pace` is set, the response is delayed or its stream ends early. */
export type ModelAnswer = (Answered | Replayed | Conversed | Refused) & { readonly pace?: Pace };

/**
 * Response that the emulator generates from a text and token counts, in the format of the operation and the
 * model.
 */
export interface Answered {
  readonly text: string;
  readonly usage: AnswerUsage;
  readonly stopReason?: string;
  readonly latencyMs?: number;
  readonly serviceTier?: string;
  /** Member `trace` of Converse and ConverseStream responses, e.g. with the assessments of a guardrail. */
  readonly trace?: Json;
}

/**
 * Recorded response that the emulator sends again. `response` is a parsed body, or an array of stream events.
 */
export interface Replayed {
  readonly response: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Output of a speech session (InvokeModelWithBidirectionalStream). The session ends when the client closes
 * its input stream.
 */
export interface Conversed {
  readonly turns: readonly SpeechTurn[];
}

/** Output events that are sent together in a speech session. */
export interface SpeechTurn {
  /** Type of the input event that starts the turn, such as `contentEnd`. Default: the turn starts at once. */
  readonly after?: string;
  /** Output events of the turn, such as `{ textOutput: { content } }`. */
  readonly events: readonly Json[];
}

export interface Refused {
  readonly error: { readonly status: number; readonly type: string; readonly message: string };
}

/** Settings that delay a response or end its stream early. */
export interface Pace {
  /** Delay before the response starts, in milliseconds. */
  readonly delayMs?: number;
  /** Pause after each event of a stream, in milliseconds. */
  readonly betweenMs?: number;
  /**
   * Ends the stream early, after this number of `events`. `how` is `cut` (closes the connection), `silence`
   * (sends nothing more) or `error` (sends a service error).
   */
  readonly stopAfter?: { readonly events: number; readonly how: StreamStop };
}

export type StreamStop = 'cut' | 'silence' | 'error';

export type Json = Readonly<Record<string, unknown>>;

/** Event of a stream before it is encoded. `type` becomes a header. */
export interface WireEvent {
  readonly type: string;
  readonly body: Json;
}

/** Model id in the trace events of agent responses. */
export const AGENT_MODEL = 'anthropic.claude-3-haiku-20240307-v1:0';
const DEFAULT_STOP = 'end_turn';
const DEFAULT_LATENCY_MS = 500;

/**
 * Creates the body of a Converse response. As in recorded responses, `totalTokens` includes cache tokens, and
 * `inputTokens` does not.
 */
export function converseBody(answer: Answered): Json {
  return {
    metrics: { latencyMs: answer.latencyMs ?? DEFAULT_LATENCY_MS },
    output: { message: { role: 'assistant', content: [{ text: answer.text }] } },
    stopReason: answer.stopReason ?? DEFAULT_STOP,
    usage: converseUsage(answer.usage),
    ...serviceTierField(answer),
    ...(answer.trace && { trace: answer.trace }),
  };
}

/** Creates the events of a ConverseStream response. The last event contains the usage. */
export function converseEvents(answer: Answered): WireEvent[] {
  return [
    { type: 'messageStart', body: { role: 'assistant' } },
    ...pieces(answer.text).map(text => ({
      type: 'contentBlockDelta',
      body: { contentBlockIndex: 0, delta: { text } },
    })),
    { type: 'contentBlockStop', body: { contentBlockIndex: 0 } },
    { type: 'messageStop', body: { stopReason: answer.stopReason ?? DEFAULT_STOP } },
    {
      type: 'metadata',
      body: {
        usage: converseUsage(answer.usage),
        metrics: { latencyMs: answer.latencyMs ?? DEFAULT_LATENCY_MS },
        ...serviceTierField(answer),
        ...(answer.trace && { trace: answer.trace }),
      },
    },
  ];
}

/** Creates the events of an agent response: first the trace of one model call, then the answer. */
export function agentEvents(model: string, { text, usage, latencyMs }: Answered): WireEvent[] {
  const step = { traceId: 'step-0' };
  const metadata = {
    clientRequestId: 'agent-call-1',
    totalTimeMs: latencyMs ?? DEFAULT_LATENCY_MS,
    usage: { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens },
  };
  const traced = (trace: Json): WireEvent => ({
    type: 'trace',
    body: { agentId: 'AGENT1', sessionId: 'session', trace: { orchestrationTrace: trace } },
  });
  return [
    traced({ modelInvocationInput: { ...step, foundationModel: model, text: 'the prompt' } }),
    traced({ modelInvocationOutput: { ...step, metadata } }),
    ...pieces(text).map(piece => ({ type: 'chunk', body: { bytes: base64(piece) } })),
  ];
}

/**
 * Converts recorded stream events to the format that the emulator sends. For InvokeModelWithResponseStream,
 * the type of each event is `chunk`. For other operations, the type is the key of the recorded event, for
 * example `messageStop`.
 */
export function replayedEvents(
  operation: ModelRequest['operation'],
  events: readonly unknown[],
): WireEvent[] {
  if (operation === 'InvokeModelWithResponseStream') return events.map(chunkEvent);
  return events.map(event => {
    const [[type, body]] = Object.entries(event as Json);
    return { type, body: body as Json };
  });
}

/** Creates the event that carries one chunk of a model's output in an InvokeModel stream. */
export function chunkEvent(chunk: unknown): WireEvent {
  return { type: 'chunk', body: { bytes: base64(JSON.stringify(chunk)) } };
}

/**
 * Creates the body of an InvokeModel response in the format of the model's vendor.
 *
 * @throws if the model is not from Anthropic or Amazon Nova
 */
export function invokeBody(modelId: string, answer: Answered): Json {
  return vendorOf(modelId) === 'anthropic'
    ? {
        id: 'msg_bdrk_01',
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text: answer.text }],
        stop_reason: answer.stopReason ?? DEFAULT_STOP,
        stop_sequence: null,
        usage: anthropicUsage(answer.usage),
      }
    : {
        output: { message: { content: [{ text: answer.text }], role: 'assistant' } },
        stopReason: answer.stopReason ?? DEFAULT_STOP,
        usage: novaUsage(answer.usage),
      };
}

/**
 * Creates the response headers of InvokeModel that contain token counts. AWS SDK clients do not return them
 * to the caller.
 */
export function invokeHeaders({ usage, latencyMs }: Answered): Record<string, string> {
  return {
    'x-amzn-bedrock-input-token-count': String(usage.inputTokens),
    'x-amzn-bedrock-output-token-count': String(usage.outputTokens),
    'x-amzn-bedrock-cache-read-input-token-count': String(usage.cacheReadTokens ?? 0),
    'x-amzn-bedrock-cache-write-input-token-count': String(cacheWrites(usage)),
    'x-amzn-bedrock-invocation-latency': String(latencyMs ?? DEFAULT_LATENCY_MS),
  };
}

/**
 * Creates the chunks of an InvokeModel stream, in the format of the model's vendor. The last chunk also
 * contains Bedrock's own token counts, which have the same format for all vendors.
 */
export function invokeChunks(modelId: string, answer: Answered): Json[] {
  const metrics = {
    'amazon-bedrock-invocationMetrics': {
      inputTokenCount: answer.usage.inputTokens,
      outputTokenCount: answer.usage.outputTokens,
      invocationLatency: answer.latencyMs ?? DEFAULT_LATENCY_MS,
      firstByteLatency: Math.floor((answer.latencyMs ?? DEFAULT_LATENCY_MS) / 4),
      cacheReadInputTokenCount: answer.usage.cacheReadTokens ?? 0,
      cacheWriteInputTokenCount: cacheWrites(answer.usage),
    },
  };
  if (vendorOf(modelId) === 'anthropic') {
    const usage = anthropicUsage(answer.usage);
    return [
      {
        type: 'message_start',
        message: {
          id: 'msg_bdrk_01',
          type: 'message',
          role: 'assistant',
          content: [],
          usage: { ...usage, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...pieces(answer.text).map(text => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text },
      })),
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: answer.stopReason ?? DEFAULT_STOP },
        usage: { output_tokens: answer.usage.outputTokens },
      },
      { type: 'message_stop', ...metrics },
    ];
  }
  return [
    { messageStart: { role: 'assistant' } },
    ...pieces(answer.text).map(text => ({ contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } })),
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: answer.stopReason ?? DEFAULT_STOP } },
    { metadata: { usage: novaUsage(answer.usage), metrics: {}, trace: {} }, ...metrics },
  ];
}

function converseUsage(usage: AnswerUsage): Json {
  const { cacheWrite5mTokens = 0, cacheWrite1hTokens = 0 } = usage;
  const details = [
    { ttl: '1h', inputTokens: cacheWrite1hTokens },
    { ttl: '5m', inputTokens: cacheWrite5mTokens },
  ].filter(detail => detail.inputTokens > 0);
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: total(usage),
    cacheReadInputTokens: usage.cacheReadTokens ?? 0,
    cacheWriteInputTokens: cacheWrites(usage),
    ...(details.length > 0 ? { cacheDetails: details } : {}),
  };
}

function anthropicUsage(usage: AnswerUsage): Json {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: cacheWrites(usage),
    cache_read_input_tokens: usage.cacheReadTokens ?? 0,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5mTokens ?? 0,
      ephemeral_1h_input_tokens: usage.cacheWrite1hTokens ?? 0,
    },
    output_tokens: usage.outputTokens,
  };
}

function novaUsage(usage: AnswerUsage): Json {
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: total(usage),
    cacheReadInputTokenCount: usage.cacheReadTokens ?? 0,
    cacheWriteInputTokenCount: cacheWrites(usage),
  };
}

function cacheWrites(usage: AnswerUsage): number {
  return (usage.cacheWrite5mTokens ?? 0) + (usage.cacheWrite1hTokens ?? 0);
}

function total(usage: AnswerUsage): number {
  return usage.inputTokens + (usage.cacheReadTokens ?? 0) + cacheWrites(usage) + usage.outputTokens;
}

function serviceTierField(answer: Answered): Json {
  return answer.serviceTier === undefined ? {} : { serviceTier: { type: answer.serviceTier } };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function pieces(text: string): string[] {
  return text.match(/\S+\s*/g) ?? [];
}

function vendorOf(modelId: string): 'anthropic' | 'nova' {
  if (modelId.includes('anthropic.')) return 'anthropic';
  if (modelId.includes('amazon.nova')) return 'nova';
  throw new Error(`the model must be from Anthropic or Amazon Nova, got: ${modelId}`);
}
