import {
  extractAgentCalls,
  extractUsage,
  readUsage,
  totalInputTokens,
  type UsageSource,
} from 'cdk-token-analytics/runtime';

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const OPENAI = 'openai.gpt-5.6-luna';
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';
const usageOf = (
  operation: UsageSource['operation'],
  response: unknown,
  headers?: Record<string, string>,
  modelId = CLAUDE,
) => extractUsage({ operation, modelId, response, headers });
const buckets = (
  uncachedInputTokens: number,
  cacheReadTokens: number,
  cacheWrite5mTokens: number,
  cacheWrite1hTokens: number,
  outputTokens: number,
) => ({
  uncachedInputTokens,
  cacheReadTokens,
  cacheWrite5mTokens,
  cacheWrite1hTokens,
  outputTokens,
  partial: false,
});
/** Returns expected token counts of a response that does not state the lifetime of its cache writes. */
const ttlUnknown = (...counts: Parameters<typeof buckets>) => ({
  ...buckets(...counts),
  cacheWriteTtlUnknown: true,
});
const plain = (input: number, output: number) => buckets(input, 0, 0, 0, output);
const headers = (input: number, output?: number, cacheRead?: number, cacheWrite?: number) =>
  Object.fromEntries(
    Object.entries({
      'x-amzn-bedrock-input-token-count': input,
      'x-amzn-bedrock-output-token-count': output,
      'x-amzn-bedrock-cache-read-input-token-count': cacheRead,
      'x-amzn-bedrock-cache-write-input-token-count': cacheWrite,
    })
      .filter(([, count]) => count !== undefined)
      .map(([name, count]) => [name, String(count)]),
  );
const metrics = (inputTokenCount: number, outputTokenCount: number, more = {}) => ({
  'amazon-bedrock-invocationMetrics': {
    inputTokenCount,
    outputTokenCount,
    invocationLatency: 300,
    firstByteLatency: 90,
    ...more,
  },
});

describe('Converse', () => {
  test.each([
    ['plain', { inputTokens: 10, outputTokens: 5, totalTokens: 15 }, plain(10, 5)],
    [
      'cache tokens beside the input',
      {
        inputTokens: 3,
        outputTokens: 52,
        totalTokens: 24_534,
        cacheReadInputTokens: 0,
        cacheWriteInputTokens: 24_479,
      },
      ttlUnknown(3, 0, 24_479, 0, 52),
    ],
    [
      'cache tokens inside the input, by the total',
      {
        inputTokens: 5072,
        outputTokens: 40,
        totalTokens: 5112,
        cacheReadInputTokens: 5018,
        cacheWriteInputTokens: 52,
      },
      ttlUnknown(2, 5018, 52, 0, 40),
    ],
    [
      'cache tokens beside a smaller input',
      { inputTokens: 3, outputTokens: 52, totalTokens: 55, cacheWriteInputTokens: 24_479 },
      ttlUnknown(3, 0, 24_479, 0, 52),
    ],
    [
      'both names of one count',
      {
        inputTokens: 3,
        outputTokens: 121,
        totalTokens: 2072,
        cacheReadInputTokens: 1712,
        cacheReadInputTokenCount: 1712,
        cacheWriteInputTokens: 236,
        cacheWriteInputTokenCount: 236,
      },
      ttlUnknown(3, 1712, 236, 0, 121),
    ],
    [
      'the larger count of two names',
      { inputTokens: 3, outputTokens: 1, cacheReadInputTokens: 0, cacheReadInputTokenCount: 1712 },
      buckets(3, 1712, 0, 0, 1),
    ],
    [
      'cache writes by time to live',
      {
        inputTokens: 1,
        outputTokens: 2,
        cacheWriteInputTokens: 300,
        cacheDetails: [
          { ttl: '1h', inputTokens: 200 },
          { ttl: '5m', inputTokens: 100 },
        ],
      },
      buckets(1, 0, 100, 200, 2),
    ],
    [
      'cache writes by time to live, without their sum',
      {
        inputTokens: 1,
        outputTokens: 2,
        cacheDetails: [
          { ttl: '1h', inputTokens: 200 },
          { ttl: '5m', inputTokens: 100 },
        ],
      },
      buckets(1, 0, 100, 200, 2),
    ],
    [
      'an empty list of cache details',
      { inputTokens: 1, outputTokens: 2, cacheWriteInputTokens: 300, cacheDetails: [] },
      ttlUnknown(1, 0, 300, 0, 2),
    ],
    ['unknown members', { inputTokens: 1, outputTokens: 2, serverToolUsage: {}, other: 'x' }, plain(1, 2)],
    ['zero counts', { inputTokens: 0, outputTokens: 0, totalTokens: 0 }, plain(0, 0)],
  ])('reads the usage of Converse: %s', (_what, usage, expected) => {
    expect(usageOf('Converse', { usage })).toEqual({ ...expected, source: 'usage' });
  });

  test('counts cached tokens beside the input of Converse if there is no total', () => {
    const usage = { inputTokens: 100, outputTokens: 1, cacheReadInputTokens: 60 };

    for (const id of [OPENAI, CLAUDE, NOVA, PROFILE]) {
      expect(usageOf('Converse', { usage }, undefined, id)).toEqual({
        ...buckets(100, 60, 0, 0, 1),
        source: 'usage',
      });
    }
  });

  test("does not read a guardrail's usage as the usage of the model", () => {
    const trace = {
      guardrail: {
        inputAssessment: { x: { invocationMetrics: { usage: { topicPolicyUnits: 1 } } } },
        modelOutput: ['{"usage":{"inputTokens":9,"outputTokens":9}}'],
      },
    };

    expect(usageOf('Converse', { usage: { inputTokens: 54, outputTokens: 18 }, trace })).toEqual({
      ...plain(54, 18),
      source: 'usage',
    });
    expect(usageOf('Converse', { trace })).toBeUndefined();
  });

  test('reads the usage of ConverseStream from the metadata event', () => {
    const events = [
      { messageStart: {} },
      { contentBlockDelta: { delta: { text: 'x' } } },
      { metadata: { usage: { inputTokens: 10, outputTokens: 1, totalTokens: 11 } } },
    ];

    expect(usageOf('ConverseStream', events)).toEqual({ ...plain(10, 1), source: 'usage' });
    expect(usageOf('ConverseStream', [...events, { unknownEvent: {} }])).toEqual({
      ...plain(10, 1),
      source: 'usage',
    });
    expect(usageOf('ConverseStream', events.slice(0, 2))).toBeUndefined();
    expect(
      usageOf('ConverseStream', [...events.slice(0, 2), { modelStreamErrorException: { message: 'x' } }]),
    ).toBeUndefined();
  });
});

