import type { BodyShape } from './dimensions';

export type Json = Readonly<Record<string, unknown>>;

/** Token counts of a call. `input` does not include cached tokens. */
export interface Counts {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  /** Number of speech tokens that `input` includes. */
  readonly speechInput?: number;
  /** Number of speech tokens that `output` includes. */
  readonly speechOutput?: number;
}

/** Answer of a model. The tests create the responses of all operations from it. */
export interface Answer {
  readonly modelId: string;
  readonly counts: Counts;
  /** True if the input count of the response includes cached tokens. */
  readonly cachedInside: boolean;
  /** True if the response has fields for cached tokens. */
  readonly hasCacheCounts: boolean;
  /** True if the response gives cache writes separately for 5 minutes and 1 hour. */
  readonly hasTtlCounts: boolean;
  readonly ending: 'complete' | 'maxTokens' | 'broken' | 'blocked';
  readonly serviceTier?: string;
  readonly optimized?: boolean;
}

/** Parsed body of a response, and its headers. */
interface Body {
  readonly response: Json;
  readonly headers: Readonly<Record<string, string>>;
}

const TEXT = 'alder ash aspen';
const PIECES = ['alder ', 'ash ', 'aspen'] as const;
const VECTOR = [0.25, -0.5, 0.125];
const LATENCY_MS = 753;
const INTERVENED = { 'amazon-bedrock-guardrailAction': 'INTERVENED' } as const;
const ASSESSMENT = {
  invocationMetrics: {
    guardrailProcessingLatency: 179,
    usage: {
      topicPolicyUnits: 0,
      contentPolicyUnits: 1,
      wordPolicyUnits: 0,
      sensitiveInformationPolicyUnits: 0,
      sensitiveInformationPolicyFreeUnits: 0,
      contextualGroundingPolicyUnits: 0,
    },
  },
} as const;
const BLOCKED = {
  ...INTERVENED,
  'amazon-bedrock-trace': { guardrail: { input: { v9kpg6yrwhs2: ASSESSMENT } } },
} as const;

export const cachedOf = ({ cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0 }: Counts): number =>
  cacheRead + cacheWrite5m + cacheWrite1h;
const writesOf = ({ cacheWrite5m = 0, cacheWrite1h = 0 }: Counts): number => cacheWrite5m + cacheWrite1h;
/** Returns the input count in the response. It includes cached tokens only if `cachedInside` is true. */
export const inputOf = ({ counts, cachedInside }: Answer): number =>
  counts.input + (cachedInside ? cachedOf(counts) : 0);

export function converseBody(answer: Answer): Json {
  return {
    metrics: { latencyMs: LATENCY_MS },
    output: { message: { content: [{ text: TEXT }], role: 'assistant' } },
    stopReason: converseStop(answer),
    ...converseMetadata(answer),
  };
}

export function converseEvents(answer: Answer): readonly Json[] {
  const begin = [
    { messageStart: { role: 'assistant' } },
    ...PIECES.map(text => ({ contentBlockDelta: { contentBlockIndex: 0, delta: { text } } })),
  ];
  if (answer.ending === 'broken') return begin;
  return [
    ...begin,
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: converseStop(answer) } },
    { metadata: { metrics: { latencyMs: LATENCY_MS }, ...converseMetadata(answer) } },
  ];
}

function converseStop({ ending }: Answer): string {
  return ending === 'blocked' ? 'guardrail_intervened' : ending === 'maxTokens' ? 'max_tokens' : 'end_turn';
}

function converseMetadata(answer: Answer): Json {
  const { counts, hasCacheCounts, hasTtlCounts, ending, serviceTier, optimized } = answer;
  if (ending === 'blocked') {
    return {
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      trace: { guardrail: { inputAssessment: { v9kpg6yrwhs2: ASSESSMENT } } },
    };
  }
  const { cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0 } = counts;
  const details = [
    { ttl: '1h', inputTokens: cacheWrite1h },
    { ttl: '5m', inputTokens: cacheWrite5m },
  ].filter(({ inputTokens }) => inputTokens > 0);
  return {
    usage: {
      inputTokens: inputOf(answer),
      outputTokens: counts.output,
      // If `inputOf` includes cached tokens, `totalTokens` counts them twice, as in streams of OpenAI models.
      totalTokens: inputOf(answer) + cachedOf(counts) + counts.output,
      ...(hasCacheCounts && {
        cacheReadInputTokens: cacheRead,
        cacheWriteInputTokens: writesOf(counts),
      }),
      ...(hasTtlCounts && { cacheDetails: details }),
      serverToolUsage: {},
    },
    ...(serviceTier !== undefined && { serviceTier: { type: serviceTier } }),
    ...(optimized && { performanceConfig: { latency: 'optimized' } }),
  };
}

