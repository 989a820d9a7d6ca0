/**
 * Whether a model's family counts cache tokens inside its input count, where nothing else
 * tells: OpenAI's do (Bedrock User Guide, "Prompt caching"), all others have them apart.
 */
export function countsCacheInside(modelId: string): boolean {
  return /(?:^|[./])openai\./.test(modelId);
}

/** Whether a model makes embeddings, which have no output tokens. An opaque id does not tell. */
export function isEmbeddingModel(modelId: string): boolean {
  return /[.-]embed/.test(modelId);
}
