import { extractUsage, totalInputTokens, type UsageSource } from 'cdk-token-analytics/runtime';

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const usageOf = (operation: UsageSource['operation'], response: unknown, headers?: Record<string, string>, modelId = CLAUDE) =>
  extractUsage({ operation, modelId, response, headers });
const buckets = (uncachedInputTokens: number, cacheReadTokens: number, cacheWrite5mTokens: number, cacheWrite1hTokens: number, outputTokens: number) =>
  ({ uncachedInputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens, partial: false });

describe('extractUsage', () => {
  test.each([
    ['plain', { inputTokens: 10, outputTokens: 5, totalTokens: 15 }, buckets(10, 0, 0, 0, 5)],
    ['cache apart', { inputTokens: 3, outputTokens: 52, totalTokens: 24_534, cacheReadInputTokens: 0, cacheWriteInputTokens: 24_479 }, buckets(3, 0, 24_479, 0, 52)],
    ['cache inside, as the total says', { inputTokens: 5072, outputTokens: 40, totalTokens: 5112, cacheReadInputTokens: 5018, cacheWriteInputTokens: 52 }, buckets(2, 5018, 52, 0, 40)],
    ['both spellings of one number', { inputTokens: 3, outputTokens: 121, totalTokens: 2072, cacheReadInputTokens: 1712, cacheReadInputTokenCount: 1712, cacheWriteInputTokens: 236, cacheWriteInputTokenCount: 236 }, buckets(3, 1712, 236, 0, 121)],
    ['writes by time to live', { inputTokens: 1, outputTokens: 2, cacheWriteInputTokens: 300, cacheDetails: [{ ttl: '1h', inputTokens: 200 }, { ttl: '5m', inputTokens: 100 }] }, buckets(1, 0, 100, 200, 2)],
    ['writes by time to live, without their sum', { inputTokens: 1, outputTokens: 2, cacheDetails: [{ ttl: '1h', inputTokens: 200 }, { ttl: '5m', inputTokens: 100 }] }, buckets(1, 0, 100, 200, 2)],
    ['unknown members', { inputTokens: 1, outputTokens: 2, serverToolUsage: {}, other: 'x' }, buckets(1, 0, 0, 0, 2)],
  ])('reads Converse: %s', (_what, usage, expected) => {
    expect(usageOf('Converse', { usage })).toEqual({ ...expected, source: 'usage' });
  });

  test('reads ConverseStream from the metadata event', () => {
    const events = [{ messageStart: {} }, { contentBlockDelta: { delta: { text: 'x' } } }, { metadata: { usage: { inputTokens: 10, outputTokens: 1, totalTokens: 11 } } }];

    expect(usageOf('ConverseStream', events)).toEqual({ ...buckets(10, 0, 0, 0, 1), source: 'usage' });
    expect(usageOf('ConverseStream', events.slice(0, 2))).toBeUndefined();
  });

  test('reads InvokeModel bodies of Anthropic and Nova', () => {
    const anthropic = {
      usage: {
        input_tokens: 4,
        output_tokens: 6,
        cache_creation_input_tokens: 30,
        cache_read_input_tokens: 7,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      },
    };
    const nova = { usage: { inputTokens: 4, outputTokens: 6, totalTokens: 20, cacheReadInputTokenCount: 7, cacheWriteInputTokenCount: 3 } };

    expect(usageOf('InvokeModel', anthropic)).toEqual({ ...buckets(4, 7, 10, 20, 6), source: 'body' });
    expect(usageOf('InvokeModel', nova, undefined, NOVA)).toEqual({ ...buckets(4, 7, 3, 0, 6), source: 'body' });
  });

  test('takes headers before the body, and the body for what they do not say', () => {
    const headers = { 'x-amzn-bedrock-input-token-count': '14', 'x-amzn-bedrock-output-token-count': '16', 'x-amzn-bedrock-cache-write-input-token-count': '30' };
    const body = { usage: { input_tokens: 1, output_tokens: 1, cache_read_input_tokens: 7, cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 } } };

    expect(usageOf('InvokeModel', body, headers)).toEqual({ ...buckets(14, 7, 10, 20, 16), source: 'headers' });
    expect(usageOf('InvokeModel', {}, headers)).toEqual({ ...buckets(14, 0, 30, 0, 16), source: 'headers' });
    expect(usageOf('InvokeModel', body, { 'x-amzn-bedrock-input-token-count': 'many' })?.source).toBe('body');
  });

  test.each([
    ['Converse', undefined], ['Converse', null], ['Converse', 'text'], ['Converse', []], ['Converse', {}], ['Converse', { usage: null }],
    ['Converse', { usage: { inputTokens: 5 } }], ['Converse', { usage: { inputTokens: -1, outputTokens: 1 } }], ['Converse', { usage: { inputTokens: 1.5, outputTokens: 1 } }],
    ['Converse', { usage: { inputTokens: NaN, outputTokens: 1 } }], ['Converse', { usage: { inputTokens: 2 ** 53, outputTokens: 1 } }],
    ['Converse', { usage: { inputTokens: '5', outputTokens: '1' } }], ['Converse', { usage: { inputTokens: 2 ** 53 - 1, outputTokens: 2 ** 53 - 1 } }],
    ['ConverseStream', {}], ['ConverseStream', [null, 1, 'x']], ['InvokeModel', { usage: [] }], ['InvokeModel', Buffer.from('{}')],
  ] as const)('finds none in %s %j', (operation, response) => {
    expect(usageOf(operation, response)).toBeUndefined();
  });

  test('never throws, whatever a response does when it is read', () => {
    const hostile = new Proxy({}, { get: () => { throw new Error('no'); } });

    expect(usageOf('Converse', hostile)).toBeUndefined();
    expect(usageOf('ConverseStream', [hostile])).toBeUndefined();
  });

  test('adds all input up', () => {
    expect(totalInputTokens({ ...buckets(1, 2, 3, 4, 5), source: 'usage' })).toBe(10);
  });
});
