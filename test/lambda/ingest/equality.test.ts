import { logRecord, NOVA } from './support';
import { KnownProfiles } from '../../../lambda/ingest/known-profiles';
import type { IngestRules } from '../../../lambda/ingest/log-record';
import { readLogLine } from '../../../lambda/ingest/log-record';
import { toInvocation } from '../../../lambda/invocation/record-input';
import { CostCalculator } from '../../../lambda/pricing/cost-calculator';
import { readPayloads, type RecordedResponse } from '../../conformance/payloads';
import { Bedrock, KeepingTracker, messages, read, tokensOf } from '../instrument/support';
import { type Cost, type Invocation, readUsage } from 'cdk-token-analytics/runtime';

type Members = Readonly<Record<string, unknown>>;

type Recorded = Pick<RecordedResponse, 'id' | 'operation' | 'modelId' | 'responseHeaders' | 'response'> & {
  /** Members of the request besides the model. The `body` of InvokeModel is an object. */
  readonly request?: Members & { readonly body?: Members };
};

const RULES: IngestRules = { roles: new Map(), ignoredRoles: new Set(), leftToTracker: new Set() };
const TIMESTAMP = '2026-11-20T10:00:00Z';

function ingested(record: Members): Invocation {
  const reading = readLogLine({ message: JSON.stringify(record), timestamp: Date.now() }, RULES);
  if (reading.kind !== 'call') throw new Error(`read as ${reading.kind}`);
  const profiles = new KnownProfiles(undefined);
  return toInvocation(reading.call, { calculator: new CostCalculator({}, profiles), profiles, defaults: {} });
}

/** Returns the record that Bedrock's invocation log contains for a recorded call. */
function recordOf({ operation, modelId, response, responseHeaders, request = {} }: Recorded): Members {
  const body = operation === 'ConverseStream' ? joined(response as readonly Members[]) : response;
  const count = (name: string) =>
    responseHeaders[`x-amzn-bedrock-${name}`] === undefined
      ? undefined
      : Number(responseHeaders[`x-amzn-bedrock-${name}`]);
  const usage = operation.startsWith('Converse')
    ? (body as { usage?: Record<string, number> }).usage
    : undefined;
  return logRecord({
    operation,
    modelId,
    timestamp: TIMESTAMP,
    requestMetadata: { agentId: 'triage', incidentId: 'INC-7' },
    input: {
      inputBodyJson: operation.startsWith('Converse') ? request : (request.body ?? {}),
      inputTokenCount: usage?.inputTokens ?? count('input-token-count'),
      cacheReadInputTokenCount: usage?.cacheReadInputTokens ?? count('cache-read-input-token-count'),
      cacheWriteInputTokenCount: usage?.cacheWriteInputTokens ?? count('cache-write-input-token-count'),
    },
    output: { outputBodyJson: body, outputTokenCount: usage?.outputTokens ?? count('output-token-count') },
  });
}

function joined(events: readonly Members[]): Members {
  const member = (name: string) =>
    events.map(event => event[name] as Members | undefined).find(value => value !== undefined);
  return { output: {}, stopReason: member('messageStop')?.stopReason, ...member('metadata') };
}

/** Replays a recorded response to an instrumented client. Returns the invocation that the tracker records. */
async function tracked({
  operation,
  modelId,
  response,
  responseHeaders,
  request,
}: Recorded): Promise<Invocation> {
  const bedrock = await Bedrock.start();
  const tracker = new KeepingTracker();
  const model = modelId ?? '';
  bedrock.answer = { response, headers: responseHeaders };
  const client = tracker.instrument(bedrock.client, { agentId: 'triage', incidentId: 'INC-7' });
  const { runtime } = bedrock.sdk;
  const converse = { modelId: model, messages, ...request };
  const invoke = { modelId: model, ...request, body: JSON.stringify(request?.body ?? {}) };
  try {
    switch (operation) {
      case 'Converse':
        await client.send(new runtime.ConverseCommand(converse));
        break;
      case 'InvokeModel':
        await client.send(new runtime.InvokeModelCommand(invoke));
        break;
      case 'ConverseStream':
        await read((await client.send(new runtime.ConverseStreamCommand(converse))).stream!);
        break;
      default:
        await read((await client.send(new runtime.InvokeModelWithResponseStreamCommand(invoke))).body!);
    }
  } finally {
    await bedrock.close();
  }
  return tracker.invocations[0];
}

