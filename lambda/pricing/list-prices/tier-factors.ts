import type { Factor, TierName } from './price-types';

/**
 * Factors of tiers, which multiply the standard rates (AWS Bedrock pricing page and price list, us-east-1,
 * 2026-11-24). The tier `optimized` is absent: AWS lists no common factor for it, and no second source
 * confirms the listed prices.
 */
const TIER_FACTORS: Readonly<Partial<Record<TierName, Factor>>> = {
  flex: { numerator: 1n, denominator: 2n },
  batch: { numerator: 1n, denominator: 2n },
  priority: { numerator: 7n, denominator: 4n },
};

/**
 * Models that have both the flex tier and the priority tier (Bedrock User Guide, "Service tiers"; AWS price
 * list, 2026-11-24).
 */
const FLEX_AND_PRIORITY = [
  'amazon.nova-2-lite-v1',
  'amazon.nova-pro-v1',
  'deepseek.v3-v1',
  'deepseek.v3.2',
  'google.gemma-3-12b-it',
  'google.gemma-3-27b-it',
  'google.gemma-3-4b-it',
  'minimax.minimax-m2',
  'minimax.minimax-m2.1',
  'minimax.minimax-m2.5',
  'mistral.devstral-2-123b',
  'mistral.magistral-small-2509',
  'mistral.ministral-3-14b-instruct',
  'mistral.ministral-3-3b-instruct',
  'mistral.ministral-3-8b-instruct',
  'mistral.mistral-large-3-675b-instruct',
  'mistral.voxtral-mini-3b-2507',
  'mistral.voxtral-small-24b-2507',
  'moonshot.kimi-k2-thinking',
  'moonshotai.kimi-k2.5',
  'moonshotai.kimi-k3',
  'moonshotai.kimi-k3.1',
  'nvidia.nemotron-nano-12b-v2',
  'nvidia.nemotron-nano-3-30b',
  'nvidia.nemotron-nano-9b-v2',
  'nvidia.nemotron-super-3-120b',
  'openai.gpt-oss-120b-1',
  'openai.gpt-oss-20b-1',
  'openai.gpt-oss-safeguard-120b',
  'openai.gpt-oss-safeguard-20b',
  'qwen.qwen3-235b-a22b-2507-v1',
  'qwen.qwen3-32b-v1',
  'qwen.qwen3-coder-30b-a3b-v1',
  'qwen.qwen3-coder-480b-a35b-v1',
  'qwen.qwen3-coder-next',
  'qwen.qwen3-next-80b-a3b',
  'qwen.qwen3-vl-235b-a22b',
  'writer.palmyra-vision-7b',
  'xai.grok-4.6',
  'zai.glm-4.7',
  'zai.glm-4.7-flash',
  'zai.glm-5',
  'zai.glm-5.3',
];

/**
 * Models of each tier, as ids in the price tables. AWS lists no common factor for `optimized`, so its set is
 * empty.
 */
const TIER_MODELS: Readonly<Record<TierName, ReadonlySet<string>>> = {
  flex: new Set(FLEX_AND_PRIORITY),
  priority: new Set([...FLEX_AND_PRIORITY, 'amazon.nova-premier-v1']),
  /**
   * Models that have batch inference (Bedrock User Guide, "Supported Regions and models for batch inference";
   * AWS price list, 2026-11-24).
   */
  batch: new Set([
    'amazon.nova-2-lite-v1',
    'amazon.nova-lite-v1',
    'amazon.nova-micro-v1',
    'amazon.nova-premier-v1',
    'amazon.nova-pro-v1',
    'amazon.titan-embed-text-v2',
    'anthropic.claude-3-5-haiku-20241022-v1',
    'anthropic.claude-3-5-sonnet-20240620-v1',
    'anthropic.claude-3-5-sonnet-20241022-v2',
    'anthropic.claude-3-7-sonnet-20250219-v1',
    'anthropic.claude-3-haiku-20240307-v1',
    'anthropic.claude-3-opus-20240229-v1',
    'anthropic.claude-3-sonnet-20240229-v1',
    'anthropic.claude-haiku-4-5-20251001-v1',
    'anthropic.claude-opus-4-5-20251101-v1',
    'anthropic.claude-opus-4-6',
    'anthropic.claude-opus-5',
    'anthropic.claude-sonnet-4-20250514-v1',
    'anthropic.claude-sonnet-4-5-20250929-v1',
    'anthropic.claude-sonnet-4-6',
    'deepseek.v3.2',
    'google.gemma-3-12b-it',
    'google.gemma-3-27b-it',
    'google.gemma-3-4b-it',
    'meta.llama3-1-405b-instruct-v1',
    'meta.llama3-1-70b-instruct-v1',
    'meta.llama3-1-8b-instruct-v1',
    'meta.llama3-2-11b-instruct-v1',
    'meta.llama3-2-1b-instruct-v1',
    'meta.llama3-2-3b-instruct-v1',
    'meta.llama3-2-90b-instruct-v1',
    'meta.llama3-3-70b-instruct-v1',
    'meta.llama4-maverick-17b-instruct-v1',
    'meta.llama4-scout-17b-instruct-v1',
    'minimax.minimax-m2',
    'minimax.minimax-m2.1',
    'minimax.minimax-m2.5',
    'mistral.devstral-2-123b',
    'mistral.magistral-small-2509',
    'mistral.ministral-3-14b-instruct',
    'mistral.ministral-3-3b-instruct',
    'mistral.ministral-3-8b-instruct',
    'mistral.mistral-large-2407-v1',
    'mistral.mistral-large-3-675b-instruct',
    'mistral.mistral-small-2402-v1',
    'mistral.voxtral-mini-3b-2507',
    'mistral.voxtral-small-24b-2507',
    'moonshot.kimi-k2-thinking',
    'moonshotai.kimi-k2.5',
    'nvidia.nemotron-nano-12b-v2',
    'nvidia.nemotron-nano-3-30b',
    'nvidia.nemotron-nano-9b-v2',
    'nvidia.nemotron-super-3-120b',
    'openai.gpt-oss-120b-1',
    'openai.gpt-oss-20b-1',
    'openai.gpt-oss-safeguard-120b',
    'openai.gpt-oss-safeguard-20b',
    'qwen.qwen3-235b-a22b-2507-v1',
    'qwen.qwen3-32b-v1',
    'qwen.qwen3-coder-30b-a3b-v1',
    'qwen.qwen3-coder-480b-a35b-v1',
    'qwen.qwen3-coder-next',
    'qwen.qwen3-next-80b-a3b',
    'qwen.qwen3-vl-235b-a22b',
    'writer.palmyra-vision-7b',
    'zai.glm-4.7',
    'zai.glm-4.7-flash',
    'zai.glm-5',
    'zai.glm-5.3',
  ]),
  optimized: new Set(),
};

/**
 * Returns the factor of a tier, which multiplies a model's standard rates. Returns undefined if no factor is
 * known for the model and tier.
 */
export function listedFactor(tier: TierName, model: string): Factor | undefined {
  return TIER_MODELS[tier].has(model) ? TIER_FACTORS[tier] : undefined;
}
