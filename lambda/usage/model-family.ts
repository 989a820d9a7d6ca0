/**
 * Group of vendors that count cache tokens in the same place: OpenAI, all others, or unknown if the id does
 * not tell the vendor.
 */
export type ModelFamily = 'openai' | 'other' | 'unknown';

const OPENAI = /(?:^|[./])openai\./;
const ANTHROPIC = /(?:^|[./])anthropic\./;
/** Vendor and begin of a model's name, as in `amazon.nova-lite-v1:0`. Ids of profiles have none. */
const VENDOR_AND_NAME = /[a-z0-9]\.[a-z]/;

/** Returns the family of a model by its id or ARN. */
export function modelFamily(modelId: string): ModelFamily {
  if (OPENAI.test(modelId)) return 'openai';
  const name = modelId.slice(modelId.lastIndexOf('/') + 1);
  return VENDOR_AND_NAME.test(name) ? 'other' : 'unknown';
}

/**
 * Returns true for a model that can write to the cache for an hour: those of Anthropic (Bedrock User Guide,
 * "Prompt caching"). An id without a vendor can stand for one.
 */
export function hasHourWrites(modelId: string): boolean {
  return ANTHROPIC.test(modelId) || modelFamily(modelId) === 'unknown';
}

/** Returns true for a model of embeddings, which have no output tokens. An opaque id does not tell. */
export function isEmbeddingModel(modelId: string): boolean {
  return /[.-]embed/.test(modelId);
}
