import { bucketsOf, readLine, sampleLine, SONNET, spanOf } from './support';
import { toInvocation } from '../../../../lambda/invocation/record-input';
import { CostCalculator } from '../../../../lambda/pricing/cost-calculator';
import { ProfileResolver } from '../../../../lambda/pricing/model-id';

const spanIn = (sample: string) => spanOf(readLine(sampleLine(sample)));
const invocationOf = (sample: string) =>
  toInvocation(spanIn(sample).call, {
    calculator: new CostCalculator(),
    profiles: new ProfileResolver(),
    defaults: {},
  });

test.each<[string, readonly number[]]>([
  ['01-strands-inclusive', [210, 4000, 600, 150]],
  ['02-botocore-without-cache', [210, 0, 0, 150]],
  ['04-strands-exclusive', [300, 5000, 0, 90]],
  ['05-botocore-exclusive', [1200, 800, 0, 60]],
  ['06-openllmetry-bedrock', [2000, 1500, 0, 100]],
  ['07-adot-langchain', [500, 2500, 0, 80]],
  ['08-openinference-bedrock', [700, 1000, 300, 40]],
])('the sample %s has the uncached input, cache reads, cache writes and output %j', (sample, buckets) => {
  expect(bucketsOf(spanIn(sample).call.usage)).toEqual(buckets);
});

test.each(['03-strands-invoke-agent', '10-event-record'])('the sample %s is not a model call', sample => {
  expect(readLine(sampleLine(sample)).kind).toBe('foreign');
});

test('a span of Strands on AgentCore becomes a call with its agent, session, region and times', () => {
  expect(spanIn('01-strands-inclusive')).toEqual({
    traceId: '6a10000000000000000000000000a001',
    spanId: '00000000000000c1',
    parentSpanId: '00000000000000b1',
    maker: 'framework',
    isNode: false,
    isLambda: false,
    isInLog: true,
    hasCacheCounts: true,
    hasUsage: true,
    call: {
      modelId: SONNET,
      timestamp: new Date(1_793_000_000_000),
      region: 'us-east-1',
      agentId: 'orders_agent',
      sessionId: 'sess-1',
      usage: {
        uncachedInputTokens: 210,
        cacheReadTokens: 4000,
        cacheWrite5mTokens: 600,
        cacheWrite1hTokens: 0,
        outputTokens: 150,
        cacheWriteTtlUnknown: true,
        source: 'usage',
        partial: false,
      },
      latencyMs: 2400,
      timeToFirstTokenMs: 640,
    },
  });
});

test('the span of boto3 for the same call names its parent, its operation and its request id', () => {
  expect(spanIn('02-botocore-without-cache')).toMatchObject({
    parentSpanId: '00000000000000c1',
    maker: 'client',
    requestId: '11111111-2222-3333-4444-555555555555',
    hasCacheCounts: false,
    hasUsage: true,
    call: {
      operation: 'ConverseStream',
      latencyMs: 2480,
      stopReason: 'end_turn',
      uncounted: ['cacheTokens'],
    },
  });
});

test('a short model id gets its vendor, so that the call has a price', () => {
  expect(spanIn('06-openllmetry-bedrock').call.modelId).toBe('anthropic.claude-sonnet-4-6');
  expect(invocationOf('06-openllmetry-bedrock').cost?.picoUsd).toBeGreaterThan(0n);
});

test('a failed call has the name of its error and no tokens', () => {
  const span = spanIn('09-botocore-failed');

  expect(span).toMatchObject({ hasUsage: false, call: { error: { name: 'ThrottlingException' } } });
  expect(span.call.usage).toBeUndefined();
  expect(invocationOf('09-botocore-failed').error).toBe('ThrottlingException');
});

test('cache writes of a span are priced at the five-minute rate, and the cost is a lower bound', () => {
  const { cost } = invocationOf('01-strands-inclusive');

  expect(cost?.breakdown).toMatchObject({ cacheWrite5m: 2_475_000_000n, cacheWrite1h: 0n });
  expect(cost?.lowerBound).toEqual(['cacheWriteTtl']);
});

test('a span without cache counts leads to a lower bound, if the model has a price for cache reads', () => {
  expect(invocationOf('02-botocore-without-cache').cost?.lowerBound).toEqual(['cacheTokens']);
});
