import { createHash } from 'node:crypto';
import type { LookUpProfile } from './profile-lookup.aws';
import {
  foundationModelOf,
  MAX_MODEL_NAME_LENGTH,
  MODEL_ARN,
  MODEL_VENDORS,
  TRANSPARENT_RESOURCES,
} from '../../src/contract';
import { errorName, warnOnce } from '../process/warn-once';

/**
 * Regions of an invocation: `global` for all regions, `geo` for one geography, or `in-region` for one region.
 * The price can depend on the scope.
 */
export type ModelScope = 'global' | 'geo' | 'in-region';

/** Parsed model id or ARN. */
export interface ParsedModelId {
  /**
   * Value of the metric dimension `Model`. It is the id of the foundation model, without a prefix such as
   * `us.` and without a context suffix such as `:200k`. If the parsed id does not contain the model, it is a
   * short, stable name without an account id.
   */
  readonly model: string;
  /** Vendor in the id, such as `anthropic` or `amazon`. Empty if the id does not contain the model. */
  readonly vendor: string;
  readonly scope: ModelScope;
  /** Region in the ARN. Absent if there is no ARN, or if the ARN has no region. */
  readonly region?: string;
  /**
   * True if the parsed id does not contain the foundation model. Examples are an application inference
   * profile, a prompt and a custom model.
   */
  readonly opaque: boolean;
}

/** Parsed model id, and the geography in the prefix of the id. */
export interface LocatedModelId {
  readonly parsed: ParsedModelId;
  /**
   * Prefix of a geographic inference profile, such as `us`, `us-gov`, `eu` or `apac`. Absent for all other
   * ids.
   */
  readonly geography?: string;
}

const HASH_LENGTH = 8;
const NAMELESS = 'unknown';

/** Maximum number of entries in `parsedIds`, a cache of parsed model ids. A program uses far fewer models. */
const MAX_PARSED_IDS = 500;
/** Maximum number of characters of a model id (Bedrock API reference, Converse). */
export const MAX_ID_LENGTH = 2048;
const parsedIds = new Map<string, LocatedModelId>();

/** Parses a model id or ARN. Never throws: for an id of unknown form, `opaque` is true in the result. */
export function parseModelId(id: string): ParsedModelId {
  return locateModelId(id).parsed;
}

/**
 * Parses a model id or ARN. The result also contains the geography, e.g. `eu` for `eu.amazon.nova-lite-v1:0`.
 */
export function locateModelId(id: string): LocatedModelId {
  const known = parsedIds.get(id);
  if (known) return known;
  const located = locate(id);
  if (typeof id === 'string' && id.length <= MAX_ID_LENGTH) {
    if (parsedIds.size >= MAX_PARSED_IDS) parsedIds.clear();
    parsedIds.set(id, located);
  }
  return located;
}

/** ARN of a resource of Bedrock, such as a model or an inference profile. */
const BEDROCK_ARN = /^arn:aws[^:]*:bedrock:/;

/**
 * Returns true if an id is an ARN of Bedrock, or the id of a model of a known vendor, such as
 * `us.amazon.nova-lite-v1:0`. Returns false for ids of other services, such as `gpt-5.4`, `llama3.1:8b` and
 * `anthropic/claude-sonnet-4.5`.
 */
export function isBedrockModelId(id: string): boolean {
  if (BEDROCK_ARN.test(id)) return true;
  const vendor = id.includes('/') ? undefined : foundationModelOf(id)?.vendor;
  return MODEL_VENDORS.some(known => known === vendor);
}

