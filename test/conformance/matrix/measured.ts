import { type Answer, converseBody, type Counts, invokeBody, invokeChunks, type Json } from './answers';
import { BLOCKED_COST, type Expected, type ExpectedUsage, logRecord, type Payload, usageOf } from './payload';
import type { SourceId } from './sources';

/** Call with known token counts or a known cost, from a measurement or from list prices. */
export interface MeasuredCall {
  readonly id: string;
  readonly payload: Payload;
  readonly expected: Expected;
  readonly sources: readonly [SourceId, ...SourceId[]];
  /** Assumption that no source confirms. */
  readonly unclear?: string;
}

const GPT = 'openai.gpt-5.6-sol';
const CLAUDE = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0';
const OPUS = 'global.anthropic.claude-opus-4-8';
const NOVA_PRO = 'amazon.nova-pro-v1:0';
const SONIC = 'amazon.nova-2-sonic-v1:0';
const KIMI = 'moonshotai.kimi-k3';
const DEEPSEEK_R1 = 'us.deepseek.r1-v1:0';
const TITAN = 'amazon.titan-text-express-v1';

/** Application inference profile for an OpenAI model. */
const GPT_PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/g1p2t3g4p5t6';

/** Models of application inference profiles. Each key is the id of a profile, the last part of its ARN. */
export const PROFILES = { a1b2c3d4e5f6: CLAUDE, g1p2t3g4p5t6: GPT } as const;

const answerOf = (modelId: string, counts: Counts, more: Partial<Answer> = {}): Answer => ({
  modelId,
  counts,
  cachedInside: false,
  hasCacheCounts: true,
  hasTtlCounts: true,
  ending: 'complete',
  ...more,
});

const converse = (modelId: string, usage: Json): Payload => ({
  modelId,
  reads: 'Converse',
  response: { output: {}, stopReason: 'end_turn', metrics: { latencyMs: 753 }, usage },
});
const converseStream = (modelId: string, usage: Json): Payload => ({
  modelId,
  reads: 'ConverseStream',
  response: [
    { messageStart: { role: 'assistant' } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'alder' } } },
    { messageStop: { stopReason: 'end_turn' } },
    { metadata: { usage, metrics: { latencyMs: 753 } } },
  ],
});
const headers = (input: number, output: number, cacheRead?: number, cacheWrite?: number) =>
  Object.fromEntries(
    Object.entries({
      'x-amzn-bedrock-input-token-count': input,
      'x-amzn-bedrock-output-token-count': output,
      'x-amzn-bedrock-cache-read-input-token-count': cacheRead,
      'x-amzn-bedrock-cache-write-input-token-count': cacheWrite,
    }).flatMap(([name, count]) => (count === undefined ? [] : [[name, String(count)]])),
  );

/**
 * Token counts of the second call in a measurement over ConverseStream. All input tokens except 2 use the
 * prompt cache.
 */
const SECOND_CALL = { input: 2, cacheRead: 8367, cacheWrite5m: 4032, output: 50 };
const SECOND_CALL_BODY = {
  id: 'id-1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'alder' }, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 12_401,
    completion_tokens: 50,
    total_tokens: 12_451,
    prompt_tokens_details: { cached_tokens: 8367, cache_write_tokens: 4032 },
  },
};

