import { BOTO, bucketsOf, type Members, read, type SpanChanges, spanOf } from './support';

/** Makes the attributes of a span without the counts that all spans of the tests have. */
const only = (attributes: Members): Members => ({
  'gen_ai.usage.input_tokens': undefined,
  'gen_ai.usage.output_tokens': undefined,
  ...attributes,
});
const counts = (input: number, total?: number): Members => ({
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': 150,
  ...(total !== undefined && { 'gen_ai.usage.total_tokens': total }),
});
const openInference = (input: number, total: number): Members => ({
  'gen_ai.operation.name': undefined,
  'openinference.span.kind': 'LLM',
  'llm.provider': 'aws',
  'llm.token_count.prompt': input,
  'llm.token_count.completion': 150,
  'llm.token_count.total': total,
  'llm.token_count.prompt_details.cache_read': 4000,
  'llm.token_count.prompt_details.cache_write': 600,
});
const OLD_CACHE = {
  'gen_ai.usage.cache_read_input_tokens': 4000,
  'gen_ai.usage.cache_write_input_tokens': 600,
};
const CACHE = {
  'gen_ai.usage.cache_read.input_tokens': 4000,
  'gen_ai.usage.cache_creation.input_tokens': 600,
};
const boto = (version: string, method: string, attributes: Members): SpanChanges => ({
  scope: { name: BOTO, version },
  attributes: { 'rpc.method': method, ...attributes },
});

/** Input count without the cache tokens, and input count with them. */
const [EXCLUSIVE, INCLUSIVE] = [210, 4810];
/** Total that Bedrock reports, and sum of the exclusive input and the output. */
const [TOTAL, SUM] = [4960, 360];
const CACHED = [210, 4000, 600, 150];
const UNCACHED = [210, 0, 0, 150];

