/** Parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** Returns the value if it is an object and not an array, otherwise undefined. */
export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** Maximum events of a stream that are read. Real responses have far fewer. */
const MAX_EVENTS = 1_000_000;
/** Events read from the start of a longer list. The others are read from its end, where the usage is. */
const FIRST_EVENTS = 1000;

/** Returns the events of a stream, at most `MAX_EVENTS`; undefined if the value is not an array. */
export function asEvents(value: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const events: readonly unknown[] = value;
  return events.length <= MAX_EVENTS
    ? events
    : [...events.slice(0, FIRST_EVENTS), ...events.slice(FIRST_EVENTS - MAX_EVENTS)];
}

/** Returns the value if it is a token count, a whole number from 0 to 2⁵³ − 1; otherwise undefined. */
export function asCount(value: unknown): number | undefined {
  // Turns −0 into 0, because −0 prints as "-0".
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value || 0 : undefined;
}

/** Returns a non-empty text, or a number as text, because ids can be numbers in JSON; otherwise undefined. */
export function validText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Returns a number from 0 to 2⁵³ − 1, which may have a fraction; otherwise undefined. */
export function validAmount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** Returns the larger of two counts, or the only one that is defined. */
export function largerOf(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

/** Parses JSON in text or bytes. Returns text that is not JSON unchanged, and undefined for other values. */
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

/** Returns a chunk of a stream. If it is an event of the SDK with a chunk in bytes, the bytes are parsed. */
export function parseChunk(item: unknown): Json | undefined {
  const event = asObject(item);
  const bytes = asObject(event?.chunk)?.bytes;
  return bytes instanceof Uint8Array ? asObject(parseJson(bytes)) : event;
}

/**
 * Counts in a response to one call, before they are split into billing buckets. A count is undefined if the
 * response does not have it.
 */
export interface Counts {
  readonly input?: number;
  readonly output?: number;
  /** Sum of input and output. Some vendors also add the cache tokens. */
  readonly total?: number;
  readonly cacheRead?: number;
  /** All cache writes, with any time to live. */
  readonly cacheWrite?: number;
  /** Cache writes that live for one hour. */
  readonly cacheWrite1h?: number;
  /** True if `input` includes the cache tokens, false if it does not. Undefined if the shape allows both. */
  readonly cacheInside?: boolean;
  /** True if the counts are sums over several passes of the model. Bedrock may count only one of them. */
  readonly hasPasses?: boolean;
}

/** Path to a member of an object: the names from the outside in. */
type Place = readonly string[];

/** Cache writes in a response that lists them by time to live. */
interface WritesByTtl {
  readonly all: number;
  readonly oneHour: number;
}

/** Places of the counts in an object of one vendor or API. The largest value of several places is read. */
interface Shape {
  /** Returns true if the object has this shape. Default: true. */
  readonly matches?: (holder: Json) => boolean;
  readonly input: readonly Place[];
  readonly output?: readonly Place[];
  /** Adds up the output counts of the parts, if there is no count in `output`. */
  readonly sumOfOutputs?: (holder: Json) => number | undefined;
  readonly total?: readonly Place[];
  readonly cacheRead?: readonly Place[];
  readonly cacheWrite?: readonly Place[];
  readonly writesByTtl?: (holder: Json) => WritesByTtl | undefined;
  readonly cacheInside?: boolean;
  /** Returns the passes of the model that are billed, if their counts must be added up. */
  readonly passes?: (holder: Json) => readonly Json[] | undefined;
  /** Converts a value to a count. Default: `asCount` */
  readonly toCount?: (value: unknown) => number | undefined;
}

/** Splits paths, such as `prompt_tokens_details.cached_tokens`, into names. */
const at = (...paths: readonly string[]): readonly Place[] => paths.map(path => path.split('.'));

const inHeader = (tokens: string): readonly Place[] => at(`x-amzn-bedrock-${tokens}-token-count`);

/** Shapes by vendor or API. */
export const SHAPES = {
  /** OpenAI's chat completions, and the many vendors that copy them. Embeddings have no output. */
  chatCompletions: {
    matches: usage => 'prompt_tokens' in usage,
    input: at('prompt_tokens'),
    output: at('completion_tokens'),
    total: at('total_tokens'),
    cacheRead: at('prompt_tokens_details.cached_tokens'),
    cacheWrite: at('prompt_tokens_details.cache_write_tokens'),
    cacheInside: true,
  },
  /** OpenAI's Responses API. */
  responses: {
    matches: usage => 'input_tokens_details' in usage || ('input_tokens' in usage && 'total_tokens' in usage),
    input: at('input_tokens'),
    output: at('output_tokens'),
    total: at('total_tokens'),
    cacheRead: at('input_tokens_details.cached_tokens'),
    cacheWrite: at('input_tokens_details.cache_write_tokens'),
    cacheInside: true,
  },
  /** Anthropic's Messages API. */
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
  /** Cohere: `billed_units` are billed, `tokens` is the length of the prompt. */
  cohere: {
    matches: meta => asObject(meta.billed_units) !== undefined,
    input: at('billed_units.input_tokens'),
    output: at('billed_units.output_tokens'),
  },
  /** Meta Llama. */
  llama: {
    matches: body => 'prompt_token_count' in body || 'generation_token_count' in body,
    input: at('prompt_token_count'),
    output: at('generation_token_count'),
  },
  /** Amazon Titan: text, chunks of text, and embeddings, which have no output. */
  titan: {
    matches: body => 'inputTextTokenCount' in body,
    input: at('inputTextTokenCount'),
    output: at('totalOutputTextTokenCount'),
    sumOfOutputs: sumTitanResults,
  },
  /** Converse and Amazon Nova. Stream metrics, log records and batch manifests use the names with `Count`. */
  converse: {
    input: at('inputTokens', 'inputTokenCount'),
    output: at('outputTokens', 'outputTokenCount'),
    total: at('totalTokens'),
    cacheRead: at('cacheReadInputTokens', 'cacheReadInputTokenCount'),
    cacheWrite: at('cacheWriteInputTokens', 'cacheWriteInputTokenCount'),
    writesByTtl: readCacheDetails,
  },
  /** One model call in the trace of a Bedrock agent. */
  agentTrace: { input: at('inputTokens'), output: at('outputTokens') },
  /** Headers of an InvokeModel response. The output of the SDK does not have them. */
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
 * Objects with counts in a body of InvokeModel, or in a chunk of its stream, in order of precedence. Each has
 * the first of the shapes that matches. No other place is searched: a guardrail's trace also has members
 * called `usage`, and a model can write any JSON.
 */
const HOLDERS: readonly { readonly places: readonly Place[]; readonly shapes: readonly Shape[] }[] = [
  {
    // The last three are in chunks of Anthropic, of Amazon Nova and of OpenAI's Responses API.
    places: at('usage', 'message.usage', 'metadata.usage', 'response.usage'),
    shapes: USAGE_SHAPES,
  },
  { places: [[]], shapes: [SHAPES.llama, SHAPES.titan] },
  { places: at('meta', 'delta.usage', 'response.meta'), shapes: [SHAPES.cohere] },
];

/** Member of a stream's last chunk with Bedrock's own counts, in the shape of Converse. */
export const STREAM_METRICS = 'amazon-bedrock-invocationMetrics';

/** Counts of a body or a chunk. */
export interface FoundCounts {
  readonly counts: Counts;
  /** True if they are in a member called `usage`. Only these are billed if a guardrail blocked the call. */
  readonly isUsageMember: boolean;
}

/** Returns the counts of a body of InvokeModel, or of a chunk of its stream; undefined if it has none. */
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

/** Reads the counts of an object with a known shape. */
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
    // If the sum of the list differs from the count, the number of one-hour writes is unknown.
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
  // Most places have one name, for which the loop would take twice the time.
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

/** Adds up the values that are counts. */
function addCounts(values: readonly unknown[]): number {
  return values.reduce<number>((sum, value) => sum + (asCount(value) ?? 0), 0);
}

/** Reads Anthropic's cache writes by time to live. */
function readCacheCreation(usage: Json): WritesByTtl | undefined {
  const creation = asObject(usage.cache_creation);
  if (!creation) return undefined;
  const oneHour = asCount(creation.ephemeral_1h_input_tokens) ?? 0;
  return { all: oneHour + (asCount(creation.ephemeral_5m_input_tokens) ?? 0), oneHour };
}

/** Reads the cache writes of Converse by time to live. */
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

/** Types of the passes that the called model makes. */
const MODEL_PASSES: ReadonlySet<unknown> = new Set(['compaction', 'message']);

/**
 * Returns the passes of a call whose context was compacted. Each pass is billed, and the counts beside the
 * list are those of the last pass only (Bedrock User Guide, "Compaction").
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