const GPT_CALLS: readonly MeasuredCall[] = [
  {
    id: 'OpenAI GPT over ConverseStream: 4,995 input, 19 output, 4,993 written, total 10,007',
    payload: converseStream(GPT, {
      inputTokens: 4995,
      outputTokens: 19,
      totalTokens: 10_007,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 4993,
    }),
    expected: {
      usage: usageOf({ input: 2, cacheWrite5m: 4993, output: 19 }),
      reportedInputTokens: 4995,
    },
    sources: ['bifrost'],
  },
  {
    id: 'OpenAI GPT over ConverseStream: the same without a total',
    payload: converseStream(GPT, { inputTokens: 4995, outputTokens: 19, cacheWriteInputTokens: 4993 }),
    expected: { usage: usageOf({ input: 2, cacheWrite5m: 4993, output: 19 }) },
    sources: ['bifrost'],
  },
  {
    id: 'OpenAI GPT over ConverseStream: less input than cached tokens, so the input excludes them',
    payload: converseStream(GPT, {
      inputTokens: 2,
      outputTokens: 19,
      totalTokens: 5014,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 4993,
    }),
    expected: { usage: usageOf({ input: 2, cacheWrite5m: 4993, output: 19 }) },
    sources: ['bifrost'],
  },
  {
    id: 'OpenAI GPT over Converse: 8,000 input, 1,000 read, total 9,019',
    payload: converse(GPT, {
      inputTokens: 8000,
      outputTokens: 19,
      totalTokens: 9019,
      cacheReadInputTokens: 1000,
    }),
    expected: { usage: usageOf({ input: 8000, cacheRead: 1000, output: 19 }) },
    sources: ['bifrost', 'converse'],
  },
  {
    id: 'OpenAI GPT over Converse: the same without a total',
    payload: converse(GPT, { inputTokens: 8000, outputTokens: 19, cacheReadInputTokens: 1000 }),
    expected: { usage: usageOf({ input: 8000, cacheRead: 1000, output: 19 }) },
    sources: ['bifrost', 'converse'],
  },
  {
    id: 'OpenAI GPT over Converse: the total is exactly input and output, so the cached tokens are inside the input',
    payload: converse(GPT, {
      inputTokens: 5072,
      outputTokens: 40,
      totalTokens: 5112,
      cacheReadInputTokens: 5018,
      cacheWriteInputTokens: 52,
    }),
    expected: { usage: usageOf({ input: 2, cacheRead: 5018, cacheWrite5m: 52, output: 40 }) },
    sources: ['caching'],
  },
  {
    id: 'OpenAI GPT over ConverseStream with an application inference profile whose model is known',
    payload: converseStream(GPT_PROFILE, {
      inputTokens: 12_401,
      outputTokens: 50,
      totalTokens: 24_850,
      cacheReadInputTokens: 8367,
      cacheWriteInputTokens: 4032,
    }),
    expected: { recorded: usageOf(SECOND_CALL) },
    sources: ['pi', 'profiles'],
  },
  {
    id: 'OpenAI GPT over InvokeModel: cached tokens are inside the input of the body, but not of the headers',
    payload: {
      modelId: GPT,
      reads: 'InvokeModel',
      response: SECOND_CALL_BODY,
      headers: headers(2, 50, 8367, 4032),
    },
    expected: { usage: usageOf(SECOND_CALL) },
    unclear: 'The input count in the headers of these models was not measured.',
    sources: ['openAiCaching'],
  },
  {
    id: 'OpenAI GPT over InvokeModel: only headers, with cached tokens inside the input',
    payload: {
      modelId: GPT,
      reads: 'InvokeModel',
      response: { id: 'id-1' },
      headers: headers(12_401, 50, 8367, 4032),
    },
    expected: { usage: usageOf(SECOND_CALL) },
    unclear: 'The input count in the headers of these models was not measured.',
    sources: ['openAiCaching'],
  },
  {
    id: 'Kimi over ConverseStream: the total is exactly input and output, so the cached tokens are inside the input',
    payload: converseStream(KIMI, {
      inputTokens: 2006,
      outputTokens: 300,
      totalTokens: 2306,
      cacheReadInputTokens: 1920,
    }),
    expected: { usage: usageOf({ input: 86, cacheRead: 1920, output: 300 }) },
    unclear: 'These models were not measured.',
    sources: ['openAiCaching'],
  },
];

const NOVA_COUNTS = { input: 100_000, output: 10_000 };
const novaStream = (more: Partial<Answer>): Payload => ({
  modelId: NOVA_PRO,
  reads: 'InvokeModelWithResponseStream',
  ...invokeChunks('nova', answerOf(NOVA_PRO, NOVA_COUNTS, more)),
});
const novaCall = (
  terms: string,
  more: Partial<Answer>,
  cost: string,
  serviceTier?: string,
): MeasuredCall => ({
  id: `Nova Pro over InvokeModelWithResponseStream, ${terms}: 100,000 input, 10,000 output`,
  payload: novaStream(more),
  expected: { usage: usageOf(NOVA_COUNTS), cost, serviceTier },
  sources: ['tiers', 'invokeApi'],
});