/** Expected buckets and the unknown tokens of a span, by instrumentation. */
const INSTRUMENTATIONS: readonly [
  name: string,
  changes: SpanChanges,
  buckets: readonly number[],
  uncounted?: readonly string[],
][] = [
  [
    'Strands 1.0',
    { scope: { name: 'strands.telemetry.tracer', version: '' }, attributes: counts(EXCLUSIVE, TOTAL) },
    UNCACHED,
    ['cacheTokens'],
  ],
  [
    'Strands 1.9 to 1.53',
    {
      scope: { name: 'strands.telemetry.tracer', version: '' },
      attributes: { ...counts(EXCLUSIVE, TOTAL), ...OLD_CACHE },
    },
    CACHED,
  ],
  [
    'Strands from 1.54',
    {
      scope: { name: 'strands.telemetry.tracer', version: '' },
      attributes: { ...counts(INCLUSIVE, TOTAL), ...OLD_CACHE, ...CACHE },
    },
    CACHED,
  ],
  [
    'Strands from 1.54 with the latest conventions',
    {
      scope: { name: 'strands.telemetry.tracer', version: '' },
      attributes: { ...counts(INCLUSIVE, TOTAL), ...CACHE },
    },
    CACHED,
  ],
  [
    'Strands for TypeScript 1.19',
    {
      scope: { name: 'strands-agents', version: '' },
      attributes: { ...counts(INCLUSIVE, TOTAL), ...OLD_CACHE },
    },
    CACHED,
  ],
  ['boto3 with 0.65b0', boto('0.65b0', 'Converse', counts(EXCLUSIVE)), UNCACHED, ['cacheTokens']],
  ['boto3 without a version', boto('', 'Converse', counts(EXCLUSIVE)), UNCACHED, ['cacheTokens']],
  ['boto3 with 0.66b2 and Converse', boto('0.66b2', 'Converse', { ...counts(EXCLUSIVE), ...CACHE }), CACHED],
  [
    'boto3 with 0.66b2 and ConverseStream',
    boto('0.66b2', 'ConverseStream', { ...counts(EXCLUSIVE), ...CACHE }),
    CACHED,
  ],
  [
    'boto3 with 0.66b2 and an input above the cache tokens',
    boto('0.66b2', 'Converse', { ...counts(5000), ...CACHE }),
    [5000, 4000, 600, 150],
  ],
  ['boto3 with 0.66b2 and no cache', boto('0.66b2', 'Converse', counts(EXCLUSIVE)), UNCACHED],
  ['boto3 with 1.0', boto('1.0.0', 'Converse', counts(EXCLUSIVE)), UNCACHED],
  [
    'boto3 with 0.66b2 and InvokeModel',
    boto('0.66b2', 'InvokeModel', counts(EXCLUSIVE)),
    UNCACHED,
    ['cacheTokens'],
  ],
  [
    'boto3 with 0.66b2 and InvokeModelWithResponseStream',
    boto('0.66b2', 'InvokeModelWithResponseStream', counts(EXCLUSIVE)),
    UNCACHED,
    ['cacheTokens'],
  ],
  [
    'the AWS SDK for JavaScript',
    {
      scope: { name: '@opentelemetry/instrumentation-aws-sdk', version: '0.78.0' },
      attributes: { 'gen_ai.system': 'aws.bedrock', 'rpc.method': 'Converse', ...counts(EXCLUSIVE) },
    },
    UNCACHED,
    ['cacheTokens'],
  ],
  [
    'OpenLLMetry for Bedrock',
    {
      scope: { name: 'opentelemetry.instrumentation.bedrock', version: '0.62.4' },
      attributes: { ...counts(5000, 5150), ...CACHE },
    },
    [5000, 4000, 600, 150],
  ],
  [
    'OpenLLMetry for LangChain',
    {
      scope: { name: 'opentelemetry.instrumentation.langchain', version: '0.62.4' },
      attributes: { ...counts(INCLUSIVE, TOTAL), ...CACHE },
    },
    CACHED,
  ],
  [
    'the AWS distro for LangChain',
    {
      scope: { name: 'amazon.opentelemetry.distro.instrumentation.langchain', version: '0.21.0' },
      attributes: { ...counts(INCLUSIVE), ...CACHE },
    },
    CACHED,
  ],
  [
    'the AWS distro for LangChain with hidden cache writes',
    {
      scope: { name: 'amazon.opentelemetry.distro.instrumentation.langchain', version: '0.21.0' },
      attributes: { ...counts(INCLUSIVE), ...CACHE, 'gen_ai.usage.cache_creation.input_tokens': 0 },
    },
    [810, 4000, 0, 150],
    ['cacheTokens'],
  ],
  [
    'the AWS distro for CrewAI',
    {
      scope: { name: 'amazon.opentelemetry.distro.instrumentation.crewai', version: '0.21.0' },
      attributes: counts(EXCLUSIVE),
    },
    UNCACHED,
    ['cacheTokens'],
  ],
  [
    'OpenInference for Bedrock with Converse',
    {
      scope: { name: 'openinference.instrumentation.bedrock', version: '0.1.61' },
      attributes: only(openInference(INCLUSIVE, TOTAL)),
    },
    CACHED,
  ],
  [
    'OpenInference for Bedrock with a stream of InvokeModel',
    {
      scope: { name: 'openinference.instrumentation.bedrock', version: '0.1.61' },
      attributes: only(openInference(5000, 9750)),
    },
    [5000, 4000, 600, 150],
  ],
  [
    'OpenInference for the AWS SDK for JavaScript',
    {
      scope: { name: '@arizeai/openinference-instrumentation-bedrock', version: '0.5.1' },
      attributes: only(openInference(EXCLUSIVE, TOTAL)),
    },
    CACHED,
  ],
  [
    'OpenInference for LangChain',
    {
      scope: { name: 'openinference.instrumentation.langchain', version: '0.1.80' },
      attributes: only(openInference(INCLUSIVE, TOTAL)),
    },
    CACHED,
  ],
  [
    'LangSmith',
    {
      scope: { name: 'langsmith', version: '0.15.1' },
      attributes: { 'langsmith.span.kind': 'llm', 'gen_ai.system': 'anthropic', ...counts(INCLUSIVE, TOTAL) },
    },
    [4810, 0, 0, 150],
  ],
  [
    'the AI SDK 7',
    {
      scope: { name: 'gen_ai' },
      attributes: { 'gen_ai.provider.name': 'aws.bedrock', ...counts(INCLUSIVE), ...CACHE },
    },
    CACHED,
  ],
  [
    'the AI SDK 6',
    {
      scope: { name: 'ai' },
      attributes: only({
        'gen_ai.operation.name': undefined,
        'ai.operationId': 'ai.streamText.doStream',
        'ai.usage.inputTokens': INCLUSIVE,
        'ai.usage.outputTokens': 150,
        'ai.usage.cachedInputTokens': 4000,
        'ai.usage.inputTokenDetails.cacheWriteTokens': 600,
      }),
    },
    CACHED,
  ],
  [
    'the AI SDK 5',
    {
      scope: { name: 'ai' },
      attributes: only({
        'gen_ai.operation.name': undefined,
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.usage.inputTokens': 5000,
        'ai.usage.outputTokens': 150,
        'ai.usage.totalTokens': 5150,
        'ai.usage.cachedInputTokens': 4000,
      }),
    },
    [5000, 4000, 0, 150],
    ['cacheTokens'],
  ],
  [
    'the AI SDK 6 with generateObject, which does not split its input',
    {
      scope: { name: 'ai' },
      attributes: only({
        'gen_ai.operation.name': undefined,
        'ai.operationId': 'ai.generateObject.doGenerate',
        'ai.usage.promptTokens': INCLUSIVE,
        'ai.usage.completionTokens': 150,
      }),
    },
    [4810, 0, 0, 150],
  ],
  [
    'an embedding with the AI SDK 6',
    {
      scope: { name: 'ai' },
      attributes: only({
        'gen_ai.operation.name': undefined,
        'ai.operationId': 'ai.embed.doEmbed',
        'ai.model.id': 'amazon.titan-embed-text-v2:0',
        'gen_ai.request.model': undefined,
        'ai.usage.tokens': 7,
      }),
    },
    [7, 0, 0, 0],
  ],
];