describe('InvokeModel bodies', () => {
  test.each<[string, string, unknown, ReturnType<typeof buckets>]>([
    [
      'Anthropic',
      CLAUDE,
      {
        usage: {
          input_tokens: 4,
          output_tokens: 6,
          cache_creation_input_tokens: 30,
          cache_read_input_tokens: 7,
          cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
          output_tokens_details: { thinking_tokens: 2 },
          service_tier: 'standard',
        },
      },
      buckets(4, 7, 10, 20, 6),
    ],
    [
      'Anthropic, without the split',
      CLAUDE,
      {
        usage: {
          input_tokens: 4,
          output_tokens: 6,
          cache_creation_input_tokens: 30,
          cache_read_input_tokens: 0,
        },
      },
      ttlUnknown(4, 0, 30, 0, 6),
    ],
    [
      'Amazon Nova',
      NOVA,
      {
        usage: {
          inputTokens: 4,
          outputTokens: 6,
          totalTokens: 20,
          cacheReadInputTokenCount: 7,
          cacheWriteInputTokenCount: 3,
        },
      },
      buckets(4, 7, 3, 0, 6),
    ],
    [
      'Titan text',
      'amazon.titan-text-express-v1',
      { inputTextTokenCount: 5, results: [{ tokenCount: 10, outputText: 'x' }, { tokenCount: 4 }] },
      plain(5, 14),
    ],
    [
      'Titan embeddings',
      'amazon.titan-embed-text-v2:0',
      { embedding: [0.1], embeddingsByType: { float: [0.1] }, inputTextTokenCount: 3 },
      plain(3, 0),
    ],
    [
      'embeddings of a profile id',
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl',
      { embedding: [0.1], inputTextTokenCount: 3 },
      plain(3, 0),
    ],
    [
      'Llama',
      'meta.llama3-70b-instruct-v1:0',
      { generation: 'x', prompt_token_count: 8, generation_token_count: 35, stop_reason: 'stop' },
      plain(8, 35),
    ],
    [
      'Mistral chat',
      'mistral.pixtral-large-2502-v1:0',
      { choices: [{}], usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 } },
      plain(9, 2),
    ],
    [
      'Cohere',
      'cohere.command-r-v1:0',
      {
        text: 'x',
        meta: {
          billed_units: { input_tokens: 7, output_tokens: 8 },
          tokens: { input_tokens: 73, output_tokens: 9 },
        },
      },
      plain(7, 8),
    ],
    [
      'Cohere, second version',
      'cohere.command-a-v1:0',
      {
        message: { content: [] },
        usage: {
          billed_units: { input_tokens: 7, output_tokens: 8 },
          tokens: { input_tokens: 73, output_tokens: 9 },
        },
      },
      plain(7, 8),
    ],
    [
      'AI21',
      'ai21.jamba-1-5-mini-v1:0',
      { choices: [{}], usage: { prompt_tokens: 17, completion_tokens: 8, total_tokens: 25 } },
      plain(17, 8),
    ],
    [
      'gpt-oss',
      'openai.gpt-oss-120b-1:0',
      {
        choices: [{}],
        usage: { prompt_tokens: 70, completion_tokens: 43, total_tokens: 113, prompt_tokens_details: null },
      },
      plain(70, 43),
    ],
    [
      'a chat completion with cache tokens inside the input',
      'qwen.qwen3-32b-v1:0',
      {
        usage: {
          prompt_tokens: 100,
          completion_tokens: 5,
          total_tokens: 105,
          prompt_tokens_details: { cached_tokens: 60 },
          completion_tokens_details: { reasoning_tokens: 3 },
        },
      },
      buckets(40, 60, 0, 0, 5),
    ],
    [
      'a chat completion with cache tokens inside the input, without a total',
      'deepseek.v3.2',
      { usage: { prompt_tokens: 100, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 60 } } },
      buckets(40, 60, 0, 0, 5),
    ],
    [
      'OpenAI Responses with cache tokens inside the input',
      OPENAI,
      {
        usage: {
          input_tokens: 5072,
          input_tokens_details: { cached_tokens: 5018, cache_write_tokens: 52 },
          output_tokens: 40,
          total_tokens: 5112,
        },
      },
      buckets(2, 5018, 52, 0, 40),
    ],
    [
      'OpenAI Responses without details',
      OPENAI,
      { usage: { input_tokens: 50, output_tokens: 40, total_tokens: 90 } },
      plain(50, 40),
    ],
    [
      'an imported model',
      'arn:aws:bedrock:us-east-1:123456789012:imported-model/abc',
      { object: 'text_completion', usage: { prompt_tokens: 6, completion_tokens: 100, total_tokens: 106 } },
      plain(6, 100),
    ],
    [
      'embeddings in the shape of OpenAI',
      'custom.embed',
      { object: 'list', data: [], usage: { prompt_tokens: 6, total_tokens: 6 } },
      plain(6, 0),
    ],
  ])('reads the usage in the body of InvokeModel: %s', (_what, modelId, body, expected) => {
    expect(usageOf('InvokeModel', body, undefined, modelId)).toEqual({ ...expected, source: 'body' });
    expect(
      usageOf('BatchOutput', { recordId: 'r', modelInput: {}, modelOutput: body }, undefined, modelId),
    ).toEqual({ ...expected, source: 'body' });
  });

  test.each([
    ['Mistral text', { outputs: [{ text: 'x', stop_reason: 'stop' }] }],
    ['Cohere', { generations: [{ text: 'x' }] }],
    ['DeepSeek R1', { choices: [{ text: 'x', stop_reason: 'stop' }] }],
    ['Claude 2', { type: 'completion', completion: 'x' }],
    ['a body that is not JSON', undefined],
  ])('reads the headers of InvokeModel if the body has no counts: %s', (_what, body) => {
    expect(usageOf('InvokeModel', body)).toBeUndefined();
    expect(usageOf('InvokeModel', body, headers(8, 129))).toEqual({ ...plain(8, 129), source: 'headers' });
  });

  test('embeddings have no output tokens, also with headers', () => {
    expect(usageOf('InvokeModel', { embeddings: { float: [[1]] } }, headers(2), 'cohere.embed-v4:0')).toEqual(
      { ...plain(2, 0), source: 'headers' },
    );
    expect(usageOf('InvokeModel', { response_type: 'x' }, headers(2), 'us.cohere.embed-v4:0')).toEqual({
      ...plain(2, 0),
      source: 'headers',
    });
  });

  test('a text model without an output count has no usage', () => {
    expect(usageOf('InvokeModel', { usage: { inputTokens: 30 } }, undefined, NOVA)).toBeUndefined();
    expect(usageOf('InvokeModel', { text: 'x' }, headers(30), 'cohere.command-r-v1:0')).toBeUndefined();
    expect(usageOf('InvokeModel', { usage: { inputTokens: 30 } }, headers(30, 51, 0, 0), NOVA)).toEqual({
      ...plain(30, 51),
      source: 'headers',
    });
  });
});