/** Functions that create InvokeModel bodies and stream chunks in the format of a vendor. */
interface Vendor {
  readonly stops: readonly [complete: string, maxTokens: string];
  body(answer: Answer, stop: string): Json;
  /** Returns the response body for an answer that a guardrail blocks. */
  blocked?(answer: Answer): Json;
  /** Returns the first chunks of a stream. A broken stream consists of only these chunks. */
  begin(answer: Answer): readonly Json[];
  /** Returns the last chunks of a stream. The caller adds Bedrock's own token counts to the last chunk. */
  end(answer: Answer, stop: string): readonly Json[];
  /** Returns the token counts in the chunks that `begin` returns. */
  earlyCounts?(answer: Answer): Counts;
}

const none = () => [];

const VENDORS: Readonly<Record<BodyShape, Vendor>> = {
  anthropic: {
    stops: ['end_turn', 'max_tokens'],
    body: (answer, stop) => ({
      ...anthropicMessage(answer, [{ type: 'text', text: TEXT }]),
      stop_reason: stop,
      usage: anthropicUsage(answer, answer.counts.output),
    }),
    blocked: () => ({ content: [{ text: TEXT, type: 'text' }], role: 'assistant', type: 'message' }),
    begin: answer => [
      {
        type: 'message_start',
        message: {
          ...anthropicMessage(answer, []),
          stop_reason: null,
          ...(answer.ending !== 'blocked' && { usage: anthropicUsage(answer, 1) }),
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...PIECES.map(text => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    ],
    end: ({ counts, ending }, stop) => [
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: stop, stop_sequence: null },
        ...(ending !== 'blocked' && { usage: { output_tokens: counts.output } }),
      },
      { type: 'message_stop' },
    ],
    earlyCounts: ({ counts }) => ({ ...counts, output: 1 }),
  },
  nova: {
    stops: ['end_turn', 'max_tokens'],
    body: (answer, stop) => ({
      output: { message: { content: [{ text: TEXT }], role: 'assistant' } },
      stopReason: stop,
      usage: novaUsage(answer),
    }),
    begin: () => [
      { messageStart: { role: 'assistant' } },
      ...PIECES.map(text => ({ contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } })),
    ],
    end: (answer, stop) => [
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: stop } },
      answer.ending === 'blocked'
        ? { metadata: { metrics: {}, trace: {} } }
        : { metadata: { usage: novaUsage(answer), metrics: {}, trace: {} } },
    ],
  },
  titanText: {
    stops: ['FINISH', 'LENGTH'],
    body: ({ counts }, stop) => titanBody(counts, stop),
    // The token counts belong to the replacement message of the guardrail, and are not billed.
    blocked: ({ counts }) => titanBody(counts, 'FINISH'),
    begin: () =>
      PIECES.map((outputText, index) => ({
        outputText,
        index,
        totalOutputTextTokenCount: null,
        completionReason: null,
        inputTextTokenCount: null,
      })),
    end: ({ counts, ending }, stop) => [
      {
        outputText: '',
        index: PIECES.length,
        completionReason: stop,
        totalOutputTextTokenCount: ending === 'blocked' ? null : counts.output,
        inputTextTokenCount: ending === 'blocked' ? null : counts.input,
      },
    ],
  },
  titanEmbedding: {
    stops: ['', ''],
    body: ({ counts }) => ({
      embedding: VECTOR,
      embeddingsByType: { float: VECTOR },
      inputTextTokenCount: counts.input,
    }),
    begin: none,
    end: none,
  },
  cohereEmbedding: {
    stops: ['', ''],
    body: () => ({
      embeddings: { float: [VECTOR] },
      id: 'id-1',
      response_type: 'embeddings_by_type',
      texts: [TEXT],
    }),
    begin: none,
    end: none,
  },
  llama: {
    stops: ['stop', 'length'],
    body: ({ counts }, stop) => ({
      generation: TEXT,
      prompt_token_count: counts.input,
      generation_token_count: counts.output,
      stop_reason: stop,
    }),
    begin: ({ counts, ending }) =>
      PIECES.map((generation, index) => ({
        generation,
        prompt_token_count: index > 0 || ending === 'blocked' ? null : counts.input,
        generation_token_count: ending === 'blocked' ? null : index + 1,
        stop_reason: null,
      })),
    end: ({ counts, ending }, stop) => [
      {
        generation: '',
        prompt_token_count: null,
        generation_token_count: ending === 'blocked' ? null : counts.output,
        stop_reason: stop,
      },
    ],
    earlyCounts: ({ counts }) => ({ ...counts, output: PIECES.length }),
  },
  cohere: {
    stops: ['COMPLETE', 'MAX_TOKENS'],
    body: (_answer, stop) => ({
      response_id: 'id-1',
      text: TEXT,
      generation_id: 'id-2',
      chat_history: [{ role: 'CHATBOT', message: TEXT }],
      finish_reason: stop,
    }),
    begin: () => PIECES.map(text => ({ is_finished: false, event_type: 'text-generation', text })),
    end: (_answer, stop) => [{ is_finished: true, event_type: 'stream-end', finish_reason: stop }],
  },
  chat: {
    stops: ['stop', 'length'],
    body: (answer, stop) => chatBody(answer, stop),
    begin: answer =>
      PIECES.map(content => chatChunk(answer, { index: 0, delta: { content }, finish_reason: null })),
    end: (answer, stop) => [
      chatChunk(answer, { index: 0, delta: {}, finish_reason: stop }),
      answer.ending === 'blocked'
        ? chatChunk(answer)
        : { ...chatChunk(answer), usage: chatUsage(answer), ...tierOf(answer) },
    ],
  },
};

