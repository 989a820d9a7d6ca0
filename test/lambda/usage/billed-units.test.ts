import { itemBytes } from '../../../lambda/traces/attributes';
import { traceFromItem } from '../../../lambda/traces/trace';
import { traceItem } from '../../../lambda/traces/trace-item';
import { UnitCounter, UNITS, type Units, validUnits } from '../../../lambda/usage/billed-units';
import { Bedrock, KeepingTracker, NOVA } from '../instrument/support';
import { CostCalculator, explain, type Invocation } from 'cdk-token-analytics/runtime';

type Json = Readonly<Record<string, unknown>>;

const usage = (content: number, topics = 0) => ({
  invocationMetrics: {
    guardrailProcessingLatency: 300,
    usage: { contentPolicyUnits: content, topicPolicyUnits: topics, wordPolicyUnits: 9 },
  },
});
/** Trace of two guardrails: one of the caller, and one that the account enforces. */
const TRACE = {
  guardrail: {
    inputAssessment: { own: usage(2, 2), enforced: usage(1) },
    outputAssessments: { own: [usage(3), usage(4)] },
  },
};
const TOKENS = { inputTokens: 1000, outputTokens: 100, totalTokens: 1100 };

/** Returns the units in the parts of one response. */
function unitsIn(parts: readonly Json[], request?: Json) {
  const counter = new UnitCounter();
  for (const part of parts) counter.add(part, request);
  return counter.read(request);
}

test.each<[string, Json[], Units]>([
  ['a Converse response', [{ usage: TOKENS, trace: TRACE }], { guardrailContent: 10, guardrailTopics: 2 }],
  [
    'a body of InvokeModel',
    [{ 'amazon-bedrock-trace': TRACE }],
    { guardrailContent: 10, guardrailTopics: 2 },
  ],
  [
    'a body of InvokeModel with lists',
    [{ 'amazon-bedrock-trace': { guardrail: { input: { own: usage(2) }, outputs: [{ own: usage(3) }] } } }],
    { guardrailContent: 5 },
  ],
  [
    'an answer of Claude with web searches',
    [{ usage: { input_tokens: 1, output_tokens: 2, server_tool_use: { web_search_requests: 3 } } }],
    { webSearches: 3 },
  ],
  [
    'chunks of Claude that repeat the number of searches',
    [
      { type: 'message_delta', usage: { server_tool_use: { web_search_requests: 1 } } },
      { type: 'message_delta', usage: { server_tool_use: { web_search_requests: 2 } } },
    ],
    { webSearches: 2 },
  ],
  [
    'an answer of the Responses API with web searches',
    [{ output: [{ type: 'web_search_call' }, { type: 'message' }, { type: 'web_search_call' }] }],
    { webSearches: 2 },
  ],
  ['generated images', [{ images: ['aGk=', 'aGk='] }], { images: 2 }],
])('units are read from %s', (_what, parts, expected) => {
  expect(unitsIn(parts)).toEqual({ units: expected });
});

test.each([
  [{ width: 1024, height: 1024, quality: 'standard' }, 'images'],
  [{ width: 1024, height: 1024, quality: 'premium' }, 'imagesPremium'],
  [{ width: 2048, height: 1024 }, 'imagesLarge'],
  [{ width: 512, height: 1280, quality: 'premium' }, 'imagesLargePremium'],
])('the request %j of an image model is billed as %s', (imageGenerationConfig, unit) => {
  const request = { body: JSON.stringify({ imageGenerationConfig }) };

  expect(unitsIn([{ images: ['aGk='] }], request)).toEqual({ units: { [unit]: 1 } });
});

test.each<[string, Json, Json, object]>([
  [
    'with its trace',
    { guardrailConfig: { trace: 'enabled' } },
    { trace: TRACE },
    { units: { guardrailContent: 10, guardrailTopics: 2 } },
  ],
  ['without its trace', { guardrailConfig: {} }, {}, { uncounted: ['guardrailUnits'] }],
  ['without its trace, in InvokeModel', { guardrailIdentifier: 'gr' }, {}, { uncounted: ['guardrailUnits'] }],
  ['of an agent', {}, { guardrailTrace: { action: 'NONE' } }, { uncounted: ['guardrailUnits'] }],
  ['of an inline agent', { guardrailConfiguration: {} }, {}, { uncounted: ['guardrailUnits'] }],
  [
    'that the account enforces',
    {},
    { trace: { guardrail: { inputAssessment: { enforced: usage(1) } } } },
    { units: { guardrailContent: 1 } },
  ],
  [
    'that the account enforces, without counts,',
    {},
    { trace: { guardrail: { inputAssessment: { enforced: {} } } } },
    { uncounted: ['guardrailUnits'] },
  ],
  ['that blocked a call', {}, { stopReason: 'guardrail_intervened' }, { uncounted: ['guardrailUnits'] }],
  ['that nobody asked for', {}, {}, {}],
])('a guardrail %s has known or uncounted units', (_what, request, response, expected) => {
  expect(unitsIn([response], request)).toEqual(expected);
});

