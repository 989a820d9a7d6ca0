import { asCount, asEvents, asObject, type Json, parseJson } from './counts';

/**
 * Units that Bedrock bills besides tokens:
 * - `guardrail…`: text units of a guardrail policy. A text unit has up to 1,000 characters.
 *   `guardrailContentImages` counts images instead.
 * - `check…`: text units of InvokeGuardrailChecks.
 * - `searches`: queries of a rerank model, for up to 100 documents each.
 * - `images…`: generated images. The names of Nova Canvas models contain the size and the quality.
 * - `videoSeconds`: seconds of a generated video.
 * - `webSearches`: searches that the model made in the web.
 */
export const UNITS = [
  'guardrailContent',
  'guardrailContentImages',
  'guardrailTopics',
  'guardrailSensitiveInformation',
  'guardrailGrounding',
  'guardrailReasoning',
  'checkContent',
  'checkPromptAttack',
  'checkSensitiveInformation',
  'searches',
  'images',
  'imagesPremium',
  'imagesLarge',
  'imagesLargePremium',
  'videoSeconds',
  'webSearches',
] as const;
export type Unit = (typeof UNITS)[number];
/** Numbers of billed units. Units that were not used are absent. */
export type Units = Readonly<Partial<Record<Unit, number>>>;

type MutableUnits = Partial<Record<Unit, number>>;

/** Billed units of a call, as its request and its response show them. */
export interface UnitReading {
  /** Undefined if the response shows no units. Empty if it shows that the call has none. */
  readonly units?: Units;
  /** Billed units whose number is not known. The cost is then a lower bound. */
  readonly uncounted?: readonly Uncounted[];
}

/**
 * Billed units or tokens whose exact number is not in the response:
 * - `guardrailUnits`: text units of a guardrail without its trace.
 * - `searchUnits`: queries of a rerank model with long documents. Each document counts as one or more.
 * - `cacheTokens`: tokens of the prompt cache. The source of the usage, such as an OpenTelemetry span, does
 *   not report them.
 */
export type Uncounted = (typeof UNCOUNTED)[number];
export const UNCOUNTED = ['guardrailUnits', 'searchUnits', 'cacheTokens'] as const;

/** Units of a guardrail, by the name of the counter in a response. Word filters are free. */
const GUARDRAIL_COUNTERS: Readonly<Record<string, Unit>> = {
  contentPolicyUnits: 'guardrailContent',
  contentPolicyImageUnits: 'guardrailContentImages',
  topicPolicyUnits: 'guardrailTopics',
  sensitiveInformationPolicyUnits: 'guardrailSensitiveInformation',
  contextualGroundingPolicyUnits: 'guardrailGrounding',
  automatedReasoningPolicyUnits: 'guardrailReasoning',
};

/** Units of InvokeGuardrailChecks, by the name of the check in a response. */
const CHECKS: Readonly<Record<string, Unit>> = {
  contentFilter: 'checkContent',
  promptAttack: 'checkPromptAttack',
  sensitiveInformation: 'checkSensitiveInformation',
};

/** Members of a guardrail's trace that contain assessments, in Converse and in InvokeModel. */
const ASSESSMENTS = ['input', 'inputAssessment', 'outputs', 'outputAssessments'] as const;

/** Maximum number of documents in one billed query of a rerank model. */
const DOCUMENTS_PER_SEARCH = 100;
/**
 * Maximum number of tokens in a document of a rerank model, with its query. A longer document counts several
 * times (AWS pricing page of Bedrock).
 */
const TOKENS_PER_DOCUMENT = 500;
/** Maximum width and height in pixels of a generated image at the lower price. */
const LARGE_IMAGE_PIXELS = 1024;

/** Reads the billed units of a call to ApplyGuardrail from the counters in its response. */
export function readGuardrailUnits(response: Json): UnitReading {
  const units: MutableUnits = {};
  const isExact = addGuardrail(units, asObject(response.usage));
  return { units, ...(!isExact && { uncounted: ['guardrailUnits'] as const }) };
}