const NOVA_CALLS: readonly MeasuredCall[] = [
  novaCall('no tier named', {}, '0.112'),
  novaCall('standard tier', { serviceTier: 'default' }, '0.112', 'default'),
  novaCall('flex tier', { serviceTier: 'flex' }, '0.056', 'flex'),
  novaCall('priority tier', { serviceTier: 'priority' }, '0.196', 'priority'),
  novaCall('reserved tier', { serviceTier: 'reserved' }, 'unknown', 'reserved'),
  { ...novaCall('latency-optimized', { optimized: true }, 'unknown'), sources: ['latency', 'invokeApi'] },
  {
    id: 'Nova Pro in a batch job, a line of InvokeModel: 100,000 input, 10,000 output',
    payload: {
      modelId: NOVA_PRO,
      reads: 'BatchOutput',
      response: {
        recordId: 'id-1',
        modelInput: {},
        modelOutput: invokeBody('nova', answerOf(NOVA_PRO, NOVA_COUNTS)).response,
      },
    },
    expected: { usage: usageOf(NOVA_COUNTS), cost: '0.056' },
    sources: ['batchResults'],
  },
  {
    id: 'Nova Pro in a batch job, a line of Converse: 100,000 input, 10,000 output',
    payload: {
      modelId: NOVA_PRO,
      reads: 'BatchOutput',
      response: {
        recordId: 'id-1',
        modelInput: {},
        modelOutput: converseBody(answerOf(NOVA_PRO, NOVA_COUNTS)),
      },
    },
    expected: { usage: usageOf(NOVA_COUNTS), cost: '0.056' },
    sources: ['batchResults'],
  },
  {
    id: 'Nova Pro in a batch job, the sums of `manifest.json.out`: 100,000 input, 10,000 output',
    payload: {
      modelId: NOVA_PRO,
      reads: 'BatchOutput',
      response: {
        totalRecordCount: 20,
        processedRecordCount: 20,
        successRecordCount: 19,
        errorRecordCount: 1,
        inputTokenCount: NOVA_COUNTS.input,
        outputTokenCount: NOVA_COUNTS.output,
      },
    },
    expected: { usage: usageOf(NOVA_COUNTS), cost: '0.056' },
    sources: ['batchResults'],
  },
];

/**
 * Creates calls that write to the prompt cache for 1 hour: a Converse response and three log records. If the
 * body of a record is in S3, the lifetime of the cache write is unknown. In this case, the expected cost is
 * the lower bound `bound`. Otherwise, it is `whole`.
 */
const cacheWrite1hCalls = (
  name: string,
  modelId: string,
  counts: { readonly input: number; readonly cacheWrite1h: number; readonly output: number },
  [whole, bound]: readonly [whole: string, bound: string],
): readonly MeasuredCall[] => {
  const answer = answerOf(modelId, counts);
  const { cacheWrite1h, ...others } = counts;
  const expectedBound: ExpectedUsage = {
    ...usageOf({ ...others, cacheWrite5m: cacheWrite1h }),
    cacheWriteTtlUnknown: true,
  };
  const numbers = `${counts.input} input, ${cacheWrite1h.toLocaleString('en')} written for 1 hour, ${counts.output} output`;
  const record = (logged: 'Converse' | 'InvokeModel', body: unknown, inS3: boolean): Payload => ({
    modelId,
    reads: 'ModelInvocationLog',
    response: logRecord({ logged, inS3, answer, body }),
  });
  const body = invokeBody('anthropic', answer).response;
  return [
    {
      id: `${name} over Converse: ${numbers}`,
      payload: { modelId, reads: 'Converse', response: converseBody(answer) },
      expected: { usage: usageOf(counts), cost: whole },
      sources: ['cacheWrite1h', 'cacheDetails'],
    },
    {
      id: `${name}, log record of InvokeModel with its body: ${numbers}`,
      payload: record('InvokeModel', body, false),
      expected: { usage: usageOf(counts), cost: whole },
      sources: ['cacheWrite1h', 'logging'],
    },
    {
      id: `${name}, log record of InvokeModel with its body in S3, a lower bound: ${numbers}`,
      payload: record('InvokeModel', undefined, true),
      expected: { usage: expectedBound, cost: bound },
      sources: ['cacheWrite1h', 'logging'],
    },
    {
      id: `${name}, log record of Converse with its body in S3, a lower bound: ${numbers}`,
      payload: record('Converse', undefined, true),
      expected: { usage: expectedBound, cost: bound },
      sources: ['cacheWrite1h', 'logging'],
    },
  ];
};