describe('a compacted context of Claude', () => {
  // Example from the Bedrock User Guide, "Compaction". Claude first compacts the context, and then answers.
  const passes = {
    input_tokens: 23_000,
    output_tokens: 1_000,
    iterations: [
      { type: 'compaction', input_tokens: 180_000, output_tokens: 3_500 },
      { type: 'message', input_tokens: 23_000, output_tokens: 1_000 },
    ],
  };

  test('a compacted context has the tokens of all passes, not only of the last one', () => {
    expect(usageOf('InvokeModel', { usage: passes })).toEqual({
      ...plain(203_000, 4_500),
      source: 'body',
    });
    expect(
      usageOf('InvokeModelWithResponseStream', [
        { type: 'message_start', message: { usage: { input_tokens: 23_000, output_tokens: 1 } } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: passes },
        { type: 'message_stop', ...metrics(23_000, 1_000) },
      ]),
    ).toMatchObject(plain(203_000, 4_500));
    expect(
      readUsage({
        operation: 'InvokeModel',
        modelId: CLAUDE,
        response: { usage: passes },
        headers: headers(23_000, 1_000),
      }),
    ).toEqual({
      usage: { ...plain(203_000, 4_500), source: 'body' },
    });
  });

  test("a compacted context has Bedrock's input count if that includes all passes", () => {
    const cached = {
      ...passes,
      iterations: passes.iterations.map(pass => ({
        ...pass,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      })),
    };

    expect(usageOf('InvokeModel', { usage: cached }, headers(203_000, 4_500, 200, 60))).toEqual({
      ...buckets(203_000, 200, 20, 40, 4_500),
      source: 'headers',
    });
  });

  test('a context that was not compacted has the counts beside the list of passes', () => {
    const usage = {
      ...passes,
      iterations: [{ type: 'message', input_tokens: 7, output_tokens: 7 }, null, 3],
    };

    expect(usageOf('InvokeModel', { usage })).toMatchObject(plain(23_000, 1_000));
  });
});