const facts = (invocation: Invocation) => ({
  agentId: invocation.agentId,
  incidentId: invocation.incidentId,
  model: invocation.model,
  modelId: invocation.modelId,
  scope: invocation.scope,
  operation: invocation.operation,
  tokens: tokensOf(invocation),
  partial: invocation.usage?.partial,
  picoUsd: invocation.cost?.picoUsd,
  units: invocation.units,
  lowerBound: invocation.cost?.lowerBound,
  serviceTier: invocation.serviceTier,
  reportedInputTokens: invocation.reportedInputTokens,
  stopReason: invocation.stopReason,
  error: invocation.error,
});

const HAND_MADE: readonly Recorded[] = [
  {
    id: 'the flex tier',
    operation: 'Converse',
    modelId: 'us.amazon.nova-2-lite-v1:0',
    responseHeaders: {},
    response: {
      output: {},
      stopReason: 'end_turn',
      metrics: { latencyMs: 5 },
      serviceTier: { type: 'flex' },
      usage: { inputTokens: 10, outputTokens: 20, totalTokens: 30 },
    },
  },
  {
    id: 'cached tokens of an OpenAI model, which are inside its input',
    operation: 'ConverseStream',
    modelId: 'openai.gpt-5.6-sol',
    responseHeaders: {},
    response: [
      { messageStart: { role: 'assistant' } },
      { messageStop: { stopReason: 'end_turn' } },
      {
        metadata: {
          usage: {
            inputTokens: 4_995,
            outputTokens: 19,
            totalTokens: 10_007,
            cacheReadInputTokens: 0,
            cacheWriteInputTokens: 4_993,
          },
          metrics: { latencyMs: 5 },
        },
      },
    ],
  },
  {
    id: 'an answer that a guardrail blocked',
    operation: 'InvokeModel',
    modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
    responseHeaders: {},
    response: {
      'type': 'message',
      'role': 'assistant',
      'content': [{ type: 'text', text: 'Sorry.' }],
      'amazon-bedrock-guardrailAction': 'INTERVENED',
      'amazon-bedrock-trace': { guardrail: { actionReason: 'Guardrail blocked.' } },
    },
  },
  {
    id: 'the tier in a body of OpenAI',
    operation: 'InvokeModel',
    modelId: 'openai.gpt-oss-120b-1:0',
    responseHeaders: {},
    response: {
      service_tier: 'flex',
      choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: 'alder' } }],
      usage: { prompt_tokens: 1_000_000, completion_tokens: 10, total_tokens: 1_000_010 },
    },
  },
  {
    id: 'cache writes of both kinds',
    operation: 'Converse',
    modelId: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    responseHeaders: {},
    response: {
      output: {},
      stopReason: 'end_turn',
      metrics: { latencyMs: 5 },
      usage: {
        inputTokens: 10,
        outputTokens: 20,
        totalTokens: 730,
        cacheReadInputTokens: 100,
        cacheWriteInputTokens: 600,
        cacheDetails: [
          { ttl: '1h', inputTokens: 400 },
          { ttl: '5m', inputTokens: 200 },
        ],
      },
    },
  },
  {
    id: "cache writes of both kinds, in a vendor's body",
    operation: 'InvokeModel',
    modelId: 'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
    responseHeaders: {
      'x-amzn-bedrock-input-token-count': '10',
      'x-amzn-bedrock-output-token-count': '20',
      'x-amzn-bedrock-cache-read-input-token-count': '100',
      'x-amzn-bedrock-cache-write-input-token-count': '600',
    },
    response: {
      stop_reason: 'max_tokens',
      usage: {
        input_tokens: 10,
        output_tokens: 20,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 600,
        cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 400 },
      },
    },
  },
  {
    id: 'optimized latency, which has no price',
    operation: 'Converse',
    modelId: 'us.anthropic.claude-3-5-haiku-20241022-v1:0',
    responseHeaders: {},
    response: {
      output: {},
      stopReason: 'end_turn',
      metrics: { latencyMs: 5 },
      performanceConfig: { latency: 'optimized' },
      usage: { inputTokens: 10, outputTokens: 20, totalTokens: 30 },
    },
  },
  {
    id: 'a prompt router',
    operation: 'Converse',
    modelId: 'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1',
    responseHeaders: {},
    response: {
      output: {},
      stopReason: 'end_turn',
      metrics: { latencyMs: 5 },
      usage: { inputTokens: 10, outputTokens: 20, totalTokens: 30 },
      trace: {
        promptRouter: {
          invokedModelId:
            'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-5-sonnet-20240620-v1:0',
        },
      },
    },
  },
  {
    id: 'an embedding',
    operation: 'InvokeModel',
    modelId: 'amazon.titan-embed-text-v2:0',
    responseHeaders: { 'x-amzn-bedrock-input-token-count': '7' },
    response: { embedding: [0.5], inputTextTokenCount: 7 },
  },
  {
    id: 'a stream of chunks',
    operation: 'InvokeModelWithResponseStream',
    modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    responseHeaders: {},
    response: [
      {
        type: 'message_start',
        message: {
          usage: {
            input_tokens: 10,
            output_tokens: 1,
            cache_creation_input_tokens: 600,
            cache_creation: { ephemeral_1h_input_tokens: 400, ephemeral_5m_input_tokens: 200 },
          },
        },
      },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'x' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 25 } },
      {
        'type': 'message_stop',
        'amazon-bedrock-invocationMetrics': {
          inputTokenCount: 10,
          outputTokenCount: 25,
          cacheWriteInputTokenCount: 600,
          invocationLatency: 90,
          firstByteLatency: 30,
        },
      },
    ],
  },
];