const CLAUDE_CALLS: readonly MeasuredCall[] = [
  ...cacheWrite1hCalls('Claude Sonnet 4.5', CLAUDE, { input: 0, cacheWrite1h: 53_000, output: 200 }, [
    '0.321',
    '0.20175',
  ]),
  ...cacheWrite1hCalls('Claude Opus 4.8', OPUS, { input: 14, cacheWrite1h: 8851, output: 4 }, [
    '0.08868',
    '0.05548875',
  ]),
  {
    id: 'Claude over InvokeModel: only headers, with cache writes of unknown lifetime',
    payload: {
      modelId: CLAUDE,
      reads: 'InvokeModel',
      response: { type: 'message' },
      headers: headers(11, 264, 0, 1028),
    },
    expected: {
      usage: {
        ...usageOf({ input: 11, cacheWrite5m: 1028, output: 264 }),
        cacheWriteTtlUnknown: true,
      },
    },
    sources: ['invokeRecordings'],
  },
  {
    id: 'Claude over InvokeModel, blocked by a guardrail: a body without usage',
    payload: {
      modelId: CLAUDE,
      reads: 'InvokeModel',
      ...invokeBody('anthropic', answerOf(CLAUDE, { input: 12, output: 185 }, { ending: 'blocked' })),
    },
    expected: { usage: usageOf({ input: 0, output: 0 }), cost: '0', unitCost: BLOCKED_COST },
    unclear: 'Blocked calls were measured only over Converse.',
    sources: ['blockedLog', 'guardrailBill'],
  },
];

const titanBlocked = invokeBody(
  'titanText',
  answerOf(TITAN, { input: 5, output: 17 }, { ending: 'blocked', hasCacheCounts: false }),
);
const TITAN_CALLS: readonly MeasuredCall[] = [
  {
    id: 'Titan Text over InvokeModel, blocked by a guardrail: a canned answer with its own counts',
    payload: { modelId: TITAN, reads: 'InvokeModel', ...titanBlocked },
    expected: { usage: usageOf({ input: 0, output: 0 }), cost: '0', unitCost: BLOCKED_COST },
    unclear: 'Blocked calls were measured only over Converse.',
    sources: ['guardrailBill', 'guardrailApi'],
  },
  {
    id: 'Titan Text over InvokeModel, masked by a guardrail: the headers have the counts of the model',
    payload: {
      modelId: TITAN,
      reads: 'InvokeModel',
      response: titanBlocked.response,
      headers: headers(28, 22),
    },
    expected: { usage: usageOf({ input: 28, output: 22 }), cost: '0.0000188', unitCost: BLOCKED_COST },
    sources: ['invokeRecordings'],
  },
];

const maskedChat = { ...SECOND_CALL_BODY, 'amazon-bedrock-guardrailAction': 'INTERVENED' };
const MASKED_CALLS: readonly MeasuredCall[] = [
  {
    id: 'OpenAI GPT over Chat Completions, masked by a guardrail: the usage of the body counts',
    payload: { modelId: GPT, reads: 'InvokeModel', response: maskedChat },
    expected: { usage: usageOf(SECOND_CALL) },
    unclear: 'Masked calls were recorded only over Converse and InvokeModel.',
    sources: ['guardrailApi', 'openAiCaching'],
  },
  {
    id: 'Claude over Messages, masked by a guardrail: the usage of the body counts',
    payload: {
      modelId: CLAUDE,
      reads: 'InvokeModel',
      response: {
        ...invokeBody('anthropic', answerOf(CLAUDE, { input: 12, output: 185 })).response,
        'amazon-bedrock-guardrailAction': 'INTERVENED',
      },
    },
    expected: { usage: usageOf({ input: 12, output: 185 }) },
    unclear: 'Masked calls were recorded only over Converse and InvokeModel.',
    sources: ['guardrailApi'],
  },
];

