import { readEventRecord } from '../../../lambda/ingest/event-record';
import { KnownProfiles } from '../../../lambda/ingest/known-profiles';
import { toInvocation } from '../../../lambda/invocation/record-input';
import { CostCalculator, type Invocation } from 'cdk-token-analytics/runtime';

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const AT = '2026-11-20T10:00:00.000Z';
/** Response metadata as the AWS SDK for Python returns them. */
const ANSWERED = {
  RequestId: 'req-9',
  HTTPStatusCode: 200,
  HTTPHeaders: {
    'date': 'Fri, 20 Nov 2026 10:00:00 GMT',
    'content-type': 'application/json',
    'x-amzn-requestid': 'req-9',
  },
  RetryAttempts: 0,
};
const USAGE = {
  inputTokens: 210,
  outputTokens: 150,
  totalTokens: 4960,
  cacheReadInputTokens: 4000,
  cacheWriteInputTokens: 600,
  cacheDetails: [
    { ttl: '1h', inputTokens: 400 },
    { ttl: '5m', inputTokens: 200 },
  ],
};
const BUCKETS = {
  uncachedInputTokens: 210,
  cacheReadTokens: 4000,
  cacheWrite5mTokens: 200,
  cacheWrite1hTokens: 400,
  outputTokens: 150,
};

function read(detail: object, envelope: object = {}) {
  return readEventRecord({ 'detail-type': 'TokenUsage', 'id': 'event-1', 'time': AT, detail, ...envelope })
    .reading;
}

/** Returns the invocation of an event. Throws if the event is refused. */
function invocationOf(detail: object): Invocation {
  const reading = read({ agentId: 'orders', modelId: SONNET, ...detail });
  if (reading.kind !== 'call') throw new Error(JSON.stringify(reading));
  const profiles = new KnownProfiles({});
  return toInvocation(reading.call, { calculator: new CostCalculator(), profiles, defaults: {} });
}

test('the usage of a Converse response is accepted as it is', () => {
  const { usage, cost, requestId } = invocationOf({ operation: 'Converse', usage: USAGE });

  expect(usage).toMatchObject({ ...BUCKETS, source: 'usage', partial: false });
  expect(requestId).toBe('event-1');
  // 210 × 3.3, 4,000 × 0.33, 200 × 4.125, 400 × 6.6 and 150 × 16.5 US dollars per million.
  expect(cost?.picoUsd).toBe(7_953_000_000n);
});

test('a whole response without its answer gives the tokens, the request id, the time and the other facts', () => {
  const invocation = invocationOf({
    operation: 'Converse',
    response: {
      ResponseMetadata: ANSWERED,
      usage: USAGE,
      stopReason: 'end_turn',
      metrics: { latencyMs: 812 },
      serviceTier: { type: 'flex' },
    },
  });

  expect(invocation).toMatchObject({
    requestId: 'req-9',
    timestamp: new Date(AT),
    usage: BUCKETS,
    latencyMs: 812,
    stopReason: 'end_turn',
    serviceTier: 'flex',
  });
});

test('members of the event take precedence over those of its response', () => {
  const invocation = invocationOf({
    operation: 'Converse',
    requestId: 'own',
    timestamp: '2026-11-20T09:00:00Z',
    latencyMs: 5,
    response: { ResponseMetadata: ANSWERED, usage: USAGE, metrics: { latencyMs: 812 } },
  });

  expect(invocation).toMatchObject({
    requestId: 'own',
    timestamp: new Date('2026-11-20T09:00:00Z'),
    latencyMs: 5,
  });
});

test('the operation decides if the input of an OpenAI model includes its cached tokens', () => {
  const usage = { inputTokens: 4995, outputTokens: 19, totalTokens: 10_007, cacheWriteInputTokens: 4993 };
  const inputOf = (operation: string, input: number) =>
    invocationOf({
      modelId: 'openai.gpt-5.6-sol',
      operation,
      response: { usage: { ...usage, inputTokens: input } },
    }).usage?.uncachedInputTokens;

  expect([inputOf('ConverseStream', 4995), inputOf('Converse', 2)]).toEqual([2, 2]);
});