/** Reads the billed units of a call to InvokeGuardrailChecks. */
export function readCheckUnits(response: Json): UnitReading {
  const usage = asObject(response.usage);
  if (!usage) return {};
  const units: MutableUnits = {};
  for (const [check, unit] of Object.entries(CHECKS)) {
    add(units, unit, asCount(asObject(usage[check])?.textUnits));
  }
  return { units };
}

/** Counts the billed queries of a Rerank request. */
export function readSearchUnits(_response: Json, request: Json): UnitReading {
  const queries = asEvents(request.queries) ?? [];
  const documents = asEvents(request.sources)?.map(source => {
    const document = asObject(asObject(source)?.inlineDocumentSource);
    return asObject(document?.textDocument)?.text ?? document?.jsonDocument;
  });
  return countSearches(asObject(asObject(queries[0])?.textQuery)?.text, documents ?? []);
}

/**
 * Counts the billed queries of a rerank model. If more queries are possible, because documents may count
 * several times, the number is a lower bound. A document has at most as many tokens as bytes.
 */
function countSearches(query: unknown, documents: readonly unknown[]): UnitReading {
  const room = Math.max(1, TOKENS_PER_DOCUMENT - lengthOf(query));
  const most = documents.reduce<number>((sum, document) => sum + Math.ceil(lengthOf(document) / room), 0);
  const searches = searchesFor(documents.length);
  return {
    units: { searches },
    ...(searchesFor(most) > searches && { uncounted: ['searchUnits'] as const }),
  };
}

function searchesFor(documents: number): number {
  return Math.max(1, Math.ceil(documents / DOCUMENTS_PER_SEARCH));
}