const same = async (recorded: Recorded) => {
  const [byTracker, byIngest] = [await tracked(recorded), ingested(recordOf(recorded))];
  expect(facts(byIngest)).toEqual(facts(byTracker));
  return byIngest;
};

describe('an invocation from the log equals that of a tracker', () => {
  test.each(HAND_MADE.map(recorded => [recorded.id, recorded] as const))(
    'an invocation from the log equals that of a tracker: %s',
    async (id, recorded) => {
      const { usage, cost } = await same(recorded);

      expect(usage).toBeDefined();
      expect(cost === undefined).toBe(id.includes('no price'));
    },
  );

  test('an invocation from the log equals that of a tracker if the bodies are stored elsewhere', () => {
    const vendor = HAND_MADE.find(({ id }) => id.includes("in a vendor's body"))!;
    const whole = recordOf({ ...vendor, response: { usage: { input_tokens: 10, output_tokens: 20 } } });
    const cut = {
      ...whole,
      output: { outputTokenCount: 20, outputBodyS3Path: 's3://bucket/data/req-1_output.json.gz' },
    };

    expect(ingested(cut).cost?.picoUsd).toBe(ingested(whole).cost?.picoUsd);
    expect(tokensOf(ingested(cut))).toEqual([10, 100, 600, 0, 20]);
  });
});

/** Text units of a guardrail: 2 for its content filters and 2 for its denied topics. They cost $0.0006. */
const ASSESSED = {
  own: { invocationMetrics: { usage: { contentPolicyUnits: 2, topicPolicyUnits: 2, wordPolicyUnits: 2 } } },
};
const UNITS = { guardrailContent: 2, guardrailTopics: 2 };
const GUARDRAIL = { guardrailIdentifier: 'gr', guardrailVersion: '1' };
const NOVA_USAGE = { inputTokens: 1000, outputTokens: 100, totalTokens: 1100 };
/** 1,000 × $0.035 / 1M + 100 × $0.14 / 1M, in pico-dollars. */
const NOVA_PICO = 49_000_000n;
const converse = { output: {}, stopReason: 'end_turn', metrics: { latencyMs: 5 }, usage: NOVA_USAGE };
const novaBody = { output: { message: {} }, stopReason: 'end_turn', usage: NOVA_USAGE };