function locate(id: string): LocatedModelId {
  if (typeof id !== 'string' || id === '') return { parsed: opaqueModel(NAMELESS) };
  // If an id is too long, it is not parsed. The regular expression would exhaust the stack on several
  // megabytes.
  if (id.length > MAX_ID_LENGTH) return { parsed: opaqueModel(nameOfUnknown(id)) };
  const arn = MODEL_ARN.exec(id);
  if (!arn) return id.startsWith('arn:') ? { parsed: opaqueModel(nameOfUnknown(id)) } : locatePlainId(id);
  const [, service, region, type, resource] = arn;
  if (service === 'bedrock' && TRANSPARENT_RESOURCES.includes(type)) {
    const located = locatePlainId(resource);
    return region === '' ? located : { ...located, parsed: { ...located.parsed, region } };
  }
  // The ARN of a custom model contains the base model before the last `/`. Only the text after it is the
  // name.
  const name = resource.slice(resource.lastIndexOf('/') + 1);
  return {
    parsed: {
      ...opaqueModel(`${service === 'bedrock' ? type : `${service}-${type}`}/${name}`),
      ...(region === '' ? {} : { region }),
    },
  };
}

/**
 * Returns a name for an id that cannot be parsed. The name of an ARN is a hash, because an ARN may contain an
 * account id.
 */
function nameOfUnknown(id: string): string {
  return id.startsWith('arn:') ? `arn/${hashOf(id)}` : id;
}

function locatePlainId(id: string): LocatedModelId {
  const found = foundationModelOf(id);
  if (!found) return { parsed: opaqueModel(id) };
  const { name, vendor, prefix } = found;
  const scope = prefix === undefined ? 'in-region' : prefix === 'global' ? 'global' : 'geo';
  const parsed: ParsedModelId = { model: shortened(name), vendor, scope, opaque: false };
  return { parsed, ...(scope === 'geo' ? { geography: prefix } : {}) };
}

function opaqueModel(name: string): ParsedModelId {
  return { model: shortened(name), vendor: '', scope: 'in-region', opaque: true };
}

/**
 * Shortens a long name. The short name ends with a hash of the full name, so different names stay different.
 */