/** Returns the bytes of a text, or of the JSON of another value. */
function lengthOf(value: unknown): number {
  return Buffer.byteLength(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}

/** Reads the seconds of the video that a StartAsyncInvoke request asks for. */
export function readVideoUnits(_response: Json, request: Json): UnitReading {
  const input = asObject(request.modelInput);
  const seconds =
    asCount(asObject(input?.videoGenerationConfig)?.durationSeconds) ??
    asCount(Number(/^(\d+)s$/.exec(String(input?.duration))?.[1]));
  return seconds === undefined ? {} : { units: { videoSeconds: seconds } };
}

/** Members of requests from which billed units are read. */
const REQUEST_MEMBERS = [
  'body',
  'guardrailConfig',
  'guardrailConfiguration',
  'guardrailIdentifier',
  'modelInput',
  'queries',
  'sources',
] as const;

/**
 * Copies the members of a request from which billed units are read, because the caller may change its request
 * after the call. Omits a member whose getter throws.
 */
export function copyForUnits(request: Json): Json {
  const copy: Record<string, unknown> = {};
  for (const name of REQUEST_MEMBERS) {
    try {
      const value = request[name];
      if (value !== undefined) copy[name] = Array.isArray(value) ? [...(value as unknown[])] : value;
    } catch {
      // If the SDK also reads this member, the call fails with the same error.
    }
  }
  return copy;
}

/** Returns true if a request of Converse, InvokeModel or InvokeInlineAgent enables a guardrail. */
function asksForGuardrail(request: Json): boolean {
  return (
    request.guardrailConfig !== undefined ||
    request.guardrailIdentifier !== undefined ||
    request.guardrailConfiguration !== undefined
  );
}

const NO_UNITS: UnitReading = {};

/** Stop reason of a Converse response that a guardrail has blocked. */
const INTERVENED = 'guardrail_intervened';

/**
 * Maximum number of assessments of a response that are remembered. A response with more is counted in full,
 * but repeated assessments are then counted twice.
 */
const MAX_REMEMBERED = 1000;

/** Collects the billed units of a model call. Its answer can come in one response or in several events. */
export class UnitCounter {
  private readonly units: MutableUnits = {};
  private hasGuardrail = false;
  private isGuarded = false;
  private hasUncountedText = false;
  private hasUncountedSearches = false;
  /** Assessments in earlier events. An event that repeats them is not counted again. */
  private assessed: Set<string> | undefined;

  /**
   * Reads a Converse response, the metadata of its stream, a body of InvokeModel, a chunk of its stream, or
   * the trace of an agent. The trace of an agent contains no text units.
   *
   * @param request request of the call. The size of images is only in the request
   */
  add(part: Json, request: Json | undefined): void {
    const guardrail =
      asObject(asObject(part.trace)?.guardrail) ??
      asObject(asObject(part['amazon-bedrock-trace'])?.guardrail);
    if (guardrail) this.addAssessments(guardrail);
    if (guardrail || showsGuardrail(part)) this.isGuarded = true;
    set(this.units, 'webSearches', countWebSearches(part));
    const images = asEvents(part.images)?.filter(image => typeof image === 'string').length;
    if (images) set(this.units, imageUnit(request), images);
    if (isRanking(part)) this.addSearches(request);
  }

  /** Returns the units of all parts that were added. */
  read(request: Json | undefined): UnitReading {
    const isGuarded = this.isGuarded || (request !== undefined && asksForGuardrail(request));
    const hasUncounted =
      (isGuarded && !this.hasGuardrail) || this.hasUncountedText || this.hasUncountedSearches;
    // Most calls have neither, so the rest is skipped.
    if (!hasUncounted && !hasUnits(this.units)) return NO_UNITS;
    const uncounted: readonly Uncounted[] = [
      ...((isGuarded && !this.hasGuardrail) || this.hasUncountedText ? (['guardrailUnits'] as const) : []),
      ...(this.hasUncountedSearches ? (['searchUnits'] as const) : []),
    ];
    return {
      ...(hasUnits(this.units) && { units: this.units }),
      ...(uncounted.length > 0 && { uncounted }),
    };
  }

  /** Counts the billed queries in the body of an InvokeModel request to a rerank model. */
  private addSearches(request: Json | undefined): void {
    const body = bodyOf(request);
    const { units, uncounted } = countSearches(body?.query, asEvents(body?.documents) ?? []);
    set(this.units, 'searches', units?.searches);
    // Without the body, e.g. because a log record has it in S3, the number of documents is not known.
    this.hasUncountedSearches = uncounted !== undefined || body === undefined;
  }

  private addAssessments(guardrail: Json): void {
    const added: string[] = [];
    for (const member of ASSESSMENTS) {
      assessmentsIn(guardrail[member]).forEach((assessment, index) => {
        const usage = asObject(asObject(assessment?.invocationMetrics)?.usage);
        const key = `${member} ${index} ${JSON.stringify(assessment?.invocationMetrics)}`;
        if (this.assessed?.has(key)) return;
        if (added.length < MAX_REMEMBERED) added.push(key);
        if (usage) this.hasGuardrail = true;
        if (assessment && !addGuardrail(this.units, usage)) this.hasUncountedText = true;
      });
    }
    const assessed = (this.assessed ??= new Set());
    if (assessed.size < MAX_REMEMBERED) added.forEach(key => assessed.add(key));
  }
}

/**
 * Returns true if a part of a response without text units shows that a guardrail checked the call. A body of
 * InvokeModel has the action of its guardrail, even if the action is `NONE`.
 */
function showsGuardrail(part: Json): boolean {
  return (
    part.guardrailTrace !== undefined ||
    part.stopReason === INTERVENED ||
    typeof part['amazon-bedrock-guardrailAction'] === 'string'
  );
}

/**
 * Returns the assessments in a member of a guardrail's trace. The member is an object with guardrail ids as
 * keys, or a list of such objects. Each guardrail has one assessment or a list.
 */
function assessmentsIn(member: unknown): (Json | undefined)[] {
  return (asEvents(member) ?? [member])
    .flatMap(byGuardrail => Object.values(asObject(byGuardrail) ?? {}))
    .flatMap(ofGuardrail => asEvents(ofGuardrail) ?? [ofGuardrail])
    .map(asObject);
}

/** Adds the text units in the counters of a guardrail. Returns false if a counter is missing or invalid. */
function addGuardrail(units: MutableUnits, usage: Json | undefined): boolean {
  if (!usage) return false;
  let isExact = true;
  for (const [counter, unit] of Object.entries(GUARDRAIL_COUNTERS)) {
    const given = usage[counter] ?? 0;
    const count = asCount(given);
    // Automated reasoning bills each text unit once for each policy.
    const policies = unit === 'guardrailReasoning' ? (asCount(usage.automatedReasoningPolicies) ?? 1) : 1;
    if (count === undefined || !add(units, unit, count * policies)) isExact = false;
  }
  return isExact;
}

/** Counts web searches in a body or chunk of Anthropic's Messages API or OpenAI's Responses API. */
function countWebSearches(body: Json): number | undefined {
  const usage = asObject(body.usage) ?? asObject(asObject(body.message)?.usage);
  const requests = asCount(asObject(usage?.server_tool_use)?.web_search_requests);
  if (requests !== undefined) return requests;
  const output = asEvents(body.output) ?? asEvents(asObject(body.response)?.output);
  return output?.filter(isWebSearch).length;
}

/** Returns true if an item of the Responses API is a search. Opening a page is not billed as a search. */
function isWebSearch(item: unknown): boolean {
  const { type, status, action } = asObject(item) ?? {};
  const kind = asObject(action)?.type ?? 'search';
  return type === 'web_search_call' && status !== 'failed' && kind === 'search';
}

/** Returns true if a body is the answer of a rerank model. */
function isRanking({ results }: Json): boolean {
  return asObject(asEvents(results)?.[0])?.relevance_score !== undefined;
}

/** Returns the body of an InvokeModel request. In a log record, the body is already parsed. */
function bodyOf(request: Json | undefined): Json | undefined {
  return asObject(parseJson(request?.body) ?? request?.body);
}

function imageUnit(request: Json | undefined): Unit {
  const config = asObject(bodyOf(request)?.imageGenerationConfig);
  const isLarge = [config?.width, config?.height].some(pixels => (asCount(pixels) ?? 0) > LARGE_IMAGE_PIXELS);
  const isPremium = config?.quality === 'premium';
  if (isLarge) return isPremium ? 'imagesLargePremium' : 'imagesLarge';
  return isPremium ? 'imagesPremium' : 'images';
}

/** Adds a count. Returns false, and keeps the sum, if the new sum is too large to be exact. */
function add(units: MutableUnits, unit: Unit, count: number | undefined): boolean {
  if (!count) return true;
  const sum = (units[unit] ?? 0) + count;
  if (!Number.isSafeInteger(sum)) return false;
  units[unit] = sum;
  return true;
}

/** Sets a count that each later event repeats, so that it is not added twice. */
function set(units: MutableUnits, unit: Unit, count: number | undefined): void {
  if (count) units[unit] = Math.max(units[unit] ?? 0, count);
}

/**
 * Returns a copy of units that a caller passed, with valid counts only. Undefined if there are counts, and
 * none of them is valid.
 */
export function validUnits(value: unknown): Units | undefined {
  const given = asObject(value);
  if (!given) return undefined;
  const units: MutableUnits = {};
  for (const unit of UNITS) add(units, unit, asCount(given[unit]));
  return hasUnits(units) || Object.values(given).every(count => count === 0) ? units : undefined;
}

/** Returns true if there is a billed unit. */
export function hasUnits(units: Units | undefined): units is Units {
  for (const _unit in units) return true;
  return false;
}

/** Returns the known names in a list that a caller passed. Undefined if there are none. */
export function validUncounted(value: unknown): readonly Uncounted[] | undefined {
  const given = asEvents(value);
  const known = given && UNCOUNTED.filter(name => given.includes(name));
  return known && known.length > 0 ? known : undefined;
}
