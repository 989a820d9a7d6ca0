import { parseModelId } from '../pricing/model-id';

/**
 * Vendors as far as their responses differ in the place of cache tokens: OpenAI's, all others, or unknown if
 * the id does not tell.
 */
export type ModelFamily = 'openai' | 'other' | 'unknown';

/** Returns the family of a model by its id or ARN. */
export function familyOf(modelId: string): ModelFamily {
  const { vendor, opaque } = parseModelId(modelId);
  if (opaque) return 'unknown';
  return vendor === 'openai' ? 'openai' : 'other';
}

/**
 * Returns true for a model that can write to the cache for an hour: those of Anthropic (Bedrock User Guide,
 * "Prompt caching"). An opaque id can stand for one.
 */
export function hasHourWrites(modelId: string): boolean {
  const { vendor, opaque } = parseModelId(modelId);
  return opaque || vendor === 'anthropic';
}

/** Returns true for a model of embeddings, which have no output tokens. An opaque id does not tell. */
export function isEmbeddingModel(modelId: string): boolean {
  return /[.-]embed/.test(modelId);
}