test('a list of cache writes with another sum leaves their time to live unknown', () => {
  expect(
    usageOf('InvokeModel', {
      usage: {
        input_tokens: 4,
        output_tokens: 6,
        cache_creation_input_tokens: 500,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      },
    }),
  ).toMatchObject(ttlUnknown(4, 0, 500, 0, 6));
});

describe('headers', () => {
  test('headers take precedence over the body, which completes them', () => {
    const body = {
      usage: {
        input_tokens: 14,
        output_tokens: 16,
        cache_read_input_tokens: 7,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      },
    };

    expect(usageOf('InvokeModel', body, headers(14, 16, undefined, 30))).toEqual({
      ...buckets(14, 7, 10, 20, 16),
      source: 'headers',
    });
    expect(usageOf('InvokeModel', {}, headers(14, 16, undefined, 30))).toEqual({
      ...ttlUnknown(14, 0, 30, 0, 16),
      source: 'headers',
    });
    expect(usageOf('InvokeModel', body, headers(14, 16, 7, 31))).toEqual({
      ...ttlUnknown(14, 7, 31, 0, 16),
      source: 'headers',
    });
    expect(usageOf('InvokeModel', body, { 'x-amzn-bedrock-input-token-count': 'many' })?.source).toBe('body');
  });

  test('headers include the cache tokens if the body does', () => {
    const body = {
      usage: {
        prompt_tokens: 5072,
        completion_tokens: 40,
        total_tokens: 5112,
        prompt_tokens_details: { cached_tokens: 5018, cache_write_tokens: 52 },
      },
    };

    expect(usageOf('InvokeModel', body, headers(5072, 40), OPENAI)).toEqual({
      ...buckets(2, 5018, 52, 0, 40),
      source: 'headers',
    });
    expect(usageOf('InvokeModel', body, headers(2, 40, 5018, 52), OPENAI)).toEqual({
      ...buckets(2, 5018, 52, 0, 40),
      source: 'headers',
    });
    expect(usageOf('InvokeModel', {}, headers(5072, 40, 5018, 52), OPENAI)).toEqual({
      ...buckets(2, 5018, 52, 0, 40),
      source: 'headers',
    });
  });

  test('headers with less output than the body yield the larger count and the difference', () => {
    const body = { usage: { input_tokens: 14, output_tokens: 20 } };

    expect(
      readUsage({ operation: 'InvokeModel', modelId: CLAUDE, response: body, headers: headers(14, 16) }),
    ).toEqual({ usage: { ...plain(14, 20), source: 'body' }, outputDifference: 4 });
    expect(
      readUsage({ operation: 'InvokeModel', modelId: CLAUDE, response: body, headers: headers(14, 23) }),
    ).toEqual({ usage: { ...plain(14, 23), source: 'headers' }, outputDifference: 3 });
    expect(
      readUsage({ operation: 'InvokeModel', modelId: CLAUDE, response: body, headers: headers(14, 20) }),
    ).toEqual({ usage: { ...plain(14, 20), source: 'headers' } });
  });
});

