/** Parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** Returns the value if it is an object and not an array, otherwise undefined. */
export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** Maximum number of events that are read from one stream. Real responses have far fewer. */
const MAX_EVENTS = 1_000_000;
/**
 * Number of events that are read from the start of a very long stream. The other events come from its end,
 * because the usage is there.
 */
const FIRST_EVENTS = 1000;

/** Returns the events of a stream, at most `MAX_EVENTS`. Returns undefined if the value is not an array. */
export function asEvents(value: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const events: readonly unknown[] = value;
  return events.length <= MAX_EVENTS
    ? events
    : [...events.slice(0, FIRST_EVENTS), ...events.slice(FIRST_EVENTS - MAX_EVENTS)];
}

/**
 * Returns the value if it is a token count, which is a whole number from 0 to 2⁵³ − 1. Otherwise returns
 * undefined.
 */
export function asCount(value: unknown): number | undefined {
  // `|| 0` turns −0 into 0, because −0 would be printed as "-0".
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value || 0 : undefined;
}

/**
 * Returns a text that is not empty. Converts a number to text, because ids in JSON can be numbers. Returns
 * undefined for other values.
 */
export function validText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Returns the value if it is a number from 0 to 2⁵³ − 1, with or without a fraction. Otherwise returns
 * undefined.
 */
