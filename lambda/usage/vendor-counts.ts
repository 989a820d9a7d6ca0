import { added, type Counts, asCount, asEvents, type Json, largerOf, asObject } from './counts';

/**
 * Usage as Converse and Amazon Nova spell it, and as stream metrics and log records
 * do with `Count` at the end. Some records have two spellings of one number.
 */
export function camelCaseCounts(usage: Json): Counts {
  return {
    input: largerOf(usage.inputTokens, usage.inputTokenCount),
    output: largerOf(usage.outputTokens, usage.outputTokenCount),
    total: asCount(usage.totalTokens),
    cacheRead: largerOf(usage.cacheReadInputTokens, usage.cacheReadInputTokenCount),
    ...writesOf(
      largerOf(usage.cacheWriteInputTokens, usage.cacheWriteInputTokenCount),
      writes(usage.cacheDetails),
      writes(usage.cacheDetails, '1h'),
    ),
  };
}

/**
 * Returns cache writes with those of them that live for an hour.
 *
 * @param split sum of the writes that the response tells by time to live. It must be the sum of all writes
 */
function writesOf(
  all: number | undefined,
  split: number | undefined,
  ofHour: number | undefined,
): Pick<Counts, 'cacheWrite' | 'cacheWrite1h'> {
  const cacheWrite = all ?? split;
  return { cacheWrite, cacheWrite1h: split === cacheWrite ? ofHour : undefined };
}

/** Cache writes as Converse lists them by time to live: of one, or of all. */
function writes(details: unknown, ttl?: string): number | undefined {
  const list = asEvents(details);
  return (
    list &&
    added(
      list
        .map(asObject)
        .filter(detail => ttl === undefined || detail?.ttl === ttl)
        .map(detail => detail?.inputTokens),
    )
  );
}

/**
 * Usage as Anthropic's messages spell it: cache tokens apart from input. If the context was compacted, the
 * counts at the top are those of the last pass alone, and each pass is billed (Bedrock User Guide,
 * "Compaction").
 */
function anthropicCounts(usage: Json): Counts {
  const passes = (asEvents(usage.iterations) ?? []).map(pass => asObject(pass) ?? {});
  if (!passes.some(({ type }) => type === 'compaction')) return messageCounts(usage);
  const counts = passes.filter(({ type }) => PASSES.has(type)).map(messageCounts);
  const sum = (count: keyof Omit<Counts, 'cacheInside' | 'hasPasses'>) =>
    counts.some(each => each[count] !== undefined) ? added(counts.map(each => each[count])) : undefined;
  return {
    input: sum('input'),
    output: sum('output'),
    cacheRead: sum('cacheRead'),
    cacheWrite: sum('cacheWrite'),
    cacheWrite1h: sum('cacheWrite1h'),
    cacheInside: false,
    hasPasses: true,
  };
}

/** Types of the passes that the called model makes. */
const PASSES: ReadonlySet<unknown> = new Set(['compaction', 'message']);

/** Counts of one pass of Anthropic's messages. */
function messageCounts(usage: Json): Counts {
  const creation = asObject(usage.cache_creation);
  const split = creation && added([creation.ephemeral_5m_input_tokens, creation.ephemeral_1h_input_tokens]);
  return {
    input: asCount(usage.input_tokens),
    output: asCount(usage.output_tokens),
    cacheRead: asCount(usage.cache_read_input_tokens),
    ...writesOf(
      asCount(usage.cache_creation_input_tokens),
      split,
      asCount(creation?.ephemeral_1h_input_tokens) ?? (creation && 0),
    ),
    cacheInside: false,
  };
}

/**
 * Usage as OpenAI's chat completions spell it, and many others after them: cache tokens inside the prompt's.
 */
function chatCompletionCounts(usage: Json): Counts {
  const details = asObject(usage.prompt_tokens_details);
  return {
    input: asCount(usage.prompt_tokens),
    // Embeddings have a prompt alone.
    output: asCount(usage.completion_tokens),
    total: asCount(usage.total_tokens),
    cacheRead: asCount(details?.cached_tokens),
    cacheWrite: asCount(details?.cache_write_tokens),
    cacheInside: true,
  };
}

/** Usage as OpenAI's responses spell it: cache tokens inside the input. */
function responsesCounts(usage: Json): Counts {
  const details = asObject(usage.input_tokens_details);
  return {
    input: asCount(usage.input_tokens),
    output: asCount(usage.output_tokens),
    total: asCount(usage.total_tokens),
    cacheRead: asCount(details?.cached_tokens),
    cacheWrite: asCount(details?.cache_write_tokens),
    cacheInside: true,
  };
}

/** Usage as Cohere spells it: `billed_units` are billed, `tokens` are what the model saw. */
function cohereCounts(meta: Json | undefined): Counts | undefined {
  const billed = asObject(meta?.billed_units);
  return billed && { input: asCount(billed.input_tokens), output: asCount(billed.output_tokens) };
}

/** The counts of an object that is called `usage`, told by its shape. */
function usageCounts(usage: Json): Counts {
  if ('prompt_tokens' in usage) return chatCompletionCounts(usage);
  if ('input_tokens_details' in usage || ('input_tokens' in usage && 'total_tokens' in usage)) {
    return responsesCounts(usage);
  }
  if ('input_tokens' in usage || 'output_tokens' in usage) return anthropicCounts(usage);
  return cohereCounts(usage) ?? camelCaseCounts(usage);
}

/** Meta's Llama. */
function llamaCounts(body: Json): Counts | undefined {
  if (!('prompt_token_count' in body || 'generation_token_count' in body)) return undefined;
  return { input: asCount(body.prompt_token_count), output: asCount(body.generation_token_count) };
}

/** Amazon Titan: text, its stream's chunks, and embeddings. */
function titanCounts(body: Json): Counts | undefined {
  if (!('inputTextTokenCount' in body)) return undefined;
  const results = asEvents(body.results)
    ?.map(asObject)
    .map(result => asCount(result?.tokenCount));
  return {
    input: asCount(body.inputTextTokenCount),
    output:
      asCount(body.totalOutputTextTokenCount) ??
      (results?.some(count => count !== undefined) ? added(results) : undefined),
  };
}

/**
 * Returns the counts of a vendor's InvokeModel body, or of one chunk of its stream; undefined if it has
 * none. They are told by their shape and at fixed places only, because a guardrail's trace has members called
 * `usage`, too, and a model can write anything into its answer.
 */
export function bodyCounts(body: Json): Counts | undefined {
  return (
    usageMemberCounts(body) ??
    llamaCounts(body) ??
    titanCounts(body) ??
    cohereCounts(asObject(body.meta)) ??
    cohereCounts(asObject(asObject(body.delta)?.usage)) ??
    cohereCounts(asObject(asObject(body.response)?.meta))
  );
}

/** Returns the counts of a body's member `usage`, in any vendor's spelling; undefined if there is none. */
export function usageMemberCounts(body: Json): Counts | undefined {
  const usage =
    asObject(body.usage) ??
    // Chunks: Anthropic's first, Amazon Nova's last, and OpenAI's responses.
    asObject(asObject(body.message)?.usage) ??
    asObject(asObject(body.metadata)?.usage) ??
    asObject(asObject(body.response)?.usage);
  return usage && usageCounts(usage);
}

/** Whether a body is an embedding's, which has no output tokens. */
export function isEmbedding(body: Json): boolean {
  return 'embedding' in body || 'embeddings' in body || 'embeddingsByType' in body || body.object === 'list';
}