describe('InvokeModel streams', () => {
  const anthropic = [
    {
      type: 'message_start',
      message: {
        usage: {
          input_tokens: 4,
          cache_creation_input_tokens: 1209,
          cache_read_input_tokens: 0,
          cache_creation: { ephemeral_5m_input_tokens: 9, ephemeral_1h_input_tokens: 1200 },
          output_tokens: 4,
        },
      },
    },
    { type: 'content_block_delta', delta: { type: 'text_delta', text: 'x' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 10 } },
    {
      type: 'message_stop',
      ...metrics(4, 10, { cacheReadInputTokenCount: 0, cacheWriteInputTokenCount: 1209 }),
    },
  ];

  test.each<[string, string, unknown[], ReturnType<typeof buckets>, string]>([
    ['Anthropic', CLAUDE, anthropic, buckets(4, 0, 9, 1200, 10), 'streamMetrics'],
    [
      "Anthropic, without the service's metrics",
      CLAUDE,
      anthropic.slice(0, 3),
      buckets(4, 0, 9, 1200, 10),
      'body',
    ],
    [
      'Amazon Nova',
      NOVA,
      [
        { messageStart: {} },
        {
          metadata: {
            usage: { inputTokens: 30, outputTokens: 55, cacheReadInputTokenCount: 2 },
            metrics: {},
          },
          ...metrics(30, 55, { cacheReadInputTokenCount: 2 }),
        },
      ],
      buckets(30, 2, 0, 0, 55),
      'streamMetrics',
    ],
    [
      'Titan',
      'amazon.titan-text-lite-v1',
      [
        { outputText: 'x', inputTextTokenCount: 7, totalOutputTextTokenCount: null },
        {
          outputText: 'y',
          inputTextTokenCount: null,
          totalOutputTextTokenCount: 78,
          completionReason: 'FINISH',
        },
      ],
      plain(7, 78),
      'body',
    ],
    [
      'Llama',
      'meta.llama2-13b-chat-v1',
      [
        { generation: 'x', prompt_token_count: 9, generation_token_count: 1, stop_reason: null },
        { generation: '', prompt_token_count: null, generation_token_count: 26, stop_reason: 'stop' },
      ],
      plain(9, 26),
      'body',
    ],
    [
      'Mistral text',
      'mistral.mistral-7b-instruct-v0:2',
      [
        { outputs: [{ text: 'x', stop_reason: null }] },
        { outputs: [{ text: '', stop_reason: 'stop' }], ...metrics(8, 94) },
      ],
      plain(8, 94),
      'streamMetrics',
    ],
    [
      'Cohere',
      'cohere.command-r-v1:0',
      [
        { is_finished: false, text: 'x' },
        {
          is_finished: true,
          response: {
            meta: {
              billed_units: { input_tokens: 7, output_tokens: 7 },
              tokens: { input_tokens: 73, output_tokens: 8 },
            },
          },
        },
      ],
      plain(7, 7),
      'body',
    ],
    [
      'AI21, with the sum so far in each chunk',
      'ai21.jamba-1-5-mini-v1:0',
      [1, 7, 8].map(count => ({
        choices: [{ finish_reason: count === 8 ? 'stop' : null }],
        usage: { prompt_tokens: 17, total_tokens: 17 + count, completion_tokens: count },
      })),
      plain(17, 8),
      'body',
    ],
    [
      'chat completions',
      'openai.gpt-oss-20b-1:0',
      [
        { choices: [{ finish_reason: null }], usage: null },
        { choices: [{ finish_reason: 'stop' }] },
        {
          choices: [],
          usage: {
            prompt_tokens: 70,
            completion_tokens: 43,
            total_tokens: 113,
            prompt_tokens_details: { cached_tokens: 20 },
          },
        },
      ],
      buckets(50, 20, 0, 0, 43),
      'body',
    ],
    [
      'OpenAI Responses',
      OPENAI,
      [
        { type: 'response.created', response: { usage: null } },
        {
          type: 'response.completed',
          response: {
            usage: {
              input_tokens: 10,
              input_tokens_details: { cached_tokens: 4 },
              output_tokens: 3,
              total_tokens: 13,
            },
          },
        },
      ],
      buckets(6, 4, 0, 0, 3),
      'body',
    ],
    ['an unknown vendor', 'new.model-v1', [{ x: 1 }, metrics(3, 4)], plain(3, 4), 'streamMetrics'],
  ])('reads the usage in the chunks of InvokeModel: %s', (_what, modelId, chunks, expected, source) => {
    expect(usageOf('InvokeModelWithResponseStream', chunks, undefined, modelId)).toEqual({
      ...expected,
      source,
    });
    // Events as the SDK returns them. Each event contains one chunk as bytes.
    const events = chunks.map(chunk => ({
      chunk: { bytes: new TextEncoder().encode(JSON.stringify(chunk)) },
    }));
    expect(usageOf('InvokeModelWithResponseStream', events, undefined, modelId)).toEqual({
      ...expected,
      source,
    });
  });

  test('a stream with tool use has the larger output count of Bedrock and the vendor, and the difference', () => {
    const chunks = [
      anthropic[0],
      { type: 'message_delta', usage: { output_tokens: 133 } },
      { type: 'message_stop', ...metrics(4, 97) },
    ];

    expect(
      readUsage({ operation: 'InvokeModelWithResponseStream', modelId: CLAUDE, response: chunks }),
    ).toEqual({ usage: { ...buckets(4, 0, 9, 1200, 133), source: 'body' }, outputDifference: 36 });
  });

  test.each<[string, unknown[], ReturnType<typeof buckets>]>([
    ['Anthropic', anthropic.slice(0, 2), buckets(4, 0, 9, 1200, 4)],
    ['Titan', [{ outputText: 'x', inputTextTokenCount: 7, totalOutputTextTokenCount: null }], plain(7, 0)],
    [
      'Llama',
      [{ generation: 'x', prompt_token_count: 9, generation_token_count: 3, stop_reason: null }],
      plain(9, 3),
    ],
    [
      'AI21',
      [
        {
          choices: [{ finish_reason: null }],
          usage: { prompt_tokens: 17, total_tokens: 19, completion_tokens: 2 },
        },
        { internalServerException: { message: 'x' } },
      ],
      plain(17, 2),
    ],
  ])('the usage of a broken stream is partial: %s', (_what, chunks, expected) => {
    expect(usageOf('InvokeModelWithResponseStream', chunks)).toEqual({
      ...expected,
      partial: true,
      source: 'body',
    });
  });

  test('a stream that breaks before its counts has no usage', () => {
    expect(
      usageOf('InvokeModelWithResponseStream', [
        { outputs: [{ text: 'x' }] },
        { chunk: { bytes: new Uint8Array([123]) } },
      ]),
    ).toBeUndefined();
    expect(usageOf('InvokeModelWithResponseStream', [])).toBeUndefined();
  });
});

