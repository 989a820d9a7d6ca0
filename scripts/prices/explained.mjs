// Reasons for differences between LiteLLM's prices and the project's prices. `npm run prices -- --check`
// fails if a difference has no reason here, or if a reason is no longer needed.

/**
 * Explanations of different prices. A difference is explained by the first entry with matching fields:
 * - `id`: key in LiteLLM's list. `*` stands for any text
 * - `figure`: name of the price, such as `flex input`. `*` stands for any text. Default: all prices
 * - `ours`: price in the project, or `none` if the project has no price. Default: any price
 * - `theirs`: price in LiteLLM's list. `global` means that it equals the project's price of global profiles.
 *   Default: any price
 *
 * `why` explains the difference, and `source` names the document that confirms it.
 */
export const EXPLANATIONS = [
  {
    id: 'anthropic.claude-*',
    theirs: 'global',
    why: 'LiteLLM has the price of global profiles on bare ids; AWS bills calls in the Region 10 % higher',
    source: 'AWS Bedrock pricing page, "Geo and In-region"; LiteLLM issue 42679',
  },
  {
    id: 'bedrock_mantle/anthropic.claude-haiku-4-5',
    theirs: 'global',
    why: 'LiteLLM has the global price of Claude 4.5 on bedrock-mantle, and the regional one of Claude 5.5',
    source: 'AWS Bedrock pricing page, "Geo and In-region"',
  },
  {
    id: 'openai.gpt-6-*',
    theirs: 'global',
    why: "LiteLLM has the price of global profiles on the bare id, and the regional one on bedrock-mantle's id",
    source: 'Bedrock User Guide, model cards; genai-prices 0.2.3',
  },
  {
    id: 'amazon.nova-2-lite-v1:0',
    theirs: 'global',
    why: 'LiteLLM has the price of global profiles on the bare id',
    source: 'AWS price list, AmazonBedrock, us-east-1; models.dev of 2026-07-02',
  },
  {
    id: 'us-gov.anthropic.claude-sonnet-4-5-*',
    figure: 'above 200000 *',
    ours: 'none',
    why: "one source, and LiteLLM's own rows of the two GovCloud regions have no step",
    source: 'LiteLLM 1.110.2',
  },
  {
    id: '*anthropic.claude-sonnet-4-5-*',
    figure: 'above 200000 *',
    ours: 'none',
    why: 'prompts of more than 200,000 tokens are refused since 2026-04-30; until then the step is priced',
    source: 'Claude documentation, Sonnet 4.5: context window of 200,000 tokens',
  },
  {
    id: '*anthropic.claude-sonnet-4-20250514-*',
    figure: 'above 200000 *',
    ours: 'none',
    why: 'prompts of more than 200,000 tokens are refused: the beta of Claude Sonnet 4 ended with that of 4.5',
    source: 'Claude documentation, Sonnet 4.5: context window of 200,000 tokens',
  },
  {
    id: '*anthropic.claude-3-opus-20240229-*',
    figure: 'cache*',
    ours: 'none',
    why: 'the model has no prompt caching on Bedrock',
    source: 'Bedrock User Guide, "Prompt caching", supported models; genai-prices 0.2.3',
  },
  {
    id: 'bedrock/*/anthropic.claude-instant-v1',
    why: 'one source, and the model has been retired in all regions',
    source: 'Bedrock User Guide, "Model lifecycle"',
  },
  {
    id: 'cohere.command-text-v14',
    figure: 'input',
    ours: '1.5',
    theirs: '1',
    why: 'two other catalogs and the pricing page have 1.5; the model has been retired',
    source: 'AWS Bedrock pricing page, us-east-1, 2026-09-15',
  },
  {
    id: 'bedrock_mantle/qwen.qwen3-next-80b-a3b-instruct',
    figure: 'input',
    ours: '0.15',
    theirs: '0.14',
    why: "LiteLLM has 0.15 on the model's other id, and the listed priority rate of 0.26 is 1.75 times that, rounded",
    source: 'AWS Bedrock pricing page, us-east-1, 2026-09-15',
  },
  {
    id: 'eu.amazon.nova-*',
    figure: '*cacheRead',
    ours: 'none',
    why: 'the price of cache reads in Europe is in one source',
    source: 'LiteLLM 1.110.2',
  },
  {
    id: 'apac.amazon.nova-*',
    figure: '*cacheRead',
    ours: 'none',
    why: 'the price of cache reads in Asia Pacific is in one source',
    source: 'LiteLLM 1.110.2',
  },
  {
    id: 'bedrock/us-gov-west-1/amazon.nova-*',
    figure: '*cacheRead',
    ours: 'none',
    why: 'the price of cache reads in GovCloud is in one source',
    source: 'LiteLLM 1.110.2',
  },
  {
    id: 'bedrock_mantle/deepseek.v3.1',
    figure: 'batch *',
    ours: 'none',
    why: 'batch inference with the model is in one source',
    source:
      'Bedrock User Guide, "Supported Regions and models for batch inference", as of 2026-11-24 in tiers.ts',
  },
  {
    id: 'bedrock_mantle/xai.grok-4.3',
    figure: '* *',
    ours: 'none',
    why: "the figures of the model's tiers are in one source",
    source: 'Bedrock User Guide, "Service tiers", as of 2026-11-24 in tiers.ts',
  },
  {
    id: '*openai.gpt-6*',
    figure: '*ultrafast *',
    ours: 'none',
    why: 'the tier is in one source and unknown to the SDK, so its calls are unpriced',
    source: 'AWS SDK 3.1164.0, ServiceTierType',
  },
];

/**
 * Keys of LiteLLM's list to omit from the section on single-source prices in docs/coverage.md, each with the
 * reason.
 */
export const OMITTED = [
  { id: 'anthropic.claude-haiku-4-5@20251001', why: "Vertex AI's spelling of the id" },
  { id: 'anthropic.claude-3-7-sonnet-20240620-v1:0', why: 'no model of Bedrock has this date' },
  { id: 'claude-sonnet-4-5-20250929-v1:0', why: 'an id without its vendor' },
  { id: 'bedrock/us-gov-*/claude-sonnet-4-5-20250929-v1:0', why: 'an id without its vendor' },
  {
    id: '*anthropic.claude-3-5-sonnet-20241022-v2:0',
    why: 'since 2025-12-01 the pricing page has twice the price of the catalogs, so no price is used since then',
  },
];
