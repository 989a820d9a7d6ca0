import type { MarketPrices, Market, PricePeriod, Rates } from './price-types';

/** Corrections of `catalog.ts` from one source. The catalog lacks these prices, or has wrong prices. */
export interface Override {
  readonly source: string;
  /** Day on which the prices were read from the source. */
  readonly asOf: string;
  /**
   * Prices by model id and market. They take precedence over the prices in `catalog.ts` for the same model
   * and market.
   */
  readonly prices: Readonly<Record<string, MarketPrices>>;
}

const CHECKED_CATALOGS = 'AWS Bedrock pricing page, us-east-1; two price catalogs agree';
const PRICE_LIST = 'AWS price list, AmazonBedrock, us-east-1';
const MODEL_CARDS = 'Bedrock User Guide, model card; a price catalog agrees';
const PRICE_LIST_MODELS = 'AWS price list, AmazonBedrockFoundationModels, us-east-1; a price catalog agrees';

const on = (rates: Rates): readonly PricePeriod[] => [{ rates }];
const everywhere = (input: string, output?: string): MarketPrices => ({
  any: on(output === undefined ? { input } : { input, output }),
});
const steps = (above: number, rates: Rates, long: Rates): readonly PricePeriod[] => [
  { rates, longPrompt: { above, rates: long } },
];
/** First day (UTC) on which Claude Sonnet 4 and 4.5 refuse prompts of more than 200,000 tokens. */
const LONG_CONTEXT_ENDED = '2026-05-01';
/**
 * Returns the prices of Claude Sonnet 4 or 4.5 for two periods. Until `LONG_CONTEXT_ENDED`, long prompts have
 * the rates in `long`. After that, the model refuses long prompts.
 */
const withLongContext = (rates: Rates, long: Rates): readonly PricePeriod[] => [
  { until: LONG_CONTEXT_ENDED, rates, longPrompt: { above: 200_000, rates: long } },
  { from: LONG_CONTEXT_ENDED, rates },
];
/** Rates in USD per million tokens, as decimal text. */
type Pair = readonly [input: string, output: string];
const pairRates = ([input, output]: Pair): Rates => ({ input, output });
/**
 * Returns the prices of a model with separate tier rates in the AWS price list. AWS has rounded these rates,
 * so a factor would not be exact. `half` has the rates of the flex tier and the batch tier.
 */
const rounded = (
  standard: Pair,
  tiers: Readonly<Partial<Record<'half' | 'flex' | 'priority', Pair>>>,
): readonly PricePeriod[] => [
  {
    rates: pairRates(standard),
    tierRates: Object.fromEntries(
      Object.entries(tiers).flatMap(([tier, rates]) =>
        (tier === 'half' ? ['flex', 'batch'] : [tier]).map(name => [name, pairRates(rates)]),
      ),
    ),
  },
];
/**
 * Returns the prices of a model that has its own rates in some regions, e.g. `inRegions({ 'eu-central-1':
 * ['0.078', '0.312'] })`.
 */
const inRegions = (prices: Readonly<Record<string, Pair>>): MarketPrices =>
  Object.fromEntries(
    Object.entries(prices).map(([region, rates]) => [region as Market, on(pairRates(rates))]),
  );