test.each(INSTRUMENTATIONS.map(([name, ...rest]) => [name, rest] as const))(
  'splits the counts of %s into buckets',
  (_name, [changes, buckets, uncounted]) => {
    const { call } = spanOf(read(changes));

    expect(bucketsOf(call.usage)).toEqual(buckets);
    expect(call.uncounted).toEqual(uncounted);
    expect(call.usage).toMatchObject({ source: 'usage', partial: false });
  },
);

describe('the formula for an unknown instrumentation', () => {
  test.each<[string, number, number | undefined, readonly number[]]>([
    ['excludes the cache tokens if it is smaller than their sum', EXCLUSIVE, undefined, CACHED],
    ['excludes the cache tokens if the total contains them in addition', 5000, 9750, [5000, 4000, 600, 150]],
    ['includes the cache tokens if the total is input and output', 5000, 5150, [400, 4000, 600, 150]],
    ['includes the cache tokens if there is no total', 5000, undefined, [400, 4000, 600, 150]],
    ['includes the cache tokens if the total shows neither', 5000, 1, [400, 4000, 600, 150]],
    ['is 0 without cache if it equals the cache tokens', 4600, undefined, [0, 4000, 600, 150]],
  ])('the input count %s', (_text, input, total, buckets) => {
    const { call } = spanOf(read({ attributes: { ...counts(input, total), ...CACHE } }));

    expect(bucketsOf(call.usage)).toEqual(buckets);
  });

  test('a total above input and output shows that cache tokens are missing', () => {
    expect(spanOf(read({ attributes: counts(EXCLUSIVE, TOTAL) })).call.uncounted).toEqual(['cacheTokens']);
    expect(spanOf(read({ attributes: counts(EXCLUSIVE, SUM) })).call.uncounted).toBeUndefined();
  });

  test('the old and the new name of a count are never added', () => {
    const both = { ...counts(INCLUSIVE), ...OLD_CACHE, ...CACHE, 'gen_ai.usage.prompt_tokens': INCLUSIVE };

    expect(bucketsOf(spanOf(read({ attributes: both })).call.usage)).toEqual(CACHED);
  });
});