describe('agents', () => {
  const model = (kind: string, traceId: string, foundationModel: string) => ({
    trace: { agentId: 'A1', trace: { [kind]: { modelInvocationInput: { traceId, foundationModel } } } },
  });
  const answer = (kind: string, traceId: string, usage: unknown, clientRequestId?: string) => ({
    trace: {
      agentId: 'A1',
      collaboratorName: 'Helper',
      trace: {
        [kind]: {
          modelInvocationOutput: { traceId, metadata: { usage, totalTimeMs: 1629, clientRequestId } },
        },
      },
    },
  });
  const events = [
    model('preProcessingTrace', 't-pre-0', NOVA),
    answer('preProcessingTrace', 't-pre-0', { inputTokens: 435, outputTokens: 116 }, 'r1'),
    model('orchestrationTrace', 't-0', CLAUDE),
    answer('orchestrationTrace', 't-0', { inputTokens: 252, outputTokens: 354 }, 'r2'),
    { trace: { trace: { orchestrationTrace: { rationale: { text: 'x', traceId: 't-0' } } } } },
    { trace: { trace: { customOrchestrationTrace: { event: { text: 'x' } } } } },
    { trace: { trace: { failureTrace: { failureReason: 'x' } } } },
    { chunk: { bytes: new Uint8Array() } },
  ];

  test('the usage of an agent is the sum of its model calls', () => {
    expect(usageOf('InvokeAgent', events)).toEqual({ ...plain(687, 470), source: 'usage' });
  });

  test('the trace of an agent has each call with its model', () => {
    expect(extractAgentCalls(events)).toEqual([
      {
        modelId: NOVA,
        usage: { ...plain(435, 116), source: 'usage' },
        agentId: 'A1',
        collaboratorName: 'Helper',
        requestId: 'r1',
        latencyMs: 1629,
      },
      {
        modelId: CLAUDE,
        usage: { ...plain(252, 354), source: 'usage' },
        agentId: 'A1',
        collaboratorName: 'Helper',
        requestId: 'r2',
        latencyMs: 1629,
      },
    ]);
  });

  test('a repeated event of an agent is one call', () => {
    expect(usageOf('InvokeAgent', [...events, events[3]])).toEqual({ ...plain(687, 470), source: 'usage' });
  });

  test('the usage of an agent is partial if the stream breaks in a call', () => {
    expect(usageOf('InvokeAgent', [...events, model('postProcessingTrace', 't-post-0', CLAUDE)])).toEqual({
      ...plain(687, 470),
      partial: true,
      source: 'usage',
    });
  });

  test('an agent without a trace has no usage', () => {
    expect(usageOf('InvokeAgent', [{ chunk: { bytes: new Uint8Array() } }])).toBeUndefined();
    expect(extractAgentCalls('no list' as never)).toEqual([]);
  });
});