/** Corrections of `catalog.ts`. If several entries have the same model and market, the last entry applies. */
export const OVERRIDES: readonly Override[] = [
  {
    source: CHECKED_CATALOGS,
    asOf: '2026-09-15',
    prices: {
      'ai21.jamba-1-5-large-v1': everywhere('2', '8'),
      'ai21.jamba-1-5-mini-v1': everywhere('0.2', '0.4'),
      'ai21.jamba-instruct-v1': everywhere('0.5', '0.7'),
      'amazon.titan-embed-text-v2': everywhere('0.02'),
      'amazon.titan-text-premier-v1': everywhere('0.5', '1.5'),
      // From December 2025 on, the AWS pricing page lists twice this price, under "public extended access".
      // No other source confirms the higher price, so it is omitted.
      'anthropic.claude-3-5-sonnet-20241022-v2': {
        any: [
          {
            until: '2025-12-01',
            rates: { input: '3', output: '15', cacheRead: '0.3', cacheWrite5m: '3.75' },
          },
        ],
      },
      'cohere.command-light-text-v14': everywhere('0.3', '0.6'),
      'cohere.command-r-plus-v1': everywhere('3', '15'),
      'cohere.command-r-v1': everywhere('0.5', '1.5'),
      'cohere.command-text-v14': everywhere('1.5', '2'),
      'cohere.embed-english-v3': everywhere('0.1'),
      'cohere.embed-multilingual-v3': everywhere('0.1'),
      'cohere.embed-v4': everywhere('0.12'),
      'deepseek.v3-v1': everywhere('0.58', '1.68'),
      'deepseek.v3.2': everywhere('0.62', '1.85'),
      'meta.llama3-1-405b-instruct-v1': everywhere('2.4', '2.4'),
      'qwen.qwen3-235b-a22b-2507-v1': everywhere('0.22', '0.88'),
      'qwen.qwen3-next-80b-a3b': everywhere('0.15', '1.2'),
      'zai.glm-4.7': everywhere('0.6', '2.2'),
      'zai.glm-4.7-flash': everywhere('0.07', '0.4'),
    },
  },
  {
    source: CHECKED_CATALOGS,
    asOf: '2026-11-24',
    prices: {
      'ai21.j2-mid-v1': everywhere('12.5', '12.5'),
      'ai21.j2-ultra-v1': everywhere('18.8', '18.8'),
      'anthropic.claude-instant-v1': everywhere('0.8', '2.4'),
      'anthropic.claude-v1': everywhere('8', '24'),
      'anthropic.claude-v2': everywhere('8', '24'),
      'anthropic.claude-v2:1': everywhere('8', '24'),
      'meta.llama2-13b-chat-v1': everywhere('0.75', '1'),
      'meta.llama2-70b-chat-v1': everywhere('1.95', '2.56'),
      'minimax.minimax-m2': everywhere('0.3', '1.2'),
      'minimax.minimax-m2.1': everywhere('0.3', '1.2'),
      'minimax.minimax-m2.5': everywhere('0.3', '1.2'),
      'mistral.mistral-large-2407-v1': everywhere('2', '6'),
      'mistral.mistral-small-2402-v1': everywhere('1', '3'),
      'moonshot.kimi-k2-thinking': everywhere('0.6', '2.5'),
      'moonshotai.kimi-k2.5': everywhere('0.6', '3'),
      'nvidia.nemotron-nano-12b-v2': everywhere('0.2', '0.6'),
      'openai.gpt-oss-safeguard-120b': everywhere('0.15', '0.6'),
      'openai.gpt-oss-safeguard-20b': everywhere('0.07', '0.2'),
      'qwen.qwen3-coder-next': everywhere('0.5', '1.2'),
      'writer.palmyra-vision-7b': everywhere('0.15', '0.6'),
      'xai.grok-4.6': {
        global: on({ input: '2', output: '6', cacheRead: '0.5' }),
        regional: on({ input: '2.2', output: '6.6', cacheRead: '0.55' }),
      },
      'zai.glm-5': everywhere('1', '3.2'),
    },
  },
  {
    // The AWS price list shows $0 for cache writes of these models.
    source: `${PRICE_LIST}; genai-prices 0.1.8 agrees`,
    asOf: '2026-11-24',
    prices: {
      'amazon.nova-lite-v1': {
        any: on({ input: '0.06', output: '0.24', cacheRead: '0.015', cacheWrite5m: '0' }),
      },
      'amazon.nova-micro-v1': {
        any: on({ input: '0.035', output: '0.14', cacheRead: '0.00875', cacheWrite5m: '0' }),
      },
      'amazon.nova-pro-v1': { any: on({ input: '0.8', output: '3.2', cacheRead: '0.2', cacheWrite5m: '0' }) },
    },
  },
  {
    source: PRICE_LIST_MODELS,
    asOf: '2026-11-24',
    prices: {
      'anthropic.claude-haiku-5-5': {
        global: steps(
          100_000,
          { input: '0.1', output: '0.5', cacheRead: '0.01', cacheWrite5m: '0.125', cacheWrite1h: '0.2' },
          { input: '0.5', output: '2.5', cacheRead: '0.05', cacheWrite5m: '0.625', cacheWrite1h: '1' },
        ),
        regional: steps(
          100_000,
          { input: '0.11', output: '0.55', cacheRead: '0.011', cacheWrite5m: '0.1375', cacheWrite1h: '0.22' },
          { input: '0.55', output: '2.75', cacheRead: '0.055', cacheWrite5m: '0.6875', cacheWrite1h: '1.1' },
        ),
      },
      'anthropic.claude-sonnet-5-5': {
        global: on({ input: '2', output: '10', cacheRead: '0.1', cacheWrite5m: '2.5', cacheWrite1h: '4' }),
        regional: on({
          input: '2.2',
          output: '11',
          cacheRead: '0.11',
          cacheWrite5m: '2.75',
          cacheWrite1h: '4.4',
        }),
      },
    },
  },
  {
    source: MODEL_CARDS,
    asOf: '2026-11-24',
    prices: {
      'moonshotai.kimi-k3': {
        global: on({ input: '3', output: '15', cacheRead: '0.3', cacheWrite5m: '3.75' }),
        regional: on({ input: '3.3', output: '16.5', cacheRead: '0.33', cacheWrite5m: '4.125' }),
      },
      'moonshotai.kimi-k3.1': {
        global: on({ input: '4', output: '20', cacheRead: '0.2', cacheWrite5m: '5' }),
        regional: on({ input: '4.4', output: '22', cacheRead: '0.22', cacheWrite5m: '5.5' }),
      },
      'openai.gpt-6-astra': {
        global: steps(
          272_000,
          { input: '10', output: '50', cacheRead: '1', cacheWrite5m: '12.5' },
          { input: '20', output: '75', cacheRead: '2', cacheWrite5m: '25' },
        ),
        regional: steps(
          272_000,
          { input: '11', output: '55', cacheRead: '1.1', cacheWrite5m: '13.75' },
          { input: '22', output: '82.5', cacheRead: '2.2', cacheWrite5m: '27.5' },
        ),
      },
      'openai.gpt-6-luna': {
        global: steps(
          272_000,
          { input: '0.1', output: '0.5', cacheRead: '0.01', cacheWrite5m: '0.125' },
          { input: '0.2', output: '0.75', cacheRead: '0.02', cacheWrite5m: '0.25' },
        ),
        regional: steps(
          272_000,
          { input: '0.11', output: '0.55', cacheRead: '0.011', cacheWrite5m: '0.1375' },
          { input: '0.22', output: '0.825', cacheRead: '0.022', cacheWrite5m: '0.275' },
        ),
      },
      'openai.gpt-6-sol': {
        global: steps(
          272_000,
          { input: '2', output: '10', cacheRead: '0.2', cacheWrite5m: '2.5' },
          { input: '4', output: '15', cacheRead: '0.4', cacheWrite5m: '5' },
        ),
        regional: steps(
          272_000,
          { input: '2.2', output: '11', cacheRead: '0.22', cacheWrite5m: '2.75' },
          { input: '4.4', output: '16.5', cacheRead: '0.44', cacheWrite5m: '5.5' },
        ),
      },
      'openai.gpt-6.1-sol': {
        global: steps(
          272_000,
          { input: '2', output: '10', cacheRead: '0.1', cacheWrite5m: '2.5' },
          { input: '4', output: '15', cacheRead: '0.2', cacheWrite5m: '5' },
        ),
        regional: steps(
          272_000,
          { input: '2.2', output: '11', cacheRead: '0.11', cacheWrite5m: '2.75' },
          { input: '4.4', output: '16.5', cacheRead: '0.22', cacheWrite5m: '5.5' },
        ),
      },
      'openai.gpt-6.1-terra': {
        global: steps(
          272_000,
          { input: '1', output: '5', cacheRead: '0.05', cacheWrite5m: '1.25' },
          { input: '2', output: '7.5', cacheRead: '0.1', cacheWrite5m: '2.5' },
        ),
        regional: steps(
          272_000,
          { input: '1.1', output: '5.5', cacheRead: '0.055', cacheWrite5m: '1.375' },
          { input: '2.2', output: '8.25', cacheRead: '0.11', cacheWrite5m: '2.75' },
        ),
      },
      'zai.glm-5.3': {
        global: on({ input: '1.68', output: '5.28', cacheRead: '0.312', cacheWrite5m: '2.1' }),
        regional: on({ input: '1.848', output: '5.808', cacheRead: '0.3432', cacheWrite5m: '2.31' }),
      },
    },
  },
  {
    source: 'AWS Bedrock pricing page, AWS GovCloud (US); two price catalogs agree',
    asOf: '2026-11-24',
    prices: {
      'anthropic.claude-opus-4-8': {
        'us-gov': on({ input: '6', output: '30', cacheRead: '0.6', cacheWrite5m: '7.5', cacheWrite1h: '12' }),
      },
      'anthropic.claude-sonnet-4-5-20250929-v1': {
        'us-gov': on({
          input: '3.6',
          output: '18',
          cacheRead: '0.36',
          cacheWrite5m: '4.5',
          cacheWrite1h: '7.2',
        }),
      },
      'anthropic.claude-sonnet-5': {
        'us-gov': on({
          input: '2.4',
          output: '12',
          cacheRead: '0.24',
          cacheWrite5m: '3',
          cacheWrite1h: '4.8',
        }),
      },
      'openai.gpt-oss-120b-1': { 'us-gov': on({ input: '0.18', output: '0.72' }) },
      'openai.gpt-oss-20b-1': { 'us-gov': on({ input: '0.084', output: '0.36' }) },
    },
  },
  {
    source: 'AWS Bedrock pricing page, by region; two price catalogs agree',
    asOf: '2026-11-24',
    prices: {
      'amazon.nova-lite-v1': inRegions({
        'ap-southeast-2': ['0.063', '0.252'],
        'eu-central-1': ['0.078', '0.312'],
        'us-gov-west-1': ['0.072', '0.288'],
      }),
      'amazon.nova-micro-v1': inRegions({
        'eu-central-1': ['0.046', '0.184'],
        'us-gov-west-1': ['0.042', '0.168'],
      }),
      'amazon.nova-pro-v1': inRegions({
        'ap-southeast-2': ['0.84', '3.36'],
        'eu-central-1': ['1.05', '4.2'],
        'us-gov-west-1': ['0.96', '3.84'],
      }),
      'meta.llama3-2-1b-instruct-v1': inRegions({ 'eu-central-1': ['0.13', '0.13'] }),
      'meta.llama3-2-3b-instruct-v1': inRegions({ 'eu-central-1': ['0.19', '0.19'] }),
      'mistral.mistral-7b-instruct-v0:2': inRegions({ 'eu-west-3': ['0.2', '0.26'] }),
      'mistral.mistral-large-2402-v1': inRegions({ 'eu-west-3': ['5.2', '15.6'] }),
      'mistral.mixtral-8x7b-instruct-v0:1': inRegions({ 'eu-west-3': ['0.59', '0.91'] }),
      'mistral.voxtral-mini-3b-2507': inRegions({ 'ap-southeast-2': ['0.0412', '0.0412'] }),
      'mistral.voxtral-small-24b-2507': inRegions({
        'ap-northeast-1': ['0.12', '0.36'],
        'ap-southeast-2': ['0.103', '0.309'],
      }),
      'moonshotai.kimi-k2.5': inRegions({
        'ap-northeast-1': ['0.72', '3.6'],
        'ap-south-1': ['0.72', '3.6'],
        'ap-southeast-3': ['0.72', '3.6'],
        'eu-north-1': ['0.72', '3.6'],
        'sa-east-1': ['0.72', '3.6'],
      }),
      'openai.gpt-oss-20b-1': inRegions({ 'ap-southeast-2': ['0.0721', '0.309'] }),
      'qwen.qwen3-coder-30b-a3b-v1': inRegions({ 'ap-southeast-2': ['0.1545', '0.618'] }),
      'qwen.qwen3-coder-next': inRegions({
        'ap-northeast-1': ['0.6', '1.44'],
        'ap-south-1': ['0.6', '1.44'],
        'ap-southeast-3': ['0.6', '1.44'],
        'eu-central-1': ['0.6', '1.44'],
        'eu-south-1': ['0.6', '1.44'],
        'eu-west-1': ['0.6', '1.44'],
        'eu-west-2': ['0.78', '1.86'],
        'sa-east-1': ['0.6', '1.44'],
      }),
      'qwen.qwen3-next-80b-a3b': inRegions({ 'ap-southeast-2': ['0.1545', '1.236'] }),
    },
  },
  {
    // Above 272,000 input tokens, input and cached tokens cost twice as much, and output tokens 1.5 times as
    // much. Cache writes are free for models before GPT-5.6.
    source: 'Bedrock User Guide, model cards; LiteLLM 1.110.2 agrees',
    asOf: '2026-11-29',
    prices: {
      'openai.gpt-5.4': {
        regional: steps(
          272_000,
          { input: '2.75', output: '16.5', cacheRead: '0.275', cacheWrite5m: '0' },
          { input: '5.5', output: '24.75', cacheRead: '0.55', cacheWrite5m: '0' },
        ),
      },
      'openai.gpt-5.5': {
        regional: steps(
          272_000,
          { input: '5.5', output: '33', cacheRead: '0.55', cacheWrite5m: '0' },
          { input: '11', output: '49.5', cacheRead: '1.1', cacheWrite5m: '0' },
        ),
      },
    },
  },
  {
    source: 'AWS Bedrock pricing page, Claude long context; LiteLLM 1.110.2 agrees',
    asOf: '2026-11-29',
    prices: {
      'anthropic.claude-sonnet-4-20250514-v1': {
        any: withLongContext(
          { input: '3', output: '15', cacheRead: '0.3', cacheWrite5m: '3.75' },
          { input: '6', output: '22.5', cacheRead: '0.6', cacheWrite5m: '7.5' },
        ),
      },
      'anthropic.claude-sonnet-4-5-20250929-v1': {
        global: withLongContext(
          { input: '3', output: '15', cacheRead: '0.3', cacheWrite5m: '3.75', cacheWrite1h: '6' },
          { input: '6', output: '22.5', cacheRead: '0.6', cacheWrite5m: '7.5', cacheWrite1h: '12' },
        ),
        regional: withLongContext(
          { input: '3.3', output: '16.5', cacheRead: '0.33', cacheWrite5m: '4.125', cacheWrite1h: '6.6' },
          { input: '6.6', output: '24.75', cacheRead: '0.66', cacheWrite5m: '8.25', cacheWrite1h: '13.2' },
        ),
      },
    },
  },
  {
    source: 'Bedrock User Guide, "Prompt caching": Nova models bill no writes; genai-prices 0.1.8',
    asOf: '2026-11-29',
    prices: {
      'amazon.nova-2-lite-v1': {
        global: on({ input: '0.3', output: '2.5', cacheRead: '0.075', cacheWrite5m: '0' }),
        regional: on({ input: '0.33', output: '2.75', cacheRead: '0.0825', cacheWrite5m: '0' }),
      },
      'amazon.nova-premier-v1': {
        any: on({ input: '2.5', output: '12.5', cacheRead: '0.625', cacheWrite5m: '0' }),
      },
    },
  },
  {
    source: 'AWS price list, AmazonBedrock, usage types NovaSonic*-speech-*; genai-prices 0.2.3 agrees',
    asOf: '2026-11-29',
    prices: {
      'amazon.nova-2-sonic-v1': {
        any: on({ input: '0.33', output: '2.75', speechInput: '3', speechOutput: '12' }),
      },
      'amazon.nova-sonic-v1': {
        any: on({ input: '0.06', output: '0.24', speechInput: '3.4', speechOutput: '13.6' }),
      },
    },
  },
  {
    source: 'Two catalogs of Amazon Bedrock agree: LiteLLM 1.110.2 and models.dev of 2026-07-02',
    asOf: '2026-11-29',
    prices: {
      'xai.grok-4.3': { regional: on({ input: '1.25', output: '2.5', cacheRead: '0.2' }) },
    },
  },
  {
    // Besides LiteLLM, another price catalog confirms the standard rates of these models.
    source: 'AWS price list, usage types *-flex, *-batch and *-priority, as LiteLLM 1.110.2 has them',
    asOf: '2026-11-29',
    prices: {
      'google.gemma-3-12b-it': {
        any: rounded(['0.09', '0.29'], { half: ['0.05', '0.15'], priority: ['0.16', '0.51'] }),
      },
      'google.gemma-3-27b-it': {
        any: rounded(['0.23', '0.38'], { half: ['0.12', '0.19'], priority: ['0.4', '0.67'] }),
      },
      'minimax.minimax-m2': { any: rounded(['0.3', '1.2'], { priority: ['0.52', '2.1'] }) },
      'mistral.magistral-small-2509': { any: rounded(['0.5', '1.5'], { priority: ['0.88', '2.63'] }) },
      'mistral.ministral-3-3b-instruct': { any: rounded(['0.1', '0.1'], { priority: ['0.17', '0.17'] }) },
      'mistral.ministral-3-8b-instruct': {
        any: rounded(['0.15', '0.15'], { half: ['0.07', '0.07'], priority: ['0.26', '0.26'] }),
      },
      'mistral.mistral-large-3-675b-instruct': {
        any: rounded(['0.5', '1.5'], { priority: ['0.88', '2.63'] }),
      },
      'mistral.voxtral-mini-3b-2507': {
        'ap-northeast-1': rounded(['0.05', '0.05'], { half: ['0.03', '0.03'], priority: ['0.09', '0.09'] }),
        'eu-west-2': rounded(['0.06', '0.06'], { priority: ['0.11', '0.11'] }),
      },
      'mistral.voxtral-small-24b-2507': {
        'any': rounded(['0.1', '0.3'], { priority: ['0.17', '0.52'] }),
        'eu-west-2': rounded(['0.16', '0.47'], { half: ['0.08', '0.23'], priority: ['0.28', '0.82'] }),
      },
      'moonshot.kimi-k2-thinking': { any: rounded(['0.6', '2.5'], { priority: ['1.05', '4.38'] }) },
      'nvidia.nemotron-nano-3-30b': { any: rounded(['0.06', '0.24'], { priority: ['0.11', '0.42'] }) },
      'nvidia.nemotron-nano-9b-v2': {
        any: rounded(['0.06', '0.23'], { half: ['0.03', '0.12'], priority: ['0.11', '0.4'] }),
      },
      'openai.gpt-oss-safeguard-120b': {
        any: rounded(['0.15', '0.6'], { half: ['0.07', '0.3'], priority: ['0.26', '1.05'] }),
      },
      'openai.gpt-oss-safeguard-20b': {
        any: rounded(['0.07', '0.2'], { half: ['0.03', '0.1'], priority: ['0.12', '0.35'] }),
      },
      'qwen.qwen3-next-80b-a3b': {
        'any': rounded(['0.15', '1.2'], { half: ['0.07', '0.6'], priority: ['0.26', '2.1'] }),
        'ap-northeast-1': rounded(['0.18', '1.45'], { flex: ['0.09', '0.72'], priority: ['0.32', '2.54'] }),
        'ap-south-1': rounded(['0.18', '1.41'], { half: ['0.09', '0.71'], priority: ['0.32', '2.47'] }),
        'eu-west-1': rounded(['0.18', '1.41'], { flex: ['0.09', '0.71'], priority: ['0.32', '2.47'] }),
        'eu-west-2': rounded(['0.23', '1.86'], { flex: ['0.12', '0.93'], priority: ['0.4', '3.26'] }),
        'sa-east-1': rounded(['0.18', '1.45'], { flex: ['0.09', '0.72'], priority: ['0.32', '2.54'] }),
      },
      'qwen.qwen3-vl-235b-a22b': {
        any: rounded(['0.53', '2.66'], { half: ['0.26', '1.33'], priority: ['0.93', '4.66'] }),
      },
    },
  },
];

