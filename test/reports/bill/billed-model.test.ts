import { pricedModels } from '../../../lambda/pricing/price-lookup';
import { findModelsAmong } from '../../../reports/bill/bill-names';
import { parseUsage, isBedrockService } from '../../../reports/bill/billed-model';
import { toTokens, findUnit } from '../../../reports/bill/billed-unit';

const named = findModelsAmong(pricedModels());
const FIRST_PARTY = 'Amazon Bedrock';
const sold = (model: string) => `${model} (Amazon Bedrock Edition)`;

describe('names of models on the bill', () => {
  test.each([
    ['Claude Sonnet 4.6', 'anthropic.claude-sonnet-4-6'],
    ['Claude 4.6 Sonnet', 'anthropic.claude-sonnet-4-6'],
    ['Claude4.6Sonnet', 'anthropic.claude-sonnet-4-6'],
    ['Claude Sonnet 4.5', 'anthropic.claude-sonnet-4-5-20250929-v1'],
    ['Claude Sonnet 4', 'anthropic.claude-sonnet-4-20250514-v1'],
    ['Claude Opus 4', 'anthropic.claude-opus-4-20250514-v1'],
    ['Claude Opus 4.1', 'anthropic.claude-opus-4-1-20250805-v1'],
    ['Claude Opus 5', 'anthropic.claude-opus-5'],
    ['Claude Opus 5.5', 'anthropic.claude-opus-5-5'],
    ['Claude 3.5 Sonnet', 'anthropic.claude-3-5-sonnet-20240620-v1'],
    ['Claude 3.5 Sonnet v2', 'anthropic.claude-3-5-sonnet-20241022-v2'],
    ['Claude Instant', 'anthropic.claude-instant-v1'],
    ['Claude 2.1', 'anthropic.claude-v2:1'],
    ['OpenAI GPT-5.6 Sol', 'openai.gpt-5.6-sol'],
    ['openai.gpt-oss-120b', 'openai.gpt-oss-120b-1'],
    ['gpt-oss-120b', 'openai.gpt-oss-120b-1'],
    ['qwen.qwen3-32b', 'qwen.qwen3-32b-v1'],
    ['Qwen3-32B', 'qwen.qwen3-32b-v1'],
    ['NovaLite', 'amazon.nova-lite-v1'],
    ['Nova2.0Lite', 'amazon.nova-2-lite-v1'],
    ['TitanEmbeddingV2-Text', 'amazon.titan-embed-text-v2'],
    ['TitanEmbeddingsG1-Text', 'amazon.titan-embed-text-v1'],
    ['Llama3-3-70B', 'meta.llama3-3-70b-instruct-v1'],
    ['Llama4-Maverick-17B', 'meta.llama4-maverick-17b-instruct-v1'],
    ['Mixtral8x7B', 'mistral.mixtral-8x7b-instruct-v0:1'],
    ['Mistral Large 2407', 'mistral.mistral-large-2407-v1'],
    ['Mistral Large 3', 'mistral.mistral-large-3-675b-instruct'],
    ['DeepSeek-R1', 'deepseek.r1-v1'],
    ['DeepSeek v3.2', 'deepseek.v3.2'],
    ['Command R+', 'cohere.command-r-plus-v1'],
    ['Cohere Command R', 'cohere.command-r-v1'],
    ['Kimi K2 Thinking', 'moonshot.kimi-k2-thinking'],
  ])('reads the billed name "%s" as the model %s', (name, model) => {
    expect(named(name)).toEqual([model]);
  });

  test.each([
    'Claude Haiku 6',
    'Claude',
    'Nova2.0Pro',
    'Nova',
    'Mistral Large',
    'xai.grok-4.8',
    'NVIDIA Nemotron Nano 2',
    'Llama 3.1 70B Latency Optimized',
    '',
  ])('finds not exactly one model for the billed name "%s"', name => {
    expect(named(name)).not.toHaveLength(1);
  });

  test('finds all candidates for a billed name that several models had', () => {
    expect(named('Claude')).toEqual(['anthropic.claude-v1', 'anthropic.claude-v2', 'anthropic.claude-v2:1']);
    expect(named('Mistral Large')).toEqual([
      'mistral.mistral-large-2402-v1',
      'mistral.mistral-large-2407-v1',
    ]);
  });

  test('finds each model with a list price by its own id, and no other model', () => {
    const found = pricedModels().map(model => named(model));

    expect(found).toEqual(pricedModels().map(model => [model]));
  });

  test('finds a model that only the application knows', () => {
    expect(findModelsAmong(['acme.rocket-3-v1:0'])('Rocket 3')).toEqual(['acme.rocket-3-v1']);
    expect(named('Rocket 3')).toEqual([]);
  });
});