test('an agent can have a model call without usage', () => {
  const step = (traceId: string, usage?: object) => [
    {
      trace: {
        trace: {
          orchestrationTrace: { modelInvocationInput: { traceId, foundationModel: NOVA, text: 'x' } },
        },
      },
    },
    { trace: { trace: { orchestrationTrace: { modelInvocationOutput: { traceId, metadata: { usage } } } } } },
  ];
  const events = [
    ...step('a', { inputTokens: 10, outputTokens: 5 }),
    ...step('b'),
    ...step('c', { inputTokens: 1 }),
  ];

  expect(extractAgentCalls(events).map(({ modelId, usage }) => [modelId, usage?.outputTokens])).toEqual([
    [NOVA, 5],
    [NOVA, undefined],
    [NOVA, undefined],
  ]);
  expect(usageOf('InvokeAgent', events)).toMatchObject({ ...plain(10, 5), partial: true });
});

describe('log records', () => {
  const record = (changes: object) => ({
    schemaType: 'ModelInvocationLog',
    schemaVersion: '1.0',
    operation: 'Converse',
    modelId: CLAUDE,
    identity: { arn: 'arn:aws:sts::123456789012:assumed-role/x/y' },
    ...changes,
  });
  const counts = {
    input: { inputTokenCount: 3, cacheReadInputTokenCount: 0, cacheWriteInputTokenCount: 24_479 },
    output: { outputTokenCount: 52 },
  };

  test.each<[string, object, ReturnType<typeof buckets>]>([
    ['counts without a body', record(counts), ttlUnknown(3, 0, 24_479, 0, 52)],
    [
      'an array as the identity',
      record({ ...counts, identity: [{ arn: 'x' }] }),
      ttlUnknown(3, 0, 24_479, 0, 52),
    ],
    [
      'bodies in S3',
      record({
        input: { ...counts.input, inputBodyS3Path: 's3://b/i' },
        output: { ...counts.output, outputBodyS3Path: 's3://b/o' },
      }),
      ttlUnknown(3, 0, 24_479, 0, 52),
    ],
    [
      'cache writes by time to live in the body',
      record({
        ...counts,
        output: {
          outputTokenCount: 52,
          outputBodyJson: {
            usage: {
              inputTokens: 3,
              outputTokens: 52,
              totalTokens: 24_534,
              cacheWriteInputTokens: 24_479,
              cacheDetails: [
                { ttl: '1h', inputTokens: 24_000 },
                { ttl: '5m', inputTokens: 479 },
              ],
            },
          },
        },
      }),
      buckets(3, 0, 479, 24_000, 52),
    ],
    [
      'a body of Anthropic',
      record({
        operation: 'InvokeModel',
        input: {},
        output: { outputBodyJson: { usage: { input_tokens: 1, output_tokens: 2 } } },
      }),
      plain(1, 2),
    ],
    [
      'a body of chunks',
      record({
        operation: 'InvokeModelWithResponseStream',
        input: {},
        output: {
          outputBodyJson: [
            {
              type: 'message_start',
              message: {
                usage: {
                  input_tokens: 4,
                  cache_creation_input_tokens: 30,
                  cache_creation: { ephemeral_1h_input_tokens: 30 },
                  output_tokens: 1,
                },
              },
            },
            { type: 'message_delta', usage: { output_tokens: 10 } },
            { type: 'message_stop', ...metrics(4, 10, { cacheWriteInputTokenCount: 30 }) },
          ],
        },
      }),
      buckets(4, 0, 0, 30, 10),
    ],
    [
      'embeddings without an output count',
      record({
        operation: 'InvokeModel',
        modelId: 'amazon.titan-embed-text-v2:0',
        input: { inputTokenCount: 12 },
        output: {},
      }),
      plain(12, 0),
    ],
  ])('reads the usage of a log record: %s', (_what, response, expected) => {
    expect(usageOf('ModelInvocationLog', response)).toEqual({ ...expected, source: 'log' });
  });

  test.each<[string, unknown]>([
    ['a failed call', record({ errorCode: 'ThrottlingException', input: {}, output: {} })],
    ['a failed call with an input count', record({ errorCode: 'x', input: { inputTokenCount: 3 } })],
    ['another schema', { ...record(counts), schemaType: 'Other' }],
    ['a text', 'text'],
    [
      'counts only in the prompt',
      record({
        input: { inputBodyJson: { inputTokenCount: 9, usage: { inputTokens: 9, outputTokens: 9 } } },
        output: {},
      }),
    ],
  ])('a log record has no usage: %s', (_what, response) => {
    expect(usageOf('ModelInvocationLog', response)).toBeUndefined();
  });

  test('a log record with two output counts has the larger one and the difference', () => {
    const response = record({
      ...counts,
      output: {
        outputTokenCount: 97,
        outputBodyJson: [{ type: 'message_delta', usage: { output_tokens: 133 } }],
      },
    });

    expect(readUsage({ operation: 'ModelInvocationLog', modelId: '', response })).toEqual({
      usage: { ...ttlUnknown(3, 0, 24_479, 0, 133), source: 'log' },
      outputDifference: 36,
    });
  });
});