export function validAmount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** Returns the larger of two counts. If only one count is defined, returns this count. */
export function largerOf(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

/**
 * Parses JSON text, or JSON in bytes. Returns the text itself if it is not JSON. Returns undefined if `json`
 * is neither text nor bytes.
 */
export function parseJson(json: unknown): unknown {
  const text =
    json instanceof Uint8Array
      ? Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8')
      : json;
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Returns the JSON of a chunk in a stream. `item` is an SDK event with the chunk in bytes, or the parsed
 * chunk itself.
 */
export function parseChunk(item: unknown): Json | undefined {
  const event = asObject(item);
  const bytes = asObject(event?.chunk)?.bytes;
  return bytes instanceof Uint8Array ? asObject(parseJson(bytes)) : event;
}

/**
 * Token counts of one call, as the response contains them. A count is undefined if the response does not
 * contain it.
 */
export interface Counts {
  readonly input?: number;
  readonly output?: number;
  /**
   * Number of all tokens that the response reports. Some vendors include the cache tokens, others only input
   * and output.
   */
  readonly total?: number;
  readonly cacheRead?: number;
  /** Number of all tokens that were written to the cache, for five minutes or for one hour. */
  readonly cacheWrite?: number;
  /** Number of tokens that were written to the cache for one hour. They are also counted in `cacheWrite`. */
  readonly cacheWrite1h?: number;
  /** True if `input` includes the cache tokens. Undefined if the response does not show this. */
  readonly cacheInside?: boolean;
  /**
   * True if the model ran several times in this call, because its context was compacted. The counts are the
   * sums of all runs. Bedrock's own counts may include only one run.
   */
  readonly hasPasses?: boolean;
}

/** Path to a value in nested objects. The path `['usage', 'input_tokens']` leads to `usage.input_tokens`. */
type Place = readonly string[];

/** Numbers of tokens that were written to the cache: `oneHour` for one hour, and `all` in total. */
interface WritesByTtl {
  readonly all: number;
  readonly oneHour: number;
}

/**
 * Paths to the token counts in the response of one vendor or API. If a count has several paths, the largest
 * value is used.
 */
interface Shape {
  /** Returns true if `holder` contains the counts in this format. Default: each object matches */
  readonly matches?: (holder: Json) => boolean;
  readonly input: readonly Place[];
  readonly output?: readonly Place[];
  /**
   * Returns the sum of the output tokens in all parts of the answer. Used only if `output` finds no count.
   */
  readonly sumOfOutputs?: (holder: Json) => number | undefined;
  readonly total?: readonly Place[];
  readonly cacheRead?: readonly Place[];
  readonly cacheWrite?: readonly Place[];
  readonly writesByTtl?: (holder: Json) => WritesByTtl | undefined;
  readonly cacheInside?: boolean;
  /**
   * Returns the counts of each billed run of the model. Undefined if the model did not run several times in
   * the call.
   */
  readonly passes?: (holder: Json) => readonly Json[] | undefined;
  /** Converts a value in the response to a count, e.g. the text of a header. Default: {@link asCount} */
  readonly toCount?: (value: unknown) => number | undefined;
}

/** Converts paths such as `prompt_tokens_details.cached_tokens` to lists of names. */
const at = (...paths: readonly string[]): readonly Place[] => paths.map(path => path.split('.'));

const inHeader = (tokens: string): readonly Place[] => at(`x-amzn-bedrock-${tokens}-token-count`);

/** Paths to the token counts in the response format of each API or vendor. */
export const SHAPES = {
  /**
   * Format of OpenAI's chat completions API, which many vendors use. Responses with embeddings have no output
   * count.
   */
  chatCompletions: {
    matches: usage => 'prompt_tokens' in usage,
    input: at('prompt_tokens'),
    output: at('completion_tokens'),
    total: at('total_tokens'),
    cacheRead: at('prompt_tokens_details.cached_tokens'),
    cacheWrite: at('prompt_tokens_details.cache_write_tokens'),
    cacheInside: true,
  },
  /** Format of OpenAI's Responses API. */
  responses: {
    matches: usage => 'input_tokens_details' in usage || ('input_tokens' in usage && 'total_tokens' in usage),
    input: at('input_tokens'),
    output: at('output_tokens'),
    total: at('total_tokens'),
    cacheRead: at('input_tokens_details.cached_tokens'),
    cacheWrite: at('input_tokens_details.cache_write_tokens'),
    cacheInside: true,
  },
  /** Format of Anthropic's Messages API. */
  messages: {
    matches: usage => 'input_tokens' in usage || 'output_tokens' in usage,
    input: at('input_tokens'),
    output: at('output_tokens'),
    cacheRead: at('cache_read_input_tokens'),
    cacheWrite: at('cache_creation_input_tokens'),
    writesByTtl: readCacheCreation,
    cacheInside: false,
    passes: readCompactionPasses,
  },
  /**
   * Format of Cohere models. `billed_units` contains the billed tokens. The member `tokens` contains the
   * length of the prompt, and is not read.
   */
  cohere: {
    matches: meta => asObject(meta.billed_units) !== undefined,
    input: at('billed_units.input_tokens'),
    output: at('billed_units.output_tokens'),
  },
  llama: {
    matches: body => 'prompt_token_count' in body || 'generation_token_count' in body,
    input: at('prompt_token_count'),
    output: at('generation_token_count'),
  },
  /**
   * Format of Amazon Titan models, for responses with text or embeddings, and for chunks of a stream.
   * Responses with embeddings have no output count.
   */
  titan: {
    matches: body => 'inputTextTokenCount' in body,
    input: at('inputTextTokenCount'),
    output: at('totalOutputTextTokenCount'),
    sumOfOutputs: sumTitanResults,
  },
  /**
   * Format of Converse and of Amazon Nova models. The names with `Count` are in the metrics of a stream, in
   * log records and in the manifest of a batch job.
   */
  converse: {
    input: at('inputTokens', 'inputTokenCount'),
    output: at('outputTokens', 'outputTokenCount'),
    total: at('totalTokens'),
    cacheRead: at('cacheReadInputTokens', 'cacheReadInputTokenCount'),
    cacheWrite: at('cacheWriteInputTokens', 'cacheWriteInputTokenCount'),
    writesByTtl: readCacheDetails,
  },
  /** Format of a model call in the trace of a Bedrock agent. */
  agentTrace: { input: at('inputTokens'), output: at('outputTokens') },
  /**
   * Format of the headers of an InvokeModel response. The AWS SDK does not return these headers in its
   * response object.
   */
  headers: {
    input: inHeader('input'),
    output: inHeader('output'),
    cacheRead: inHeader('cache-read-input'),
    cacheWrite: inHeader('cache-write-input'),
    toCount: parseHeaderCount,
  },
} satisfies Readonly<Record<string, Shape>>;

const USAGE_SHAPES: readonly Shape[] = [
  SHAPES.chatCompletions,
  SHAPES.responses,
  SHAPES.messages,
  SHAPES.cohere,
  SHAPES.converse,
];

/**
 * Paths to objects with token counts in an InvokeModel body or chunk, and the formats of these objects. The
 * first path with a matching format is used. Other members called `usage` are ignored, because they can come
 * from a guardrail's trace or from the model.
 */
const HOLDERS: readonly { readonly places: readonly Place[]; readonly shapes: readonly Shape[] }[] = [
  {
    // Chunks of Anthropic have `message.usage`, chunks of Amazon Nova have `metadata.usage`, and chunks of
    // OpenAI's Responses API have `response.usage`.
    places: at('usage', 'message.usage', 'metadata.usage', 'response.usage'),
    shapes: USAGE_SHAPES,
  },
  { places: [[]], shapes: [SHAPES.llama, SHAPES.titan] },
  { places: at('meta', 'delta.usage', 'response.meta'), shapes: [SHAPES.cohere] },
];

/**
 * Member with Bedrock's own token counts, in the last chunk of a stream. The format is the same as in
 * Converse.
 */
export const STREAM_METRICS = 'amazon-bedrock-invocationMetrics';

/** Token counts that {@link findCounts} has found. */
export interface FoundCounts {
  readonly counts: Counts;
  /**
   * True if the counts are in a member called `usage`. If a guardrail blocks a call, Bedrock does not bill
   * counts in other members.
   */
  readonly isUsageMember: boolean;
}

/**
 * Finds the token counts in an InvokeModel body, or in a chunk of its stream. Returns undefined if it
 * contains no counts.
 */
export function findCounts(body: Json): FoundCounts | undefined {
  for (const { places, shapes } of HOLDERS) {
    for (const place of places) {
      const holder = asObject(valueAt(body, place));
      const shape = holder && shapes.find(({ matches }) => !matches || matches(holder));
      if (holder && shape) {
        return { counts: readCounts(shape, holder), isUsageMember: shapes === USAGE_SHAPES };
      }
    }
  }
  return undefined;
}

/** Reads the token counts in `holder`, an object with the format `shape`. */
export function readCounts(shape: Shape, holder: Json): Counts {
  const passes = shape.passes?.(holder);
  return passes ? addPasses(passes.map(pass => readPass(shape, pass))) : readPass(shape, holder);
}

function readPass(shape: Shape, holder: Json): Counts {
  const { toCount = asCount } = shape;
  const writes = shape.writesByTtl?.(holder);
  const cacheWrite = readCount(holder, shape.cacheWrite, toCount) ?? writes?.all;
  return {
    input: readCount(holder, shape.input, toCount),
    output: readCount(holder, shape.output, toCount) ?? shape.sumOfOutputs?.(holder),
    total: readCount(holder, shape.total, toCount),
    cacheRead: readCount(holder, shape.cacheRead, toCount),
    cacheWrite,
    // If the counts by time to live do not add up to `cacheWrite`, they are unreliable and not used.
    cacheWrite1h: writes?.all === cacheWrite ? writes?.oneHour : undefined,
    cacheInside: shape.cacheInside,
  };
}

function readCount(
  holder: Json,
  places: readonly Place[] | undefined,
  toCount: (value: unknown) => number | undefined,
): number | undefined {
  if (!places) return undefined;
  let count: number | undefined;
  for (const place of places) count = largerOf(count, toCount(valueAt(holder, place)));
  return count;
}

function valueAt(holder: Json, place: Place): unknown {
  // Most paths have only one name. This shortcut takes half the time of the loop.
  if (place.length === 1) return holder[place[0]];
  let value: unknown = holder;
  for (const name of place) value = asObject(value)?.[name];
  return value;
}

function addPasses(passes: readonly Counts[]): Counts {
  const sums = (['input', 'output', 'cacheRead', 'cacheWrite', 'cacheWrite1h'] as const).map(name => {
    const counts = passes.map(pass => pass[name]);
    return [name, counts.some(count => count !== undefined) ? addCounts(counts) : undefined] as const;
  });
  return { ...Object.fromEntries(sums), cacheInside: passes[0]?.cacheInside, hasPasses: true };
}

/** Returns the sum of all values that are token counts. Ignores other values. */
function addCounts(values: readonly unknown[]): number {
  return values.reduce<number>((sum, value) => sum + (asCount(value) ?? 0), 0);
}

/** Reads the cache writes from the member `cache_creation` of Anthropic's Messages API. */
function readCacheCreation(usage: Json): WritesByTtl | undefined {
  const creation = asObject(usage.cache_creation);
  if (!creation) return undefined;
  const oneHour = asCount(creation.ephemeral_1h_input_tokens) ?? 0;
  return { all: oneHour + (asCount(creation.ephemeral_5m_input_tokens) ?? 0), oneHour };
}

/** Reads the cache writes from the member `cacheDetails` of a Converse response. */
function readCacheDetails(usage: Json): WritesByTtl | undefined {
  const details = asEvents(usage.cacheDetails);
  if (!details) return undefined;
  let [all, oneHour] = [0, 0];
  for (const item of details) {
    const detail = asObject(item);
    const tokens = asCount(detail?.inputTokens) ?? 0;
    all += tokens;
    if (detail?.ttl === '1h') oneHour += tokens;
  }
  return { all, oneHour };
}

/** Types of `iterations` in which the called model ran. Other iterations are not counted. */
const MODEL_PASSES: ReadonlySet<unknown> = new Set(['compaction', 'message']);

/**
 * Returns the counts of each run of the model, if the context of the call was compacted. Each run is
 * billed, but the counts outside of `iterations` include only the last run (Bedrock User Guide,
 * "Compaction"). Returns undefined if the context was not compacted.
 */
function readCompactionPasses(usage: Json): readonly Json[] | undefined {
  const passes = asEvents(usage.iterations)?.map(pass => asObject(pass) ?? {});
  return passes?.some(({ type }) => type === 'compaction')
    ? passes.filter(({ type }) => MODEL_PASSES.has(type))
    : undefined;
}

function sumTitanResults(body: Json): number | undefined {
  const counts = asEvents(body.results)?.map(result => asCount(asObject(result)?.tokenCount));
  return counts?.some(count => count !== undefined) ? addCounts(counts) : undefined;
}

function parseHeaderCount(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