export function invokeBody(shape: BodyShape, answer: Answer): Body {
  const vendor = VENDORS[shape];
  if (answer.ending === 'blocked') {
    const body = vendor.blocked ?? (of => withoutCounts(vendor.body(of, vendor.stops[0])));
    return { response: { ...body(answer), ...BLOCKED }, headers: {} };
  }
  const { counts, hasCacheCounts, serviceTier, optimized } = answer;
  const isEmbedding = shape === 'titanEmbedding' || shape === 'cohereEmbedding';
  const headers = {
    'x-amzn-bedrock-input-token-count': inputOf(answer),
    ...(!isEmbedding && { 'x-amzn-bedrock-output-token-count': counts.output }),
    ...(hasCacheCounts && {
      'x-amzn-bedrock-cache-read-input-token-count': counts.cacheRead ?? 0,
      'x-amzn-bedrock-cache-write-input-token-count': writesOf(counts),
    }),
    'x-amzn-bedrock-invocation-latency': LATENCY_MS,
    ...termHeaders(serviceTier, optimized),
  };
  return {
    response: vendor.body(answer, stopOf(vendor, answer)),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  };
}

export function invokeChunks(
  shape: BodyShape,
  answer: Answer,
): { readonly response: readonly Json[]; readonly headers: Readonly<Record<string, string>> } {
  const vendor = VENDORS[shape];
  const begin = vendor.begin(answer);
  const headers = termHeaders(answer.serviceTier, answer.optimized);
  if (answer.ending === 'broken') return { response: begin, headers };
  const end = vendor.end(answer, stopOf(vendor, answer));
  const { counts, hasCacheCounts, ending } = answer;
  const metrics = {
    'amazon-bedrock-invocationMetrics': {
      inputTokenCount: ending === 'blocked' ? 0 : inputOf(answer),
      outputTokenCount: ending === 'blocked' ? 0 : counts.output,
      invocationLatency: LATENCY_MS,
      firstByteLatency: 99,
      ...(hasCacheCounts && {
        cacheReadInputTokenCount: ending === 'blocked' ? 0 : (counts.cacheRead ?? 0),
        cacheWriteInputTokenCount: ending === 'blocked' ? 0 : writesOf(counts),
      }),
    },
    ...(ending === 'blocked' && BLOCKED),
  };
  return { response: [...begin, ...end.slice(0, -1), { ...end.at(-1), ...metrics }], headers };
}

/** Returns the token counts in a broken stream. Returns undefined if the stream has none. */
export function earlyChunkCounts(shape: BodyShape, answer: Answer): Counts | undefined {
  return VENDORS[shape].earlyCounts?.(answer);
}

/** Returns the stop reason of an answer, in the vendor's words. */
export function stopReasonOf(shape: BodyShape, answer: Answer): string {
  return stopOf(VENDORS[shape], answer);
}

function stopOf({ stops: [complete, maxTokens] }: Vendor, { ending }: Answer): string {
  return ending === 'maxTokens' ? maxTokens : complete;
}

