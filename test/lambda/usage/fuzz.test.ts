import fc from 'fast-check';
import { readPayloads } from '../../conformance/payloads';
import { fuzz } from '../../support/fuzz';
import {
  CostCalculator,
  estimateTokens,
  explain,
  extractAgentCalls,
  parseModelId,
  readUsage,
  totalInputTokens,
  type TokenUsage,
  type UsageOperation,
} from 'cdk-token-analytics/runtime';

const RUNS = { numRuns: 10_000, seed: 20_261_124 };
const OPERATIONS: readonly UsageOperation[] = [
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
  'InvokeModelWithBidirectionalStream',
  'InvokeAgent',
  'ModelInvocationLog',
  'BatchOutput',
];
const MODELS = [
  'amazon.nova-lite-v1:0',
  'us.anthropic.claude-opus-4-8',
  'openai.gpt-5.6-luna',
  'cohere.embed-v4:0',
  'vendor.unknown',
  '',
  'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl',
  '__proto__',
  'constructor',
];

/** Response bodies, one for each format of token usage. The tests also use recorded responses. */
const SHAPES: readonly unknown[] = [
  {
    usage: {
      inputTokens: 3,
      outputTokens: 52,
      totalTokens: 24_534,
      cacheReadInputTokens: 7,
      cacheWriteInputTokens: 24_479,
      cacheDetails: [{ ttl: '1h', inputTokens: 24_000 }],
    },
  },
  [{ messageStart: {} }, { metadata: { usage: { inputTokens: 10, outputTokens: 1, totalTokens: 11 } } }],
  {
    usage: {
      input_tokens: 4,
      output_tokens: 6,
      cache_read_input_tokens: 7,
      cache_creation: { ephemeral_1h_input_tokens: 20 },
    },
  },
  {
    usage: {
      prompt_tokens: 100,
      completion_tokens: 5,
      total_tokens: 105,
      prompt_tokens_details: { cached_tokens: 60 },
    },
  },
  { inputTextTokenCount: 5, results: [{ tokenCount: 10 }] },
  [
    { type: 'message_start', message: { usage: { input_tokens: 4, output_tokens: 4 } } },
    { type: 'message_delta', usage: { output_tokens: 10 } },
    { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 4, outputTokenCount: 10 } },
  ],
  [
    {
      trace: {
        agentId: 'A',
        trace: {
          orchestrationTrace: {
            modelInvocationInput: { traceId: 't', foundationModel: 'amazon.nova-lite-v1:0' },
          },
        },
      },
    },
    {
      trace: {
        trace: {
          orchestrationTrace: {
            modelInvocationOutput: { traceId: 't', metadata: { usage: { inputTokens: 1, outputTokens: 2 } } },
          },
        },
      },
    },
  ],
  {
    schemaType: 'ModelInvocationLog',
    modelId: 'amazon.nova-lite-v1:0',
    input: { inputTokenCount: 3, cacheWriteInputTokenCount: 9 },
    output: {
      outputTokenCount: 52,
      outputBodyJson: [{ metadata: { usage: { inputTokens: 3, outputTokens: 52 } } }],
    },
  },
  [
    {
      event: {
        usageEvent: {
          sessionId: 's',
          details: {
            total: {
              input: { speechTokens: 410, textTokens: 290 },
              output: { speechTokens: 880, textTokens: 120 },
            },
          },
          totalInputTokens: 700,
          totalOutputTokens: 1000,
        },
      },
    },
  ],
  { recordId: 'r', modelOutput: { usage: { input_tokens: 1, output_tokens: 2 } } },
];
const RECORDED: readonly unknown[] = readPayloads().map(({ response }) => response);