test('the headers of InvokeModel give the tokens and the latency', () => {
  const headers = {
    ...ANSWERED.HTTPHeaders,
    'X-Amzn-Bedrock-Input-Token-Count': '1000',
    'X-Amzn-Bedrock-Output-Token-Count': '100',
    'X-Amzn-Bedrock-Invocation-Latency': '700',
  };
  const invocation = invocationOf({
    modelId: 'amazon.nova-micro-v1:0',
    operation: 'InvokeModel',
    response: { ResponseMetadata: { ...ANSWERED, HTTPHeaders: headers } },
  });

  expect(invocation).toMatchObject({
    usage: { uncachedInputTokens: 1000, outputTokens: 100, source: 'headers' },
    latencyMs: 700,
  });
  expect(invocation.cost?.picoUsd).toBe(49_000_000n);
});

test('the response of ApplyGuardrail gives its text units and their cost', () => {
  const invocation = invocationOf({
    modelId: 'bedrock-guardrails',
    operation: 'ApplyGuardrail',
    response: { ResponseMetadata: ANSWERED, usage: { contentPolicyUnits: 2, wordPolicyUnits: 5 } },
  });

  expect([invocation.units, invocation.cost?.picoUsd]).toEqual([{ guardrailContent: 2 }, 300_000_000n]);
});

test.each([
  ['an answer', { response: { usage: USAGE, output: { message: 'Lovelace' } } }],
  ['a body', { response: { body: 'Lovelace' } }],
  ['text in the usage', { usage: { ...USAGE, note: 'Lovelace' } }],
  ['text in a lifetime', { usage: { ...USAGE, cacheDetails: [{ ttl: 'Lovelace', inputTokens: 1 }] } }],
  ['negative tokens', { usage: { ...USAGE, inputTokens: -1 } }],
  ['neither usage nor a response', {}],
])('an event with %s is refused, and its reason quotes nothing of it', (_what, detail) => {
  const reading = read({ agentId: 'orders', modelId: SONNET, operation: 'Converse', ...detail });

  expect(reading.kind).toBe('refused');
  expect(JSON.stringify(reading)).not.toContain('Lovelace');
});

test.each([
  ['usage', { usage: { ...USAGE, 'Ada Lovelace': 'x' } }],
  ['usage.serverToolUsage', { usage: { ...USAGE, serverToolUsage: { 'Ada Lovelace': 'x' } } }],
  ['response.metrics', { response: { metrics: { 'Ada Lovelace': 'x' } } }],
  [
    'response.ResponseMetadata.HTTPHeaders',
    { response: { ResponseMetadata: { HTTPHeaders: { 'Ada Lovelace': 1 } } } },
  ],
  [
    'response.ResponseMetadata.HTTPHeaders',
    { response: { ResponseMetadata: { HTTPHeaders: { 'Ada Lovelace': 'x'.repeat(2000) } } } },
  ],
])('the reason of a refused event quotes no name of an unknown member in %s', (member, detail) => {
  const reading = read({ agentId: 'orders', modelId: SONNET, operation: 'Converse', ...detail });

  expect(reading).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining(`schema: ${member} must `) as string,
  });
  expect(JSON.stringify(reading)).not.toContain('Lovelace');
});

test('an event with a response that is sent twice is one invocation', () => {
  const detail = {
    agentId: 'orders',
    modelId: SONNET,
    response: { ResponseMetadata: ANSWERED, usage: USAGE },
  };
  const calls = [read(detail), read(detail, { id: 'event-2', time: '2026-11-20T10:05:00Z' })].map(reading =>
    reading.kind === 'call' ? [reading.call.requestId, reading.call.timestamp] : reading,
  );

  expect(calls[0]).toEqual(['req-9', new Date(AT)]);
  expect(calls[1]).toEqual(calls[0]);
});
