import { Bedrock, KeepingTracker, read, SDKS, tokensOf } from './support';
import { type Invocation, type TokenTrackerOptions } from 'cdk-token-analytics/runtime';

const NOVA_PRO = 'amazon.nova-pro-v1:0';
const SOL = 'openai.gpt-5.6-sol';
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';
const TIER = 'x-amzn-bedrock-service-tier';
const LATENCY = 'x-amzn-bedrock-performanceconfig-latency';

/** Chunks of a streamed answer of a Nova model, with 100,000 input tokens and 10,000 output tokens. */
const chunks = [
  { messageStart: { role: 'assistant' } },
  { contentBlockDelta: { delta: { text: 'alder' }, contentBlockIndex: 0 } },
  { messageStop: { stopReason: 'end_turn' } },
  {
    'metadata': { usage: { inputTokens: 100_000, outputTokens: 10_000 } },
    'amazon-bedrock-invocationMetrics': { inputTokenCount: 100_000, outputTokenCount: 10_000 },
  },
];

interface Replayed {
  readonly response: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Runs `call` with an emulator that responds with `answer`. Returns the recorded invocations. */
async function recordedOf(
  answer: Replayed,
  call: (bedrock: Bedrock) => Promise<unknown>,
  { sdk = SDKS[0][1], options = {} as TokenTrackerOptions } = {},
): Promise<readonly Invocation[]> {
  const tracker = new KeepingTracker(options);
  const bedrock = await Bedrock.start(sdk);
  bedrock.answer = answer;
  tracker.instrument(bedrock.client);
  try {
    await call(bedrock);
  } finally {
    await bedrock.close();
  }
  return tracker.invocations;
}

const streamed = async (bedrock: Bedrock) => read(await bedrock.invokeStream(undefined, NOVA_PRO));

describe.each(SDKS)('the response object of InvokeModelWithResponseStream, with %s', (_version, sdk) => {
  test.each([
    ['no tier', {}, 0.112, undefined],
    ['the flex tier', { [TIER]: 'flex' }, 0.056, 'flex'],
    ['the priority tier', { [TIER]: 'priority' }, 0.196, 'priority'],
    ['the default tier', { [TIER]: 'default' }, 0.112, 'default'],
    ['standard latency', { [LATENCY]: 'standard' }, 0.112, undefined],
    ['optimized latency, which has no listed price', { [LATENCY]: 'optimized' }, undefined, undefined],
  ])(
    'the response of InvokeModelWithResponseStream decides the price: %s',
    async (_terms, headers, usd, serviceTier) => {
      const [invocation] = await recordedOf({ response: chunks, headers }, streamed, { sdk });

      expect([invocation.cost?.usd, invocation.serviceTier]).toEqual([usd, serviceTier]);
    },
  );

  test('a stream has its tier also if its consumer stops early', async () => {
    const [invocation] = await recordedOf(
      { response: chunks, headers: { [TIER]: 'flex' } },
      async bedrock => {
        for await (const _ of await bedrock.invokeStream(undefined, NOVA_PRO)) break;
      },
      { sdk },
    );

    expect(invocation).toMatchObject({ serviceTier: 'flex', usage: { partial: true } });
  });
});

test.each(SDKS)('the tier of InvokeModel is read from its headers with %s', async (_version, sdk) => {
  const [invocation] = await recordedOf(
    {
      response: { usage: { inputTokens: 100_000, outputTokens: 10_000 } },
      headers: { [TIER]: 'flex' },
    },
    bedrock => bedrock.invoke(undefined, NOVA_PRO),
    { sdk },
  );

  expect([invocation.cost?.usd, invocation.serviceTier]).toEqual([0.056, 'flex']);
});

describe('a prompt router', () => {
  const trace = { promptRouter: { invokedModelId: 'amazon.nova-micro-v1:0' } };
  const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000, totalTokens: 2_000_000 };
  const own = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl';
  const options = { customPrices: { [own]: { input: 45, output: 45 } } };

  test('a prompt router is not read from the body of InvokeModel, which a custom model can write', async () => {
    const [invocation] = await recordedOf(
      { response: { usage, trace } },
      bedrock => bedrock.invoke(undefined, own),
      {
        options,
      },
    );

    expect([invocation.cost?.usd, invocation.model]).toEqual([90, 'imported-model/abcdefghijkl']);
  });

  test('a prompt router is not read from a chunk of InvokeModel', async () => {
    const [invocation] = await recordedOf(
      { response: [{ metadata: { usage }, trace, serviceTier: 'flex' }] },
      async bedrock => read(await bedrock.invokeStream(undefined, own)),
      { options },
    );

    expect(invocation.cost?.usd).toBe(90);
  });
});