function shortened(name: string): string {
  if (name.length <= MAX_MODEL_NAME_LENGTH) return name;
  return `${name.slice(0, MAX_MODEL_NAME_LENGTH - HASH_LENGTH - 1)}~${hashOf(name)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}

/**
 * Models of application inference profiles and other ARNs without a model name. Each key is such an ARN, or
 * the part after its last `/`. Each value is the id or ARN of the model.
 */
export type InferenceProfiles = Readonly<Record<string, string>>;

const APPLICATION_PROFILE =
  /^arn:aws[^:]*:bedrock:([a-z0-9-]+):\d*:application-inference-profile\/[a-z0-9]+$/;
/** Maximum number of entries in each map of a `ProfileResolver`. A full map is cleared. */
const MAX_KEPT_PROFILES = 500;
/**
 * Delay of a look-up, in milliseconds. The model call is sent first, because loading the SDK blocks the
 * process.
 */
const DELAY_MS = 50;
/** Milliseconds to wait before a failed look-up is repeated. */
export const RETRY_MS = 15 * 60_000;
/**
 * Duration without look-ups in a region after a time-out there, in milliseconds. It keeps handler runs from
 * waiting for more time-outs.
 */
const SILENT_MS = 5 * 60_000;
/**
 * Maximum duration of a look-up in a running process, in milliseconds. A longer look-up means that Lambda
 * froze the process.
 */
const FROZEN_MS = 5000;
const TIMEOUT_ERRORS: ReadonlySet<string> = new Set(['TimeoutError', 'AbortError']);

/**
 * Finds the models behind application inference profiles. If the options do not contain the model, asks
 * Bedrock once for each profile. The model call does not wait for the answer.
 */
export class ProfileResolver {
  private readonly given: ReadonlyMap<string, string>;
  private readonly resolvable: ReadonlySet<string> | undefined;
  /** Models that were looked up. The key is the ARN of the profile. */
  private readonly models = new Map<string, string>();
  /** Look-ups that have not ended. The key is the ARN of the profile. */
  private readonly inFlight = new Map<string, Promise<void>>();
  /** Earliest time to repeat a failed look-up, in epoch milliseconds. The key is the ARN of the profile. */
  private readonly failed = new Map<string, number>();

  /**
   * End of the time without look-ups in a region, in epoch milliseconds. The time begins if Bedrock does not
   * answer. The key is the region.
   */
  private readonly silentUntil = new Map<string, number>();
  private lookUp: Promise<LookUpProfile> | undefined;

  /**
   * Creates a resolver.
   *
   * @param given models that need no look-up. Default: none
   * @param load loads the function that looks up models. Called before the first look-up. Default: no
   * look-ups
   * @param resolvable ARNs of the profiles that may be looked up. Default: all application inference profiles
   */
  constructor(
    given: InferenceProfiles = {},
    private readonly load?: () => Promise<LookUpProfile>,
    resolvable?: readonly string[],
  ) {
    this.given = new Map(Object.entries(given));
    this.resolvable = resolvable && new Set(resolvable);
  }

  /**
   * Returns the id that decides the price: the model behind `modelId` if this model is known, otherwise
   * `modelId` itself.
   */
  resolve(modelId: string): string {
    if (this.given.size === 0 && this.models.size === 0) return modelId;
    return (
      this.given.get(modelId) ?? this.given.get(lastPart(modelId)) ?? this.models.get(modelId) ?? modelId
    );
  }

  /**
   * Starts a look-up of the model behind an application inference profile, unless the model is known. Returns
   * at once and never throws.
   *
   * @returns a promise that resolves when the look-up ends. Undefined if no look-up is running
   */
  prefetch(modelId: unknown): Promise<void> | undefined {
    if (!this.load || typeof modelId !== 'string') return undefined;
    const region = this.regionToLookUp(modelId);
    if (region === undefined || this.resolve(modelId) !== modelId) return undefined;
    const pending = this.inFlight.get(modelId);
    if (!pending && (this.silentUntil.get(region) ?? 0) > Date.now()) return undefined;
    if (pending || (this.failed.get(modelId) ?? 0) > Date.now()) return pending;
    const lookUp = new Promise<void>(resolve => {
      setTimeout(() => void this.ask(modelId, region).then(resolve), DELAY_MS).unref();
    });
    keep(this.inFlight, modelId, lookUp);
    return lookUp;
  }

  /**
   * Returns the region of an application inference profile, if the profile may be looked up. Returns
   * undefined for all other ids.
   */
  private regionToLookUp(modelId: string): string | undefined {
    if (this.resolvable?.has(modelId) === false || modelId.length > MAX_ID_LENGTH) return undefined;
    return APPLICATION_PROFILE.exec(modelId)?.[1];
  }

  private async ask(modelId: string, region: string): Promise<void> {
    const startedAt = Date.now();
    try {
      this.lookUp ??= this.load?.();
      const lookUp = await this.lookUp;
      const model = await lookUp?.(modelId);
      if (model !== undefined) keep(this.models, modelId, model);
    } catch (error) {
      const name = errorName(error);
      // If Lambda froze the process during the look-up, the next invocation starts a new look-up.
      if (TIMEOUT_ERRORS.has(name) && Date.now() - startedAt > FROZEN_MS) return;
      keep(this.failed, modelId, Date.now() + RETRY_MS);
      if (TIMEOUT_ERRORS.has(name)) keep(this.silentUntil, region, Date.now() + SILENT_MS);
      const { model } = parseModelId(modelId);
      const fix = TIMEOUT_ERRORS.has(name)
        ? 'Let the function reach the bedrock endpoint'
        : 'Allow bedrock:GetInferenceProfile on it';
      warnOnce(
        `profile:${model}`,
        `The model of ${model} could not be looked up (${name}): its invocations have no price. ${fix}, or set ` +
          'inferenceProfiles.',
      );
    } finally {
      this.inFlight.delete(modelId);
    }
  }
}

/** Adds an entry to a map. If the map is full, clears the map first. */
function keep<Value>(known: Map<string, Value>, key: string, value: Value): void {
  if (known.size >= MAX_KEPT_PROFILES) known.clear();
  known.set(key, value);
}

/** Returns the text after the last `/`. In the ARN of a profile, this is the id of the profile. */
export function lastPart(modelId: string): string {
  return modelId.slice(modelId.lastIndexOf('/') + 1);
}