function termHeaders(serviceTier: string | undefined, optimized = false): Record<string, string> {
  return {
    ...(serviceTier !== undefined && { 'x-amzn-bedrock-service-tier': serviceTier }),
    ...(optimized && { 'x-amzn-bedrock-performanceconfig-latency': 'optimized' }),
  };
}

function withoutCounts({ usage: _usage, ...body }: Json): Json {
  return { ...body, ...('generation' in body && { prompt_token_count: null, generation_token_count: null }) };
}

function anthropicMessage({ modelId }: Answer, content: readonly Json[]): Json {
  return { id: 'id-1', type: 'message', role: 'assistant', model: modelId, content, stop_sequence: null };
}

function anthropicUsage({ counts, hasTtlCounts }: Answer, output: number): Json {
  const { input, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0 } = counts;
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite5m + cacheWrite1h,
    cache_read_input_tokens: cacheRead,
    ...(hasTtlCounts && {
      cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
    }),
    output_tokens: output,
  };
}

function novaUsage({ counts }: Answer): Json {
  return {
    inputTokens: counts.input,
    outputTokens: counts.output,
    totalTokens: counts.input + cachedOf(counts) + counts.output,
    cacheReadInputTokenCount: counts.cacheRead ?? 0,
    cacheWriteInputTokenCount: writesOf(counts),
  };
}

function titanBody({ input, output }: Counts, completionReason: string): Json {
  return {
    inputTextTokenCount: input,
    results: [{ tokenCount: output, outputText: TEXT, completionReason }],
  };
}

function chatUsage(answer: Answer): Json {
  const { counts, hasCacheCounts } = answer;
  return {
    prompt_tokens: inputOf(answer),
    completion_tokens: counts.output,
    total_tokens: inputOf(answer) + counts.output,
    prompt_tokens_details: hasCacheCounts
      ? { cached_tokens: counts.cacheRead ?? 0, cache_write_tokens: writesOf(counts) }
      : null,
  };
}

function chatBody(answer: Answer, finishReason: string): Json {
  return {
    id: 'id-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: answer.modelId,
    choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: finishReason }],
    usage: chatUsage(answer),
    ...tierOf(answer),
  };
}

function chatChunk({ modelId }: Answer, ...choices: readonly Json[]): Json {
  return { id: 'id-1', object: 'chat.completion.chunk', created: 1_790_000_000, model: modelId, choices };
}

function responsesBody(answer: Answer): Json {
  const { counts, hasCacheCounts, ending, modelId } = answer;
  return {
    id: 'id-1',
    object: 'response',
    created_at: 1_790_000_000,
    model: modelId,
    status: ending === 'maxTokens' ? 'incomplete' : 'completed',
    incomplete_details: ending === 'maxTokens' ? { reason: 'max_output_tokens' } : null,
    output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: TEXT }] }],
    usage: {
      input_tokens: inputOf(answer),
      input_tokens_details: {
        cached_tokens: counts.cacheRead ?? 0,
        ...(hasCacheCounts && { cache_write_tokens: writesOf(counts) }),
      },
      output_tokens: counts.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputOf(answer) + counts.output,
    },
    ...tierOf(answer),
  };
}

function tierOf({ serviceTier }: Answer): Json {
  return serviceTier === undefined ? {} : { service_tier: serviceTier };
}

/**
 * Functions that create the bodies and stream chunks of three endpoints. Responses of these endpoints have no
 * token counts in headers.
 */
export const ENDPOINTS = {
  ChatCompletions: {
    body: (answer: Answer) => withoutHeaders('chat', answer),
    chunks: (answer: Answer) => [
      ...VENDORS.chat.begin(answer),
      ...VENDORS.chat.end(answer, stopReasonOf('chat', answer)),
    ],
  },
  Responses: {
    body: (answer: Answer) =>
      answer.ending === 'blocked'
        ? { ...withoutCounts(responsesBody(answer)), ...BLOCKED }
        : responsesBody(answer),
    chunks: (answer: Answer) => [
      { type: 'response.created', response: { id: 'id-1', object: 'response', status: 'in_progress' } },
      ...PIECES.map(delta => ({ type: 'response.output_text.delta', output_index: 0, delta })),
      { type: 'response.completed', response: responsesBody(answer) },
    ],
  },
  Messages: {
    body: (answer: Answer) => withoutHeaders('anthropic', answer),
    chunks: (answer: Answer) => [
      ...VENDORS.anthropic.begin(answer),
      ...VENDORS.anthropic.end(answer, stopReasonOf('anthropic', answer)),
    ],
  },
} as const;