/**
 * Models with different prices inside and outside the United States (AWS Bedrock pricing page, 2026-11-24).
 * For a region outside the United States, only a listed price of this region applies.
 */
export const PRICED_BY_REGION: ReadonlySet<string> = new Set([
  'amazon.nova-2-lite-v1',
  'amazon.nova-2-sonic-v1',
  'amazon.nova-lite-v1',
  'amazon.nova-micro-v1',
  'amazon.nova-pro-v1',
  'deepseek.v3.2',
  'meta.llama3-2-1b-instruct-v1',
  'meta.llama3-2-3b-instruct-v1',
  'meta.llama3-70b-instruct-v1',
  'meta.llama3-8b-instruct-v1',
  'minimax.minimax-m2.1',
  'minimax.minimax-m2.5',
  'mistral.magistral-small-2509',
  'mistral.ministral-3-14b-instruct',
  'mistral.ministral-3-3b-instruct',
  'mistral.ministral-3-8b-instruct',
  'mistral.mistral-7b-instruct-v0:2',
  'mistral.mistral-large-2402-v1',
  'mistral.mistral-large-3-675b-instruct',
  'mistral.mixtral-8x7b-instruct-v0:1',
  'mistral.voxtral-mini-3b-2507',
  'mistral.voxtral-small-24b-2507',
  'moonshot.kimi-k2-thinking',
  'moonshotai.kimi-k2.5',
  'nvidia.nemotron-super-3-120b',
  'openai.gpt-oss-120b-1',
  'openai.gpt-oss-20b-1',
  'qwen.qwen3-235b-a22b-2507-v1',
  'qwen.qwen3-32b-v1',
  'qwen.qwen3-coder-30b-a3b-v1',
  'qwen.qwen3-coder-480b-a35b-v1',
  'qwen.qwen3-coder-next',
  'qwen.qwen3-next-80b-a3b',
  'qwen.qwen3-vl-235b-a22b',
  'zai.glm-4.7',
  'zai.glm-4.7-flash',
  'zai.glm-5',
]);
