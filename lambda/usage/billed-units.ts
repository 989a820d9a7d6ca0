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
  /** Undefined if the call has no billed units. */
  readonly units?: Units;
  /** Billed things whose number the response does not contain. The cost is then a lower bound. */
  readonly uncounted?: readonly Uncounted[];
}

/** Billed thing that a response does not count, e.g. the text units of a guardrail without its trace. */
export type Uncounted = (typeof UNCOUNTED)[number];
const UNCOUNTED = ['guardrailUnits'] as const;

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
/** Maximum width and height in pixels of a generated image at the lower price. */
const LARGE_IMAGE_PIXELS = 1024;

/** Reads the billed units of a call to ApplyGuardrail from the counters in its response. */
export function readGuardrailUnits(response: Json): Units {
  const units: MutableUnits = {};
  addGuardrail(units, asObject(response.usage));
  return units;
}

/** Reads the billed units of a call to InvokeGuardrailChecks. */
export function readCheckUnits(response: Json): Units {
  const units: MutableUnits = {};
  for (const [check, unit] of Object.entries(CHECKS)) {
    add(units, unit, asCount(asObject(asObject(response.usage)?.[check])?.textUnits));
  }
  return units;
}

/** Counts the billed queries of a Rerank request. */
export function readSearchUnits(_response: Json, request: Json): Units {
  const queries = asEvents(request.queries)?.length ?? 1;
  const documents = asEvents(request.sources)?.length ?? 0;
  return { searches: queries * Math.max(1, Math.ceil(documents / DOCUMENTS_PER_SEARCH)) };
}

/** Reads the seconds of the video that a StartAsyncInvoke request asks for. */
export function readVideoUnits(_response: Json, request: Json): Units {
  const input = asObject(request.modelInput);
  const seconds =
    asCount(asObject(input?.videoGenerationConfig)?.durationSeconds) ??
    asCount(Number(/^(\d+)s$/.exec(String(input?.duration))?.[1]));
  return seconds === undefined ? {} : { videoSeconds: seconds };
}

/** Member of a Converse request, and member of an InvokeModel request, that switches on a guardrail. */
const GUARDRAIL_REQUESTS = ['guardrailConfig', 'guardrailIdentifier'] as const;

/** Collects the billed units of a model call. Its answer can come in one response or in several events. */
export class UnitCounter {
  private readonly units: MutableUnits = {};
  private hasGuardrail = false;

  /**
   * Reads a Converse response, the metadata of its stream, a body of InvokeModel, or a chunk of its stream.
   *
   * @param request request of the call. The size of images is only in the request
   */
  add(part: Json, request: Json | undefined): void {
    const guardrail = asObject(asObject(part.trace ?? part['amazon-bedrock-trace'])?.guardrail);
    if (guardrail) this.addAssessments(guardrail);
    set(this.units, 'webSearches', countWebSearches(part));
    const images = asEvents(part.images)?.filter(image => typeof image === 'string').length;
    if (images) set(this.units, imageUnit(request), images);
  }

  /** Returns the units of all parts that were added. */
  read(request: Json | undefined): UnitReading {
    const isGuarded = GUARDRAIL_REQUESTS.some(member => request?.[member] !== undefined);
    return {
      ...(Object.keys(this.units).length > 0 && { units: this.units }),
      ...(isGuarded && !this.hasGuardrail && { uncounted: ['guardrailUnits'] as const }),
    };
  }

  private addAssessments(guardrail: Json): void {
    for (const member of ASSESSMENTS) {
      for (const assessment of assessmentsIn(guardrail[member])) {
        const usage = asObject(asObject(assessment?.invocationMetrics)?.usage);
        if (!usage) continue;
        this.hasGuardrail = true;
        addGuardrail(this.units, usage);
      }
    }
  }
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

function addGuardrail(units: MutableUnits, usage: Json | undefined): void {
  for (const [counter, unit] of Object.entries(GUARDRAIL_COUNTERS)) {
    const count = asCount(usage?.[counter]);
    // Automated reasoning bills each text unit once for each policy.
    const policies = unit === 'guardrailReasoning' ? (asCount(usage?.automatedReasoningPolicies) ?? 1) : 1;
    add(units, unit, count && count * policies);
  }
}

/** Counts web searches in a body or chunk of Anthropic's Messages API or OpenAI's Responses API. */
function countWebSearches(body: Json): number | undefined {
  const usage = asObject(body.usage) ?? asObject(asObject(body.message)?.usage);
  const requests = asCount(asObject(usage?.server_tool_use)?.web_search_requests);
  if (requests !== undefined) return requests;
  const output = asEvents(body.output) ?? asEvents(asObject(body.response)?.output);
  return output?.filter(item => asObject(item)?.type === 'web_search_call').length;
}

function imageUnit(request: Json | undefined): Unit {
  const config = asObject(asObject(parseJson(request?.body))?.imageGenerationConfig);
  const isLarge = [config?.width, config?.height].some(pixels => (asCount(pixels) ?? 0) > LARGE_IMAGE_PIXELS);
  const isPremium = config?.quality === 'premium';
  if (isLarge) return isPremium ? 'imagesLargePremium' : 'imagesLarge';
  return isPremium ? 'imagesPremium' : 'images';
}

function add(units: MutableUnits, unit: Unit, count: number | undefined): void {
  if (count) units[unit] = (units[unit] ?? 0) + count;
}

/** Sets a count that each later event repeats, so that it is not added twice. */
function set(units: MutableUnits, unit: Unit, count: number | undefined): void {
  if (count) units[unit] = Math.max(units[unit] ?? 0, count);
}

/** Returns a copy of units that a caller passed, with valid counts only. Undefined if no count is valid. */
export function validUnits(value: unknown): Units | undefined {
  const given = asObject(value);
  if (!given) return undefined;
  const units: MutableUnits = {};
  for (const unit of UNITS) add(units, unit, asCount(given[unit]));
  return Object.keys(units).length > 0 ? units : undefined;
}

/** Returns the known names in a list that a caller passed. Undefined if there are none. */
export function validUncounted(value: unknown): readonly Uncounted[] | undefined {
  const given = asEvents(value);
  const known = given && UNCOUNTED.filter(name => given.includes(name));
  return known && known.length > 0 ? known : undefined;
}