describe('special counts', () => {
  test.each<[string, string, string, string]>([
    [BOTO, 'InvokeModel', 'cohere.command-text-v14', 'estimate'],
    [BOTO, 'InvokeModel', 'mistral.mistral-7b-instruct-v0:2', 'estimate'],
    [BOTO, 'InvokeModel', 'us.mistral.pixtral-large-2502-v1:0', 'estimate'],
    [BOTO, 'Converse', 'mistral.mistral-7b-instruct-v0:2', 'usage'],
    [BOTO, 'InvokeModel', 'amazon.nova-lite-v1:0', 'usage'],
    ['@opentelemetry/instrumentation-aws-sdk', 'InvokeModel', 'cohere.command-r-v1:0', 'estimate'],
    ['opentelemetry.instrumentation.bedrock', 'InvokeModel', 'cohere.command-r-v1:0', 'usage'],
  ])('%s with %s of %s has the usage source %s at the end', (name, method, model, source) => {
    const attributes = { 'rpc.method': method, 'gen_ai.request.model': model };

    expect(spanOf(read({ scope: { name, version: '0.66b2' }, attributes })).call.usage?.source).toBe(source);
  });

  test.each<[string, Members, boolean]>([
    ['0.18.0-aws', { 'telemetry.auto.version': '0.18.0-aws' }, false],
    ['0.19.0-aws', { 'telemetry.auto.version': '0.19.0-aws' }, true],
    ['unknown', {}, false],
  ])(
    'counts of CrewAI with the AWS distro %s are running totals before 0.19',
    (_version, resource, isUsed) => {
      const scope = { name: 'amazon.opentelemetry.distro.instrumentation.crewai', version: '' };
      const span = spanOf(read({ scope, resource }));

      expect(span.hasUsage).toBe(isUsed);
      expect(span.call.usage !== undefined).toBe(isUsed);
    },
  );

  test('an OpenAI model in ConverseStream has an input count with the cache tokens', () => {
    const model = { 'gen_ai.request.model': 'openai.gpt-oss-120b-1:0' };
    const { call } = spanOf(read(boto('0.66b2', 'ConverseStream', { ...counts(5000), ...CACHE, ...model })));

    expect(bucketsOf(call.usage)).toEqual([400, 4000, 600, 150]);
  });

  test.each<[string, Members, readonly number[] | undefined, boolean]>([
    ['no output', { 'gen_ai.usage.output_tokens': undefined }, [100, 0, 0, 0], true],
    ['no input', { 'gen_ai.usage.input_tokens': undefined }, undefined, false],
    [
      'counts of 0',
      {
        'gen_ai.usage.input_tokens': 0,
        'gen_ai.usage.output_tokens': 0,
        'gen_ai.usage.cache_read.input_tokens': 0,
      },
      undefined,
      false,
    ],
    ['an output of 0', { 'gen_ai.usage.output_tokens': 0 }, [100, 0, 0, 0], true],
    [
      'only cached input',
      { 'gen_ai.usage.input_tokens': undefined, 'gen_ai.usage.cache_read.input_tokens': 40 },
      [0, 40, 0, 10],
      true,
    ],
    ['no counts', only({}), undefined, false],
    ['only cache counts', only({ 'gen_ai.usage.cache_read.input_tokens': 40 }), undefined, false],
  ])('a span with %s has the buckets %j', (_what, attributes, buckets, hasUsage) => {
    const span = spanOf(read({ attributes }));

    expect(bucketsOf(span.call.usage)).toEqual(buckets);
    expect(span.hasUsage).toBe(hasUsage);
  });

  test.each<[string, Members, boolean]>([
    ['no cache count', {}, false],
    ['a cache count of 0', { 'gen_ai.usage.cache_read_input_tokens': 0 }, true],
    ['a cache write count', { 'gen_ai.usage.cache_write.input_tokens': 3 }, true],
  ])('a span with %s shows whether it reports cache tokens', (_what, attributes, expected) => {
    expect(spanOf(read({ attributes })).hasCacheCounts).toBe(expected);
  });

  test('the time to live of cache writes is unknown only for models that can keep them for an hour', () => {
    const usageOf = (model: string) =>
      spanOf(read({ attributes: { ...counts(INCLUSIVE), ...CACHE, 'gen_ai.request.model': model } })).call
        .usage;

    expect(usageOf('us.anthropic.claude-sonnet-4-6')?.cacheWriteTtlUnknown).toBe(true);
    expect(usageOf('us.amazon.nova-lite-v1:0')?.cacheWriteTtlUnknown).toBeUndefined();
  });
});