/** Generates unusual values, which replace members of response bodies. */
const oddity = fc.oneof(
  fc.constantFrom<unknown>(
    -1,
    0.5,
    -0,
    1e308,
    2 ** 53,
    2 ** 53 - 1,
    NaN,
    Infinity,
    -Infinity,
    10n,
    null,
    undefined,
    true,
    '',
    '5',
    'NaN',
    [],
    {},
    [[]],
    () => 1,
    Symbol('x'),
    new Date(0),
    new Uint8Array(3),
  ),
  fc.maxSafeInteger(),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
  fc.object({
    key: fc.constantFrom('__proto__', 'usage', 'inputTokens', 'constructor', 'length', 'x'),
    maxDepth: 3,
  }),
);
const payload = fc.constantFrom(...SHAPES, ...RECORDED);

/** Generates response bodies in which one member is replaced or deleted, or a list is cut off. */
const broken = fc
  .tuple(payload, fc.nat(), fc.constantFrom('change', 'drop', 'cut'), oddity)
  .map(([whole, at, how, value]) => {
    const copy = structuredClone(whole);
    const places: [holder: Record<string, unknown> | unknown[], key: string][] = [];
    const visit = (node: unknown) => {
      if (typeof node !== 'object' || node === null) return;
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key]);
        visit((node as Record<string, unknown>)[key]);
      }
    };
    visit(copy);
    if (places.length === 0) return value;
    const [holder, key] = places[at % places.length];
    if (how === 'drop') delete (holder as Record<string, unknown>)[key];
    else if (how === 'cut' && Array.isArray(holder)) holder.length = Number(key);
    else (holder as Record<string, unknown>)[key] = value;
    return copy;
  });

/** Generates random parsed JSON with keys such as `__proto__`, `usage` and `inputTokens`. */
const wire = fc
  .json({ maxDepth: 6 })
  .map(
    text =>
      JSON.parse(
        text.replaceAll('"a"', '"__proto__"').replaceAll('"b"', '"usage"').replaceAll('"c"', '"inputTokens"'),
      ) as unknown,
  );

const deep = fc.integer({ min: 1, max: 3000 }).map(depth => {
  let value: unknown = { usage: { inputTokens: 1, outputTokens: 1 } };
  for (let level = 0; level < depth; level += 1) {
    value = level % 2 ? [value] : { usage: value, message: value, response: value, metadata: value };
  }
  return value;
});

const source = fc.record({
  modelId: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...MODELS) },
    { weight: 1, arbitrary: fc.string({ maxLength: 300 }) },
  ),
  response: fc.oneof(
    { weight: 6, arbitrary: broken },
    { weight: 2, arbitrary: wire },
    { weight: 1, arbitrary: oddity },
    { weight: 1, arbitrary: deep },
  ),
  headers: fc.option(
    fc.dictionary(
      fc.constantFrom(
        'x-amzn-bedrock-input-token-count',
        'x-amzn-bedrock-output-token-count',
        'x-amzn-bedrock-cache-read-input-token-count',
        'x-amzn-bedrock-cache-write-input-token-count',
      ),
      fc.oneof(
        fc.nat().map(String),
        fc.string(),
        fc.constantFrom('-1', '1.5', '99999999999999999999', '١٢'),
        fc.anything() as fc.Arbitrary<string>,
      ),
    ),
    { nil: undefined },
  ),
});

function expectSound(usage: TokenUsage) {
  const { uncachedInputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens } =
    usage;
  for (const count of [
    uncachedInputTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens,
    outputTokens,
    totalInputTokens(usage) + outputTokens,
  ]) {
    if (!Number.isSafeInteger(count) || count < 0 || Object.is(count, -0)) {
      throw new Error(`an unsound count: ${JSON.stringify(usage)}`);
    }
  }
}

