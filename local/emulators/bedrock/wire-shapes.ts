/** A call of a model, or of an agent that calls some, as the stand-in sees it. */
export interface ModelRequest {
  readonly operation:
    | 'Converse'
    | 'ConverseStream'
    | 'InvokeModel'
    | 'InvokeModelWithResponseStream'
    | 'InvokeModelWithBidirectionalStream'
    | 'InvokeAgent'
    | 'InvokeInlineAgent';
  /** The model's id or ARN; the agent's id, and for an inline agent its session's. */
  readonly modelId: string;
  /** Parsed body. Of a speech session, the `SpeechInput`s that have arrived so far. */
  readonly body: unknown;
  /** What the caller marked the request with: Converse has it in the body, InvokeModel in a header. */
  readonly requestMetadata?: unknown;
}

/** Tokens in disjoint buckets: input is what was neither read from the cache nor written to it. */
export interface AnswerUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens?: number;
  readonly cacheWrite5mTokens?: number;
  readonly cacheWrite1hTokens?: number;
  /** Part of `inputTokens`, for speech sessions. Default: 0. */
  readonly speechInputTokens?: number;
  /** Part of `outputTokens`, for speech sessions. Default: 0. */
  readonly speechOutputTokens?: number;
}

/** What the model is to answer. */
export type ModelAnswer = (Answered | Replayed | Conversed | Refused) & { readonly pace?: Pace };

/** An answer made of its text and usage, in the shape that the operation and the model have for it. */
export interface Answered {
  readonly text: string;
  readonly usage: AnswerUsage;
  readonly stopReason?: string;
  readonly latencyMs?: number;
  readonly serviceTier?: string;
}

/** A response as it was recorded: a body, or the events or chunks of a stream in order. */
export interface Replayed {
  readonly response: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Script of a speech session (InvokeModelWithBidirectionalStream), which ends with the client's input. */
export interface Conversed {
  readonly turns: readonly SpeechTurn[];
}

/** Part of a speech session. Turns are sent one after the other. */
export interface SpeechTurn {
  /** Input event that the turn answers, such as `contentEnd`. Default: the turn does not wait for input. */
  readonly after?: string;
  /** Members of the output events, such as `{ textOutput: { content } }`. */
  readonly events: readonly Json[];
}

export interface Refused {
  readonly error: { readonly status: number; readonly type: string; readonly message: string };
}

/** How an answer comes. */
export interface Pace {
  /** Before its first byte. */
  readonly delayMs?: number;
  /** Between two events of a stream. */
  readonly betweenMs?: number;
  /**
   * A stream ends after so many events: the connection is
   * cut, nothing more comes, or the service sends an error.
   */
  readonly stopAfter?: { readonly events: number; readonly how: StreamStop };
}

export type StreamStop = 'cut' | 'silence' | 'error';

export type Json = Readonly<Record<string, unknown>>;

/** An event of a stream, before it is framed. */
export interface WireEvent {
  readonly type: string;
  readonly body: Json;
}

const DEFAULT_STOP = 'end_turn';
const DEFAULT_LATENCY_MS = 500;

/** The body of a Converse response, as recorded: cache tokens apart from input, and inside the total. */
export function converseBody(answer: Answered): Json {
  return {
    metrics: { latencyMs: answer.latencyMs ?? DEFAULT_LATENCY_MS },
    output: { message: { role: 'assistant', content: [{ text: answer.text }] } },
    stopReason: answer.stopReason ?? DEFAULT_STOP,
    usage: converseUsage(answer.usage),
    ...tierOf(answer),
  };
}

/** The events of a ConverseStream response, in order; usage comes last. */
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
        ...tierOf(answer),
      },
    },
  ];
}

/** The events of an agent's response: a model call with its trace, then the answer. */
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
 * A recorded stream's events as they are on the wire: Converse and
 * agents name them, InvokeModel has chunks of JSON in one kind.
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

/** One chunk of an InvokeModel stream. */
export function chunkEvent(chunk: unknown): WireEvent {
  return { type: 'chunk', body: { bytes: base64(JSON.stringify(chunk)) } };
}

/**
 * The body of an InvokeModel response in the vendor's own spelling.
 * @throws where the vendor is not one of Anthropic and Amazon Nova
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

/** The token headers of an InvokeModel response, which the SDK does not model. */
export function invokeHeaders({ usage, latencyMs }: Answered): Record<string, string> {
  return {
    'x-amzn-bedrock-input-token-count': String(usage.inputTokens),
    'x-amzn-bedrock-output-token-count': String(usage.outputTokens),
    'x-amzn-bedrock-cache-read-input-token-count': String(usage.cacheReadTokens ?? 0),
    'x-amzn-bedrock-cache-write-input-token-count': String(cacheWrites(usage)),
    'x-amzn-bedrock-invocation-latency': String(latencyMs ?? DEFAULT_LATENCY_MS),
  };
}

/** The chunks of an InvokeModelWithResponseStream response; the last carries the vendor-neutral counts. */
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

function tierOf(answer: Answered): Json {
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
  throw new Error(`the stand-in has InvokeModel bodies of Anthropic and Amazon Nova models, got: ${modelId}`);
}