describe('cached tokens of an OpenAI model over ConverseStream', () => {
  const answer = {
    response: [
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'alder' } } },
      { messageStop: { stopReason: 'end_turn' } },
      {
        metadata: {
          usage: {
            inputTokens: 12_401,
            outputTokens: 50,
            totalTokens: 24_850,
            cacheReadInputTokens: 8_367,
            cacheWriteInputTokens: 4_032,
          },
          metrics: { latencyMs: 5 },
        },
      },
    ],
  };
  const stream = (modelId: string) => async (bedrock: Bedrock) =>
    read(await bedrock.converseStream(undefined, modelId));

  test('cached tokens of an OpenAI model over ConverseStream are billed once', async () => {
    const [invocation] = await recordedOf(answer, stream(SOL));

    expect(tokensOf(invocation)).toEqual([2, 8_367, 4_032, 0, 50]);
    expect(invocation.reportedInputTokens).toBe(12_401);
    // Expected cost in US dollars: (2 × 4.4 + 8,367 × 0.44 + 4,032 × 5.5 + 50 × 22) / 1,000,000.
    expect(invocation.cost?.picoUsd).toBe(26_966_280_000n);
  });

  test('cached tokens of an OpenAI model are billed once through an application inference profile', async () => {
    const [invocation] = await recordedOf(answer, stream(PROFILE), {
      options: { inferenceProfiles: { abcdefghijkl: SOL } },
    });

    expect(tokensOf(invocation)).toEqual([2, 8_367, 4_032, 0, 50]);
    expect([invocation.reportedInputTokens, invocation.model]).toEqual([12_401, SOL]);
  });

  test('cached tokens of a profile of another vendor are counted by the total', async () => {
    const [invocation] = await recordedOf(answer, stream(PROFILE), {
      options: { inferenceProfiles: { abcdefghijkl: 'us.anthropic.claude-sonnet-4-6' } },
    });

    expect(tokensOf(invocation)).toEqual([12_401, 8_367, 4_032, 0, 50]);
    expect(invocation.reportedInputTokens).toBeUndefined();
  });
});

describe('a stream that a guardrail blocked', () => {
  const blocked = {
    'amazon-bedrock-guardrailAction': 'INTERVENED',
    'amazon-bedrock-trace': { guardrail: { actionReason: 'Guardrail blocked.' } },
  };

  test('a stream that a guardrail blocked has no tokens and no estimate', async () => {
    const [invocation] = await recordedOf(
      { response: [{ outputText: 'Sorry, this cannot be answered.', ...blocked }] },
      async bedrock => read(await bedrock.invokeStream(undefined, 'amazon.titan-text-express-v1')),
    );

    expect(tokensOf(invocation)).toEqual([0, 0, 0, 0, 0]);
    expect([invocation.usage?.partial, invocation.cost?.picoUsd]).toEqual([false, 0n]);
  });
});

test('a blocked call of Claude by InvokeModel costs 0, and its price is known', async () => {
  const [invocation] = await recordedOf(
    {
      response: {
        'type': 'message',
        'content': [{ type: 'text', text: 'Sorry.' }],
        'amazon-bedrock-guardrailAction': 'INTERVENED',
      },
      headers: {},
    },
    bedrock => bedrock.invoke(),
  );

  expect([invocation.cost?.picoUsd, tokensOf(invocation)]).toEqual([0n, [0, 0, 0, 0, 0]]);
});