test.each<[string, Json[], object]>([
  [
    'that is repeated is counted once',
    [
      { trace: TRACE, stop: 1 },
      { trace: TRACE, stop: 2 },
    ],
    { units: { guardrailContent: 10, guardrailTopics: 2 } },
  ],
  [
    'in several events is added up',
    [
      { 'amazon-bedrock-trace': { guardrail: { input: { own: usage(2) } } } },
      { 'amazon-bedrock-trace': { guardrail: { outputs: [{ own: usage(3) }] } } },
    ],
    { units: { guardrailContent: 5 } },
  ],
  [
    'beside one without counts is a lower bound',
    [{ trace: { guardrail: { inputAssessment: { own: usage(2), other: { topicPolicy: {} } } } } }],
    { units: { guardrailContent: 2 }, uncounted: ['guardrailUnits'] },
  ],
  [
    'with an invalid counter is a lower bound',
    [
      {
        trace: {
          guardrail: {
            inputAssessment: {
              own: { invocationMetrics: { usage: { contentPolicyUnits: 2, topicPolicyUnits: '3' } } },
            },
          },
        },
      },
    ],
    { units: { guardrailContent: 2 }, uncounted: ['guardrailUnits'] },
  ],
  [
    'of InvokeModel is read beside a member of the model with the name of the trace',
    [{ 'trace': 'on', 'amazon-bedrock-trace': { guardrail: { input: { own: usage(2) } } } }],
    { units: { guardrailContent: 2 } },
  ],
])('an assessment of a guardrail %s', (_what, parts, expected) => {
  expect(unitsIn(parts)).toEqual(expected);
});

test('opening a page and a failed search do not count as web searches', () => {
  const call = (type: string, status = 'completed') => ({
    type: 'web_search_call',
    status,
    action: { type },
  });
  const output = [call('search'), call('open_page'), call('find_in_page'), call('search', 'failed')];

  expect(unitsIn([{ output }])).toEqual({ units: { webSearches: 1 } });
});

test.each<[string, string, readonly unknown[], object]>([
  ['100 short documents are one query', 'q', Array.from({ length: 100 }, () => 'short'), { searches: 1 }],
  ['101 documents are two queries', 'q', Array.from({ length: 101 }, () => 'short'), { searches: 2 }],
  ['documents of objects count, too', 'q', Array.from({ length: 201 }, () => ({ t: 'x' })), { searches: 3 }],
  // With one token for each character, each document has two parts: 2 × 50 are still one query.
  [
    '50 longer documents are one query',
    'q',
    Array.from({ length: 50 }, () => 'x'.repeat(900)),
    { searches: 1 },
  ],
])('in a request to a rerank model, %s', (_what, query, documents, units) => {
  const request = { body: JSON.stringify({ query, documents, api_version: 2 }) };

  expect(unitsIn([{ results: [{ index: 0, relevance_score: 0.9 }] }], request)).toEqual({ units });
});

test('long documents of a rerank model may be more queries than are counted', () => {
  const documents = Array.from({ length: 51 }, () => 'x'.repeat(900));
  const request = { body: JSON.stringify({ query: 'q', documents }) };

  expect(unitsIn([{ results: [{ index: 0, relevance_score: 0.9 }] }], request)).toEqual({
    units: { searches: 1 },
    uncounted: ['searchUnits'],
  });
});

describe('cost of a call with units', () => {
  const tokens = {
    uncachedInputTokens: 1000,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 100,
    source: 'usage',
    partial: false,
  } as const;
  const calculator = new CostCalculator();
  /** 1,000 × $0.035 / 1M + 100 × $0.14 / 1M, in pico-dollars. */
  const OF_TOKENS = 49_000_000n;

  test('the cost of units is a part of the cost, and is shown apart', () => {
    const cost = calculator.calculate(tokens, {
      modelId: NOVA,
      units: { guardrailContent: 10, guardrailTopics: 2 },
    });

    // 10 × 0.00015 + 2 × 0.00015
    expect(cost?.picoUsd).toBe(OF_TOKENS + 1_800_000_000n);
    expect(cost?.units?.map(({ unit, quantity, picoUsd }) => [unit, quantity, picoUsd])).toEqual([
      ['guardrailContent', 10, 1_500_000_000n],
      ['guardrailTopics', 2, 300_000_000n],
    ]);
    expect(cost?.lowerBound).toBeUndefined();
    expect(explain(cost!)).toContain('guardrailContent');
    expect(explain(cost!)).toContain('10 × $0.00015 = $0.0015');
    expect(explain(cost!)).toContain(' = $0.001849\n');
  });

  test('a unit without a price makes the cost a lower bound', () => {
    const cost = calculator.calculate(tokens, { modelId: NOVA, units: { videoSeconds: 5 } });

    expect([cost?.picoUsd, cost?.lowerBound]).toEqual([OF_TOKENS, ['unitPrice']]);
    expect(explain(cost!)).toContain('at least: without the units that have no known price');
  });

  test('an uncounted guardrail makes the cost a lower bound', () => {
    const cost = calculator.calculate(tokens, { modelId: NOVA, uncounted: ['guardrailUnits'] });

    expect([cost?.picoUsd, cost?.lowerBound]).toEqual([OF_TOKENS, ['guardrailUnits']]);
  });

  test('units do not price the tokens of an unknown model, and tokens are not 0 if they are not known', () => {
    expect(
      calculator.calculate(tokens, { modelId: 'acme.brain', units: { guardrailContent: 1 } }),
    ).toBeUndefined();
    expect(
      calculator.calculate(undefined, { modelId: NOVA, units: { guardrailContent: 1 } }),
    ).toBeUndefined();
  });

  test.each([
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', 30_000_000_000n],
    ['openai.gpt-5.4', 36_000_000_000n],
  ])('three web searches of %s cost %d pico-dollars', (modelId, expected) => {
    const cost = calculator.calculate(tokens, { modelId, region: 'us-east-1', units: { webSearches: 3 } });

    expect(cost?.units?.[0].picoUsd).toBe(expected);
  });
});