const OTHER_BODIES: readonly MeasuredCall[] = [
  {
    id: 'DeepSeek R1 over InvokeModel: a body without usage',
    payload: {
      modelId: DEEPSEEK_R1,
      reads: 'InvokeModel',
      response: { choices: [{ text: 'alder', stop_reason: 'stop' }] },
      headers: headers(70, 43),
    },
    expected: { usage: usageOf({ input: 70, output: 43 }) },
    sources: ['invoke'],
  },
  {
    id: 'Mistral 7B over InvokeModel: a body without usage',
    payload: {
      modelId: 'mistral.mistral-7b-instruct-v0:2',
      reads: 'InvokeModel',
      response: { outputs: [{ text: 'alder', stop_reason: 'stop' }] },
      headers: headers(70, 43),
    },
    expected: { usage: usageOf({ input: 70, output: 43 }) },
    sources: ['invoke', 'invokeRecordings'],
  },
];

const sonicEvent = (
  input: { readonly speechTokens: number; readonly textTokens: number },
  output: { readonly speechTokens: number; readonly textTokens: number },
): Json => ({
  event: {
    usageEvent: {
      completionId: 'id-1',
      promptName: 'id-2',
      sessionId: 'id-3',
      details: { delta: { input, output }, total: { input, output } },
      totalInputTokens: input.speechTokens + input.textTokens,
      totalOutputTokens: output.speechTokens + output.textTokens,
      totalTokens: input.speechTokens + input.textTokens + output.speechTokens + output.textTokens,
    },
  },
});
const completionEnd: Json = { event: { completionEnd: { completionId: 'id-1', stopReason: 'END_TURN' } } };
const asBytes = (event: Json) => ({ chunk: { bytes: Buffer.from(JSON.stringify(event)) } });

const SPEECH_SESSION = [
  sonicEvent({ speechTokens: 205, textTokens: 145 }, { speechTokens: 20, textTokens: 10 }),
  sonicEvent({ speechTokens: 410, textTokens: 290 }, { speechTokens: 880, textTokens: 120 }),
  completionEnd,
];
const SPEECH_COUNTS = { input: 700, speechInput: 410, output: 1000, speechOutput: 880 };

const SPEECH_CALLS: readonly MeasuredCall[] = [
  {
    id: 'Nova 2 Sonic: 700 input (410 speech), 1,000 output (880 speech)',
    payload: {
      modelId: SONIC,
      reads: 'InvokeModelWithBidirectionalStream',
      response: SPEECH_SESSION,
    },
    expected: { usage: usageOf(SPEECH_COUNTS), cost: '0.0122157' },
    sources: ['sonic'],
  },
  {
    id: 'Nova 2 Sonic: the same events as bytes, as the SDK returns them',
    payload: {
      modelId: SONIC,
      reads: 'InvokeModelWithBidirectionalStream',
      response: SPEECH_SESSION.map(asBytes),
    },
    expected: { usage: usageOf(SPEECH_COUNTS), cost: '0.0122157' },
    sources: ['sonic'],
  },
  {
    id: 'Nova 2 Sonic: with several events, the last total of the session counts',
    payload: {
      modelId: SONIC,
      reads: 'InvokeModelWithBidirectionalStream',
      response: [
        sonicEvent({ speechTokens: 100, textTokens: 3000 }, { speechTokens: 20, textTokens: 0 }),
        sonicEvent({ speechTokens: 288, textTokens: 3443 }, { speechTokens: 694, textTokens: 203 }),
        completionEnd,
      ],
    },
    expected: { usage: usageOf({ input: 3731, speechInput: 288, output: 897, speechOutput: 694 }) },
    sources: ['sonic'],
  },
];

/** Test calls in addition to the rows of the table. Each call has its own token counts. */
export const MEASURED: readonly MeasuredCall[] = [
  ...GPT_CALLS,
  ...NOVA_CALLS,
  ...CLAUDE_CALLS,
  ...TITAN_CALLS,
  ...MASKED_CALLS,
  ...OTHER_BODIES,
  ...SPEECH_CALLS,
];