type Billed = Pick<Invocation, 'units'> & Partial<Pick<Cost, 'picoUsd' | 'lowerBound'>>;

const BILLED: readonly (readonly [Omit<Recorded, 'responseHeaders'>, Billed])[] = [
  [
    {
      id: 'a guardrail with its trace',
      operation: 'Converse',
      modelId: NOVA,
      request: { guardrailConfig: { ...GUARDRAIL, trace: 'enabled' } },
      response: { ...converse, trace: { guardrail: { inputAssessment: ASSESSED } } },
    },
    { units: UNITS, picoUsd: NOVA_PICO + 600_000_000n },
  ],
  [
    {
      id: 'a guardrail without its trace',
      operation: 'Converse',
      modelId: NOVA,
      request: { guardrailConfig: GUARDRAIL },
      response: converse,
    },
    { picoUsd: NOVA_PICO, lowerBound: ['guardrailUnits'] },
  ],
  [
    {
      id: 'a guardrail that the account enforces and that blocked the call',
      operation: 'Converse',
      modelId: NOVA,
      response: {
        ...converse,
        stopReason: 'guardrail_intervened',
        usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      },
    },
    { picoUsd: 0n, lowerBound: ['guardrailUnits'] },
  ],
  [
    {
      id: 'a guardrail with its trace in a stream',
      operation: 'ConverseStream',
      modelId: NOVA,
      request: { guardrailConfig: { ...GUARDRAIL, trace: 'enabled' } },
      response: [
        { messageStart: { role: 'assistant' } },
        { messageStop: { stopReason: 'end_turn' } },
        {
          metadata: {
            usage: NOVA_USAGE,
            metrics: { latencyMs: 5 },
            trace: { guardrail: { inputAssessment: ASSESSED, outputAssessments: { own: [ASSESSED.own] } } },
          },
        },
      ],
    },
    { units: { guardrailContent: 4, guardrailTopics: 4 }, picoUsd: NOVA_PICO + 1_200_000_000n },
  ],
  [
    {
      id: 'a guardrail that the account enforces and that blocked a stream',
      operation: 'ConverseStream',
      modelId: NOVA,
      response: [
        { messageStart: { role: 'assistant' } },
        { messageStop: { stopReason: 'guardrail_intervened' } },
        { metadata: { usage: NOVA_USAGE, metrics: { latencyMs: 5 } } },
      ],
    },
    { picoUsd: NOVA_PICO, lowerBound: ['guardrailUnits'] },
  ],
  [
    {
      id: 'a guardrail in a body without its trace',
      operation: 'InvokeModel',
      modelId: NOVA,
      request: GUARDRAIL,
      response: { ...novaBody, 'amazon-bedrock-guardrailAction': 'NONE' },
    },
    { picoUsd: NOVA_PICO, lowerBound: ['guardrailUnits'] },
  ],
  [
    {
      id: 'a guardrail that the account enforces, in a body without its trace',
      operation: 'InvokeModel',
      modelId: NOVA,
      response: { ...novaBody, 'amazon-bedrock-guardrailAction': 'NONE' },
    },
    { picoUsd: NOVA_PICO, lowerBound: ['guardrailUnits'] },
  ],
  [
    {
      id: 'a guardrail in chunks without its trace',
      operation: 'InvokeModelWithResponseStream',
      modelId: NOVA,
      response: [
        { 'contentBlockDelta': { delta: { text: 'x' } }, 'amazon-bedrock-guardrailAction': 'NONE' },
        {
          'metadata': { usage: NOVA_USAGE },
          'amazon-bedrock-guardrailAction': 'NONE',
          'amazon-bedrock-invocationMetrics': { inputTokenCount: 1000, outputTokenCount: 100 },
        },
      ],
    },
    { picoUsd: NOVA_PICO, lowerBound: ['guardrailUnits'] },
  ],
  [
    {
      id: 'a guardrail with its trace in the last chunk',
      operation: 'InvokeModelWithResponseStream',
      modelId: NOVA,
      response: [
        {
          'metadata': { usage: NOVA_USAGE },
          'amazon-bedrock-guardrailAction': 'NONE',
          'amazon-bedrock-trace': { guardrail: { input: ASSESSED } },
          'amazon-bedrock-invocationMetrics': { inputTokenCount: 1000, outputTokenCount: 100 },
        },
      ],
    },
    { units: UNITS, picoUsd: NOVA_PICO + 600_000_000n },
  ],
  [
    {
      id: 'web searches',
      operation: 'InvokeModel',
      modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      response: {
        stop_reason: 'end_turn',
        usage: { input_tokens: 10, output_tokens: 20, server_tool_use: { web_search_requests: 3 } },
      },
    },
    // 10 × $3.3 / 1M + 20 × $16.5 / 1M + 3 × $0.01
    { units: { webSearches: 3 }, picoUsd: 30_363_000_000n },
  ],
  [
    {
      id: 'large images in premium quality',
      operation: 'InvokeModel',
      modelId: 'amazon.nova-canvas-v1:0',
      request: { body: { imageGenerationConfig: { width: 2048, height: 1024, quality: 'premium' } } },
      response: { images: ['aGk=', 'aGk='] },
    },
    { units: { imagesLargePremium: 2 }, picoUsd: 160_000_000_000n },
  ],
  [
    {
      id: 'queries of a rerank model',
      operation: 'InvokeModel',
      modelId: 'amazon.rerank-v1:0',
      request: { body: { query: 'ash', documents: Array.from({ length: 101 }, () => 'alder') } },
      response: { results: [{ index: 7, relevance_score: 0.5 }] },
    },
    { units: { searches: 2 }, picoUsd: 2_000_000_000n },
  ],
];