function withoutHeaders(shape: BodyShape, answer: Answer): Json {
  return invokeBody(shape, answer).response;
}

/** Returns the events of a response of InvokeAgent. The agent makes one model call. */
export function agentEvents({ modelId, counts, ending }: Answer): readonly Json[] {
  const step = { traceId: 'id-2' };
  const traced = (trace: Json): Json => ({
    trace: { agentId: 'id-3', agentAliasId: 'id-4', sessionId: 'id-5', trace },
  });
  const chunk = { chunk: { bytes: Buffer.from(TEXT).toString('base64') } };
  if (ending === 'blocked') {
    return [
      traced({
        guardrailTrace: {
          action: 'INTERVENED',
          inputAssessments: [
            { contentPolicy: { filters: [{ action: 'BLOCKED', confidence: 'HIGH', type: 'INSULTS' }] } },
          ],
          ...step,
        },
      }),
      chunk,
    ];
  }
  const begin = traced({
    orchestrationTrace: {
      modelInvocationInput: { foundationModel: modelId, text: TEXT, type: 'ORCHESTRATION', ...step },
    },
  });
  if (ending === 'broken') return [begin];
  return [
    begin,
    traced({
      orchestrationTrace: {
        modelInvocationOutput: {
          metadata: {
            // The model id makes the request id unique. A tracker ignores a request id that it has already
            // seen.
            clientRequestId: `id-6 ${modelId}`,
            totalTimeMs: LATENCY_MS,
            usage: { inputTokens: counts.input, outputTokens: counts.output },
          },
          ...step,
        },
      },
    }),
    chunk,
  ];
}

/**
 * Returns the events of a Nova Sonic session. Two events contain usage. Each of them counts all tokens since
 * the start of the session.
 */
export function sonicEvents({ counts, ending }: Answer): readonly Json[] {
  const { input, output, speechInput = 0, speechOutput = 0 } = counts;
  const ids = { completionId: 'id-1', promptName: 'id-2', sessionId: 'id-3' };
  const parts = { input: split(input, speechInput), output: split(output, speechOutput) };
  const usageEvent = (total: SonicParts, delta: SonicParts): Json => ({
    event: {
      usageEvent: {
        ...ids,
        details: { delta, total },
        totalInputTokens: sum(total.input),
        totalOutputTokens: sum(total.output),
        totalTokens: sum(total.input) + sum(total.output),
      },
    },
  });
  const first = halfOf(parts);
  const begin = [{ event: { completionStart: ids } }, usageEvent(first, first)];
  if (ending === 'broken') return begin;
  return [
    ...begin,
    { event: { textOutput: { ...ids, content: TEXT, role: 'ASSISTANT' } } },
    usageEvent(parts, difference(parts, first)),
    { event: { completionEnd: { ...ids, stopReason: 'END_TURN' } } },
  ];
}

export function earlySonicCounts({ input, output, speechInput = 0, speechOutput = 0 }: Counts): Counts {
  const { input: ins, output: outs } = halfOf({
    input: split(input, speechInput),
    output: split(output, speechOutput),
  });
  return {
    input: sum(ins),
    output: sum(outs),
    speechInput: ins.speechTokens,
    speechOutput: outs.speechTokens,
  };
}

interface SonicTokens {
  readonly speechTokens: number;
  readonly textTokens: number;
}
type SonicParts = Readonly<Record<'input' | 'output', SonicTokens>>;

const sum = ({ speechTokens, textTokens }: SonicTokens): number => speechTokens + textTokens;
const split = (all: number, speech: number): SonicTokens => ({
  speechTokens: speech,
  textTokens: all - speech,
});
const half = ({ speechTokens, textTokens }: SonicTokens): SonicTokens => ({
  speechTokens: Math.floor(speechTokens / 2),
  textTokens: Math.floor(textTokens / 2),
});
const halfOf = ({ input, output }: SonicParts): SonicParts => ({ input: half(input), output: half(output) });
const minus = (one: SonicTokens, other: SonicTokens): SonicTokens => ({
  speechTokens: one.speechTokens - other.speechTokens,
  textTokens: one.textTokens - other.textTokens,
});
const difference = (one: SonicParts, other: SonicParts): SonicParts => ({
  input: minus(one.input, other.input),
  output: minus(one.output, other.output),
});