describe('the region of a call', () => {
  const answer: Replayed = {
    response: { usage: { inputTokens: 1_000_000, outputTokens: 0, totalTokens: 1_000_000 }, output: {} },
  };

  test('the region of a call is the region of its client, not of the function', async () => {
    const options = { region: 'us-east-1' };
    const tracker = new KeepingTracker(options);
    const bedrock = await Bedrock.start();
    bedrock.answer = answer;
    const { BedrockRuntimeClient } = bedrock.sdk.runtime;
    const client = tracker.instrument(
      new BedrockRuntimeClient({ endpoint: bedrock.endpoint, region: 'eu-central-1' }),
    );
    try {
      await bedrock.converse(client, 'amazon.nova-lite-v1:0');
      await bedrock.converse(tracker.instrument(bedrock.client), 'amazon.nova-lite-v1:0');
    } finally {
      client.destroy();
      await bedrock.close();
    }

    // A million input tokens of Nova Lite cost $0.078 in eu-central-1, and $0.06 in us-east-1.
    expect(tracker.invocations.map(({ cost }) => cost?.usd)).toEqual([0.078, 0.06]);
  });

  test('a tracked call can have its own region', async () => {
    const tracker = new KeepingTracker();
    const track = (region: string) =>
      tracker.track({ modelId: 'amazon.nova-lite-v1:0', region }, () => answer.response);

    await track('eu-central-1');
    await track('eu-central-1; DROP');

    expect(tracker.invocations.map(({ cost }) => cost?.usd)).toEqual([0.078, 0.06]);
  });
});

describe('a tier in a body of OpenAI', () => {
  const body = (service_tier: unknown) => ({
    object: 'chat.completion',
    service_tier,
    choices: [],
    usage: { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 },
  });

  test.each([
    ['flex', 0.075, 'flex'],
    ['ultrafast', undefined, 'ultrafast'],
    ['scale', undefined, 'scale'],
    ['default', 0.15, undefined],
    ['auto', 0.15, undefined],
    [null, 0.15, undefined],
    ['not a tier', 0.15, undefined],
  ])('a tier in a body of OpenAI has its own price, or is unpriced: %s', async (tier, usd, serviceTier) => {
    const [invocation] = await recordedOf({ response: body(tier) }, bedrock =>
      bedrock.invoke(undefined, 'openai.gpt-oss-120b-1:0'),
    );

    expect([invocation.cost?.usd, invocation.serviceTier]).toEqual([usd, serviceTier]);
  });
});

describe('a tracked log record', () => {
  const record = (outputBodyJson: object, more: object = {}) => ({
    schemaType: 'ModelInvocationLog',
    operation: 'Converse',
    modelId: NOVA_PRO,
    input: { inputTokenCount: 1_000_000 },
    output: { outputTokenCount: 0, outputBodyJson },
    ...more,
  });
  const tracked = async (response: ReturnType<typeof record>) => {
    const { invocation } = await new KeepingTracker().track(
      { modelId: String(response.modelId), operation: 'ModelInvocationLog' },
      () => response,
    );
    return invocation.cost?.usd;
  };

  test('a tracked log record has the tier and the router of its body, and the region of its call', async () => {
    expect(await tracked(record({ serviceTier: { type: 'flex' } }))).toBe(0.4);
    expect(await tracked(record({ serviceTier: { type: 'reserved' } }))).toBeUndefined();
    expect(
      await tracked(record({ trace: { promptRouter: { invokedModelId: 'amazon.nova-micro-v1:0' } } })),
    ).toBe(0.035);
    expect(
      await tracked(
        record({}, { modelId: 'anthropic.claude-haiku-4-5-20251001-v1:0', region: 'eu-central-1' }),
      ),
    ).toBe(1.1);
  });
});