describe('services on the bill', () => {
  test.each([
    ['Amazon Bedrock', true],
    ['Amazon Bedrock AgentCore', true],
    ['Claude Sonnet 4.6 (Amazon Bedrock Edition)', true],
    ['Amazon BedrockX', false],
    ['Amazon Elastic Compute Cloud - Compute', false],
    ['Bedrock Tools by Acme', false],
  ])('decides if the service "%s" belongs to Bedrock: %s', (service, expected) => {
    expect(isBedrockService(service)).toBe(expected);
  });
});

describe('usage types on the bill', () => {
  const MARKETPLACE = {
    models: ['anthropic.claude-sonnet-4-6'],
    byTokens: true,
    scope: 'regional',
    longPrompt: false,
  };
  test.each([
    ['USE1-MP:USE1_InputTokenCount-Units', { ...MARKETPLACE, bucket: 'input' }],
    ['USE1-MP:USE1_OutputTokenCount_Global-Units', { ...MARKETPLACE, bucket: 'output', scope: 'global' }],
    ['USE1-MP:USE1_CacheReadInputTokenCount-Units', { ...MARKETPLACE, bucket: 'cacheRead' }],
    ['USE1-MP:USE1_CacheWriteInputTokenCount-Units', { ...MARKETPLACE, bucket: 'cacheWrite5m' }],
    [
      'USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units',
      { ...MARKETPLACE, bucket: 'cacheWrite1h', scope: 'global' },
    ],
    ['USE1-MP:USE1_MillionBatchInputTokens-Units', { ...MARKETPLACE, bucket: 'input', tier: 'batch' }],
    ['EUC1-MP:EUC1_output_tokens_standard-Units', { ...MARKETPLACE, bucket: 'output' }],
    [
      'EU-MP:EU_cache_write_tokens_1h_global_standard-Units',
      { ...MARKETPLACE, bucket: 'cacheWrite1h', scope: 'global' },
    ],
    ['EU-MP:EU_cache_write_tokens_30m_standard-Units', { ...MARKETPLACE, bucket: 'other' }],
    [
      'USE1-MP:USE1_input_tokens_long_context_standard-Units',
      { ...MARKETPLACE, bucket: 'input', longPrompt: true },
    ],
    [
      'USE1-MP:USE1_ProvisionedThroughput_1MonthCommit_ModelUnits-Units',
      { ...MARKETPLACE, bucket: 'other', byTokens: false },
    ],
    ['USE1-MP:USE1_InputImageCount-Units', { ...MARKETPLACE, bucket: 'other', byTokens: false }],
  ])('parses the usage type %s of a Marketplace model', (usageType, expected) => {
    expect(parseUsage(sold('Claude Sonnet 4.6'), usageType, named)).toEqual(expected);
  });

  const STANDARD = { byTokens: true, scope: 'regional', longPrompt: false };
  test.each([
    ['USE1-NovaLite-input-tokens', { ...STANDARD, models: ['amazon.nova-lite-v1'], bucket: 'input' }],
    [
      'EUC1-NovaLite-cache-read-input-token-count',
      { ...STANDARD, models: ['amazon.nova-lite-v1'], bucket: 'cacheRead' },
    ],
    [
      'USE1-Nova2.0Lite-cache-write-input-token-count',
      { ...STANDARD, models: ['amazon.nova-2-lite-v1'], bucket: 'cacheWrite5m' },
    ],
    [
      'USE1-Nova2.0Lite-output-tokens-flex-cross-region-global',
      { ...STANDARD, models: ['amazon.nova-2-lite-v1'], bucket: 'output', tier: 'flex', scope: 'global' },
    ],
    [
      'USE1-gpt-oss-120b-output-tokens-priority',
      { ...STANDARD, models: ['openai.gpt-oss-120b-1'], bucket: 'output', tier: 'priority' },
    ],
    [
      'USE1-openai.gpt-oss-120b-mantle-input-tokens-standard',
      { ...STANDARD, models: ['openai.gpt-oss-120b-1'], bucket: 'input' },
    ],
    [
      'USE1-openai.gpt-5.6-luna-mantle-cache-write-tokens-5m-long-ctx-flex',
      {
        ...STANDARD,
        models: ['openai.gpt-5.6-luna'],
        bucket: 'cacheWrite5m',
        tier: 'flex',
        longPrompt: true,
      },
    ],
    [
      'USE1-xai.grok-4.6-mantle-cache_read-tokens-standard',
      { ...STANDARD, models: ['xai.grok-4.6'], bucket: 'cacheRead' },
    ],
    [
      'USE1-TitanEmbeddingV2-Text-input-tokens',
      { ...STANDARD, models: ['amazon.titan-embed-text-v2'], bucket: 'input' },
    ],
    [
      'USE1-Llama3-1-405B-output-tokens-batch',
      { ...STANDARD, models: ['meta.llama3-1-405b-instruct-v1'], bucket: 'output', tier: 'batch' },
    ],
    [
      'USE1-Claude4.6Sonnet-output-tokens-cross-region-global',
      { ...STANDARD, models: ['anthropic.claude-sonnet-4-6'], bucket: 'output', scope: 'global' },
    ],
    [
      'USE1-NovaPro-input-tokens-latency-optimized',
      { ...STANDARD, models: ['amazon.nova-pro-v1'], bucket: 'input', tier: 'optimized' },
    ],
    [
      'USE1-NovaSonic-speech-understanding-input-token',
      { ...STANDARD, models: ['amazon.nova-sonic-v1'], bucket: 'other' },
    ],
    ['USE1-NovaSonic-text-input-tokens', { ...STANDARD, models: ['amazon.nova-sonic-v1'], bucket: 'input' }],
    [
      'USE1-NovaSonic-speech-input-tokens',
      { ...STANDARD, models: ['amazon.nova-sonic-v1'], bucket: 'speechInput' },
    ],
    [
      'APN1-NovaSonic2.0-speech-output-tokens',
      { ...STANDARD, models: ['amazon.nova-2-sonic-v1'], bucket: 'speechOutput' },
    ],
    ['USE1-NovaLite-input-tokens-custom-model', { ...STANDARD, models: [], bucket: 'input' }],
    ['USE1-NovaPro-Customization-Training', { ...STANDARD, models: [], bucket: 'other', byTokens: false }],
    [
      'USE1-Guardrail-ContentPolicyUnitsConsumed',
      { ...STANDARD, models: [], bucket: 'other', byTokens: false },
    ],
    [
      'USE1-Knowledge-Base:Consumption-based:Retrieval',
      { ...STANDARD, models: [], bucket: 'other', byTokens: false },
    ],
  ])('parses the usage type %s of Bedrock itself', (usageType, expected) => {
    expect(parseUsage(FIRST_PARTY, usageType, named)).toEqual(expected);
  });
});