test.each(BILLED.map(([recorded, billed]) => [recorded.id, recorded, billed] as const))(
  'an invocation from the log has the same units and the same cost as that of a tracker: %s',
  async (_id, recorded, { units, picoUsd, lowerBound }) => {
    const invocation = await same({ ...recorded, responseHeaders: {} });

    expect([invocation.units, invocation.cost?.picoUsd, invocation.cost?.lowerBound]).toEqual([
      units,
      picoUsd,
      lowerBound,
    ]);
  },
);

test('an invocation from the log has the units of a stream that is logged as events', async () => {
  const [[stream, billed]] = BILLED.filter(([{ id }]) => id === 'a guardrail with its trace in a stream');
  const record = recordOf({ ...stream, responseHeaders: {} });
  const output = { ...(record.output as Members), outputBodyJson: stream.response };

  expect(ingested({ ...record, output }).units).toEqual(billed.units);
});

/**
 * Returns true for a call of Converse or InvokeModel if its response contains all token counts. A broken
 * stream has no final counts. The tracker estimates its output tokens, but the log contains the exact number.
 */
const isAnswered = ({ operation, expected }: RecordedResponse) =>
  ['Converse', 'ConverseStream', 'InvokeModel', 'InvokeModelWithResponseStream'].includes(operation) &&
  expected.inputTokens !== null &&
  expected.outputTokens !== null;
const payloads = readPayloads().filter(isAnswered);

describe('an invocation from the log equals that of a tracker for recorded responses', () => {
  test('the recorded responses are numerous', () => {
    expect(payloads.length).toBeGreaterThan(55);
  });

  test.each(payloads.map(payload => [payload.id, payload] as const))(
    'an invocation from the log equals that of a tracker for the recorded response %s',
    async (_id, recorded) => {
      const { usage } = await same(recorded);

      expect(usage).toBeDefined();
      expect(
        readUsage({ operation: 'ModelInvocationLog', modelId: '', response: recordOf(recorded) })?.usage
          .source,
      ).toBe('log');
    },
  );
});