test('an instrumented Converse call has the units of its guardrail, in the response and in a stream', async () => {
  const bedrock = await Bedrock.start();
  const tracker = new KeepingTracker({ agentId: 'triage' });
  tracker.instrument(bedrock.client);
  bedrock.answer = { text: 'hi', usage: { inputTokens: 1000, outputTokens: 100 }, trace: TRACE };
  await bedrock.converse();
  for await (const event of await bedrock.converseStream()) void event;
  await bedrock.close();

  expect(tracker.invocations.map(({ units }) => units)).toEqual([
    { guardrailContent: 10, guardrailTopics: 2 },
    { guardrailContent: 10, guardrailTopics: 2 },
  ]);
});

describe('units in a trace', () => {
  const ALL = Object.fromEntries(UNITS.map((unit, index) => [unit, index + 1])) as Units;
  const invocation = (changes: Partial<Invocation>): Invocation => ({
    requestId: 'r',
    agentId: 'a',
    model: 'm',
    modelId: 'm',
    scope: 'in-region',
    timestamp: new Date('2026-11-21T10:20:30.400Z'),
    ...changes,
  });

  test('all units of a trace are read back', () => {
    const item = traceItem(invocation({ units: ALL }), { writeShards: 1, ttlDays: 90 });

    expect(traceFromItem(item).units).toEqual(ALL);
  });

  test('invalid units in an item are not read', () => {
    const read = (units: object) => traceFromItem({ units }).units;

    expect(
      read({
        M: { guardrailContent: { N: '2' }, guardrailTopics: { N: '-1' }, other: { N: '3' }, images: {} },
      }),
    ).toEqual({ guardrailContent: 2 });
    expect(read({ S: 'gc2' })).toBeUndefined();
  });

  test('a trace has the units and their cost, and is read back', () => {
    const cost = new CostCalculator().calculate(undefined, {
      modelId: 'bedrock-guardrails',
      units: { guardrailContent: 2 },
    });
    const item = traceItem(invocation({ units: { guardrailContent: 2 }, cost }), {
      writeShards: 1,
      ttlDays: 90,
    });

    expect(item).toMatchObject({
      units: { M: { guardrailContent: { N: '2' } } },
      unitCostUsd: { N: '0.0003' },
      costUsd: { N: '0.0003' },
    });
    expect(traceFromItem(item)).toMatchObject({ units: { guardrailContent: 2 }, unitPicoUsd: 300_000_000n });
  });

  test('a trace with units fits in 1 KB for any input', () => {
    const long = 'x'.repeat(5000);
    const most = Object.fromEntries(UNITS.map(unit => [unit, 9e15])) as Units;
    const item = traceItem(
      invocation({
        ...{ agentId: long, requestId: long, incidentId: long, sessionId: long, model: long, modelId: long },
        ...{
          operation: long,
          serviceTier: long,
          stopReason: long,
          latencyMs: 1e6 / 3,
          timeToFirstTokenMs: 1e6 / 3,
        },
        units: { guardrailContent: 9e15, guardrailTopics: 9e15 },
        cost: new CostCalculator().calculate(undefined, { modelId: 'bedrock-guardrails', units: most }),
      }),
      { writeShards: 1, ttlDays: 90 },
    );

    expect(itemBytes(item)).toBeLessThanOrEqual(1024);
  });
});

test('units of a caller are kept only if they are known and valid', () => {
  expect(
    validUnits({ guardrailContent: 2, guardrailTopics: -1, searches: 1.5, images: '3', other: 4 }),
  ).toEqual({
    guardrailContent: 2,
  });
  expect(validUnits({ guardrailContent: 0 })).toEqual({});
  expect(validUnits({})).toEqual({});
  expect(validUnits({ guardrailContent: -1 })).toBeUndefined();
  expect(validUnits('2')).toBeUndefined();
});
