/**
 * Aliases of models at the endpoint `bedrock-mantle`. The keys are the ids at this endpoint, and the values
 * are the ids in the price tables. Both ids have the same price (Bedrock User Guide, model cards; LiteLLM
 * 1.110.2).
 */
const MANTLE_ALIASES: Readonly<Record<string, string>> = {
  'anthropic.claude-haiku-4-5': 'anthropic.claude-haiku-4-5-20251001-v1',
  'anthropic.claude-haiku-4-5-v1': 'anthropic.claude-haiku-4-5-20251001-v1',
  'anthropic.claude-opus-4-5': 'anthropic.claude-opus-4-5-20251101-v1',
  'anthropic.claude-opus-4-5-v1': 'anthropic.claude-opus-4-5-20251101-v1',
  'anthropic.claude-sonnet-4-5': 'anthropic.claude-sonnet-4-5-20250929-v1',
  'anthropic.claude-sonnet-4-5-v1': 'anthropic.claude-sonnet-4-5-20250929-v1',
  'deepseek.v3.1': 'deepseek.v3-v1',
  'qwen.qwen3-235b-a22b-2507': 'qwen.qwen3-235b-a22b-2507-v1',
  'qwen.qwen3-32b': 'qwen.qwen3-32b-v1',
  'qwen.qwen3-coder-30b-a3b-instruct': 'qwen.qwen3-coder-30b-a3b-v1',
  'qwen.qwen3-coder-480b-a35b-instruct': 'qwen.qwen3-coder-480b-a35b-v1',
  'qwen.qwen3-next-80b-a3b-instruct': 'qwen.qwen3-next-80b-a3b',
  'qwen.qwen3-vl-235b-a22b-instruct': 'qwen.qwen3-vl-235b-a22b',
};

/**
 * Aliases of models. The keys are model ids that the price tables do not contain. The values are the ids of
 * the same models in the price tables. `CATALOG_ALIASES` contains further aliases.
 */
export const ALIASES: Readonly<Record<string, string>> = {
  ...MANTLE_ALIASES,
  'moonshotai.kimi-k2-thinking': 'moonshot.kimi-k2-thinking',
  'openai.gpt-oss-120b': 'openai.gpt-oss-120b-1',
  'openai.gpt-oss-20b': 'openai.gpt-oss-20b-1',
  'qwen.qwen3-vl-235b-a22b-v1': 'qwen.qwen3-vl-235b-a22b',
  'writer.palmyra-vision-7b-v1': 'writer.palmyra-vision-7b',
};