test('any response has valid usage and a valid cost, or neither', () => {
  const calculator = new CostCalculator();
  let read = 0;
  let priced = 0;

  fuzz(
    fc.property(
      source,
      fc.constantFrom(undefined, undefined, undefined, 'flex', 'reserved', 'x'),
      fc.constantFrom(false, false, true),
      (input, serviceTier, batch) => {
        for (const { usage } of extractAgentCalls(input.response as never)) if (usage) expectSound(usage);
        for (const operation of OPERATIONS) {
          const reading = readUsage({ ...input, operation });
          if (!reading) continue;
          read += 1;
          expectSound(reading.usage);
          const { outputDifference = 0 } = reading;
          if (!Number.isSafeInteger(outputDifference) || outputDifference < 0) {
            throw new Error(`an unsound difference: ${outputDifference}`);
          }
          const cost = calculator.calculate(reading.usage, { modelId: input.modelId, serviceTier, batch });
          if (!cost) continue;
          priced += 1;
          if (cost.picoUsd < 0n || !Number.isFinite(cost.usd) || cost.usd < 0) {
            throw new Error(`an unsound cost: ${cost.usd}`);
          }
          if (typeof explain(cost) !== 'string') throw new Error('no explanation');
        }
      },
    ),
    RUNS,
  );

  // Fails if too few of the generated responses contain usage.
  expect(read).toBeGreaterThan(1000);
  expect(priced).toBeGreaterThan(200);
  expect(({} as Record<string, unknown>).usage).toBeUndefined();
});

test('any usage has a cost of 0 or more, or no cost', () => {
  const calculator = new CostCalculator({
    customPrices: {
      '*': {
        input: 1e6,
        output: 1e-9,
        cacheRead: 0,
        cacheWrite5m: 0.1,
        cacheWrite1h: 123_456.789,
        speechInput: 3,
        speechOutput: 12,
      },
    },
  });
  const usage = fc.record(
    {
      uncachedInputTokens: oddity,
      cacheReadTokens: oddity,
      cacheWrite5mTokens: oddity,
      cacheWrite1hTokens: oddity,
      outputTokens: oddity,
      source: oddity,
      partial: oddity,
      speechInputTokens: oddity,
      speechOutputTokens: oddity,
      cacheWriteTtlUnknown: oddity,
    },
    {
      requiredKeys: [
        'uncachedInputTokens',
        'cacheReadTokens',
        'cacheWrite5mTokens',
        'cacheWrite1hTokens',
        'outputTokens',
        'source',
        'partial',
      ],
    },
  );

  fuzz(
    fc.property(usage, fc.constantFrom(...MODELS), (counts, modelId) => {
      const cost = calculator.calculate(counts as unknown as TokenUsage, { modelId });
      return cost === undefined || (cost.picoUsd >= 0n && Number.isFinite(cost.usd));
    }),
    RUNS,
  );
});

test('any model id has a short name without an account id', () => {
  const part = fc.constantFrom(
    'arn:aws:bedrock:us-east-1:123456789012:',
    'arn:',
    'application-inference-profile/',
    'us.',
    'global.',
    'anthropic.',
    'claude',
    ':0',
    ':200k',
    '/',
    '.',
    '\n',
    '\u0000',
    'é',
    '__proto__',
  );
  const id = fc.oneof(
    fc.array(fc.oneof(part, fc.string({ maxLength: 40 })), { maxLength: 60 }).map(parts => parts.join('')),
    oddity as fc.Arbitrary<string>,
  );

  fuzz(
    fc.property(id, modelId => {
      const { model, scope, vendor, opaque } = parseModelId(modelId);
      new CostCalculator().price(modelId);
      return (
        model.length > 0 &&
        model.length <= 64 &&
        ['global', 'geo', 'in-region'].includes(scope) &&
        (opaque ? vendor === '' : vendor !== '')
      );
    }),
    RUNS,
  );
});

test('the estimate of any text is a whole number of 0 or more', () => {
  fuzz(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), oddity as fc.Arbitrary<string>),
      text => {
        const estimate = estimateTokens(text);
        return (
          Number.isSafeInteger(estimate) &&
          estimate >= 0 &&
          estimate <= String(typeof text === 'string' ? text : '').length
        );
      },
    ),
    RUNS,
  );
});