describe('units of billed quantities', () => {
  const DAY = '2026-11-20';
  const CLAUDE = parseUsage(sold('Claude Sonnet 4.6'), 'USE1-MP:USE1_InputTokenCount_Global-Units', named);
  const NOVA = parseUsage(FIRST_PARTY, 'USE1-NovaLite-input-tokens', named);

  test.each([
    ['tokens', '3', '1000000', 1],
    ['thousands', '3', '1000', 1000],
    ['millions', '3', '1', 1_000_000],
    ['millions, half price', '1.5', '1', 1_000_000],
    ['millions, in a more expensive region', '3.3', '1', 1_000_000],
    ['an amount far from the price', '90', '1', undefined],
    ['a free quantity', '0', '5', undefined],
    ['a refund', '-3', '1', undefined],
  ])(
    'finds the unit of a quantity by its listed price, or returns undefined, for a quantity billed in %s',
    (_what, amount, quantity, expected) => {
      expect(findUnit(CLAUDE, DAY, { amount, quantity, unit: 'Units' })).toBe(expected);
    },
  );

  test('takes the unit from the bill if nothing was paid, and returns undefined if unit and price contradict each other', () => {
    expect(findUnit(NOVA, DAY, { amount: '0', quantity: '5', unit: '1K tokens' })).toBe(1000);
    expect(findUnit(NOVA, DAY, { amount: '0.06', quantity: '1', unit: '1M tokens' })).toBe(1_000_000);
    expect(findUnit(NOVA, DAY, { amount: '0.06', quantity: '1', unit: '1K tokens' })).toBeUndefined();
  });

  test('finds the unit for a model without a list price only if the bill contains it', () => {
    const unknown = parseUsage(sold('Claude Haiku 6'), 'USE1-MP:USE1_InputTokenCount-Units', named);

    expect(findUnit(unknown, DAY, { amount: '3', quantity: '1', unit: 'Units' })).toBeUndefined();
    expect(findUnit(unknown, DAY, { amount: '3', quantity: '1', unit: '1M tokens' })).toBe(1_000_000);
  });

  test('finds the unit by the price for the day, the service tier and the long prompt', () => {
    const sol = (usage: string) => parseUsage(sold('OpenAI GPT-5.6 Sol'), usage, named);
    const batch = parseUsage(FIRST_PARTY, 'USE1-NovaLite-output-tokens-batch', named);

    expect(
      findUnit(sol('USE1-MP:USE1_output_tokens_global_standard-Units'), '2026-08-20', {
        amount: '30',
        quantity: '1',
      }),
    ).toBe(1_000_000);
    expect(
      findUnit(sol('USE1-MP:USE1_output_tokens_long_ctx_global_standard-Units'), '2026-08-21', {
        amount: '0.03',
        quantity: '1',
      }),
    ).toBe(1000);
    expect(findUnit(batch, DAY, { amount: '0.00012', quantity: '1' })).toBe(1000);
  });

  test('converts a billed quantity to whole tokens', () => {
    expect([
      toTokens('196.7', 1000),
      toTokens('0.000001', 1_000_000),
      toTokens('12', 1),
      toTokens('-0.5', 1000),
      toTokens('1.5e-3', 1000),
    ]).toEqual([196_700, 1, 12, -500, 2]);
  });
});