describe('batch lines', () => {
  test('a failed line of a batch job has no usage', () => {
    expect(
      usageOf('BatchOutput', {
        recordId: 'r',
        modelInput: {},
        error: { errorCode: 400, errorMessage: 'bad request' },
      }),
    ).toBeUndefined();
  });

  test('the manifest of a batch job has its sums', () => {
    const manifest = {
      totalRecordCount: 3,
      processedRecordCount: 3,
      successRecordCount: 2,
      errorRecordCount: 1,
      inputTokenCount: 6_290_000,
      outputTokenCount: 130_000,
    };

    expect(usageOf('BatchOutput', manifest)).toEqual({
      ...plain(6_290_000, 130_000),
      calls: 2,
      source: 'body',
    });
    const { outputTokenCount: _, ...embedded } = manifest;
    expect(usageOf('BatchOutput', embedded)).toBeUndefined();
    expect(usageOf('BatchOutput', embedded, undefined, 'amazon.titan-embed-text-v2:0')).toMatchObject(
      plain(6_290_000, 0),
    );
  });
});

describe('a response without usage', () => {
  test.each([
    ['Converse', undefined],
    ['Converse', null],
    ['Converse', 'text'],
    ['Converse', []],
    ['Converse', {}],
    ['Converse', { usage: null }],
    ['Converse', { usage: { inputTokens: 5 } }],
    ['Converse', { usage: { inputTokens: -1, outputTokens: 1 } }],
    ['Converse', { usage: { inputTokens: 1.5, outputTokens: 1 } }],
    ['Converse', { usage: { inputTokens: NaN, outputTokens: 1 } }],
    ['Converse', { usage: { inputTokens: 2 ** 53, outputTokens: 1 } }],
    ['Converse', { usage: { inputTokens: '5', outputTokens: '1' } }],
    ['Converse', { usage: { inputTokens: 2 ** 53 - 1, outputTokens: 2 ** 53 - 1 } }],
    ['ConverseStream', {}],
    ['ConverseStream', [null, 1, 'x']],
    ['InvokeModel', { usage: [] }],
    ['InvokeModel', Buffer.from('{}')],
    ['InvokeModelWithResponseStream', {}],
    ['InvokeAgent', {}],
    ['ModelInvocationLog', []],
    ['BatchOutput', {}],
    ['Unknown', { usage: { inputTokens: 1, outputTokens: 1 } }],
  ] as const)('yields no usage: %s %j', (operation, response) => {
    expect(usageOf(operation as UsageSource['operation'], response)).toBeUndefined();
  });

  test('never throws, even if reading the response does', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
        has: () => {
          throw new Error('no');
        },
      },
    );

    for (const operation of ['Converse', 'InvokeModel', 'ModelInvocationLog', 'BatchOutput'] as const) {
      expect(usageOf(operation, hostile)).toBeUndefined();
    }
    for (const operation of ['ConverseStream', 'InvokeModelWithResponseStream', 'InvokeAgent'] as const) {
      expect(usageOf(operation, [hostile])).toBeUndefined();
    }
    expect(extractAgentCalls([hostile])).toEqual([]);
    expect(extractUsage(undefined as never)).toBeUndefined();
  });
});

test('a list longer than any response is read only at its start and its end', () => {
  const endless: unknown[] = [];
  endless.length = 2 ** 32 - 2;
  endless.push({ metadata: { usage: { inputTokens: 10, outputTokens: 1 } } });

  expect(usageOf('ConverseStream', endless)).toEqual({ ...plain(10, 1), source: 'usage' });
  expect(usageOf('InvokeModelWithResponseStream', endless)).toEqual({ ...plain(10, 1), source: 'body' });
  expect(usageOf('InvokeAgent', endless)).toBeUndefined();
  expect(usageOf('Converse', { usage: { inputTokens: 1, outputTokens: 1, cacheDetails: endless } })).toEqual({
    ...plain(1, 1),
    source: 'usage',
  });
});

test('totalInputTokens adds up all input', () => {
  expect(totalInputTokens({ ...buckets(1, 2, 3, 4, 5), source: 'usage' })).toBe(10);
});
