import { createHash } from 'node:crypto';
import type { LookUpProfile } from './profile-lookup.aws';
import {
  foundationModelOf,
  MAX_MODEL_NAME_LENGTH,
  MODEL_ARN,
  TRANSPARENT_RESOURCES,
} from '../../src/contract';
import { errorName, warnOnce } from '../process/warn-once';

/** Scope in which Bedrock may run an invocation. Prices can differ by scope. */
export type ModelScope = 'global' | 'geo' | 'in-region';

/** Parsed model id or ARN. */
export interface ParsedModelId {
  /**
   * Value of the dimension `Model`: the id of the foundation model without region prefix and context suffix,
   * or a short, stable name if the id does not contain the model. It contains no account id.
   */
  readonly model: string;
  /** Vendor in the id: `anthropic`, `amazon`. Empty if the id does not contain the model. */
  readonly vendor: string;
  readonly scope: ModelScope;
  /** Region of the ARN. */
  readonly region?: string;
  /**
   * True if the id does not contain the foundation model: an application inference profile, a prompt, a
   * custom model.
   */
  readonly opaque: boolean;
}

/** Parsed model id with its geography. */
export interface LocatedModelId {
  readonly parsed: ParsedModelId;
  /** Prefix of a cross-region inference profile: `us`, `us-gov`, `eu`, `apac`. */
  readonly geography?: string;
}

const HASH_LENGTH = 8;
const NAMELESS = 'unknown';

/** Maximum parsed ids to keep. A program uses few models. */
const MAX_PARSED_IDS = 500;
/** Maximum characters of a model id (Bedrock API reference, Converse). */
export const MAX_ID_LENGTH = 2048;
const parsedIds = new Map<string, LocatedModelId>();

/** Parses a model id or ARN. It never throws: an unknown form becomes an opaque name. */
export function parseModelId(id: string): ParsedModelId {
  return locateModelId(id).parsed;
}

/** Parses a model id or ARN, with the geography of its prefix. */
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

function locate(id: string): LocatedModelId {
  if (typeof id !== 'string' || id === '') return { parsed: opaqueModel(NAMELESS) };
  // Regular expressions would exhaust the stack on an id of some MB.
  if (id.length > MAX_ID_LENGTH) return { parsed: opaqueModel(nameOfUnknown(id)) };
  const arn = MODEL_ARN.exec(id);
  if (!arn) return id.startsWith('arn:') ? { parsed: opaqueModel(nameOfUnknown(id)) } : locatePlainId(id);
  const [, service, region, type, resource] = arn;
  if (service === 'bedrock' && TRANSPARENT_RESOURCES.includes(type)) {
    const located = locatePlainId(resource);
    return region === '' ? located : { ...located, parsed: { ...located.parsed, region } };
  }
  // The ARN of a custom model contains the base model before the id.
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

/** Shortens a long name. The end is a hash of the full name, so that different names stay different. */
function shortened(name: string): string {
  if (name.length <= MAX_MODEL_NAME_LENGTH) return name;
  return `${name.slice(0, MAX_MODEL_NAME_LENGTH - HASH_LENGTH - 1)}~${hashOf(name)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}

/**
 * Models of opaque ids. The key is the opaque ARN, or its last part. The value is a model id or ARN with a
 * price.
 */
export type InferenceProfiles = Readonly<Record<string, string>>;

const APPLICATION_PROFILE =
  /^arn:aws[^:]*:bedrock:([a-z0-9-]+):\d*:application-inference-profile\/[a-z0-9]+$/;
/** Maximum entries in each map of profiles. */
const MAX_KEPT_PROFILES = 500;
/** Pause before a look-up, so that the model call is sent first. Loading the SDK blocks the process. */
const DELAY_MS = 50;
/** Pause before a failed look-up is repeated. */
export const RETRY_MS = 15 * 60_000;
/** Pause of look-ups in a region after a time-out, so that not every run waits for one. */
const SILENT_MS = 5 * 60_000;
/**
 * Milliseconds after which a failed look-up must have been frozen together with the process, because a
 * look-up times out earlier.
 */
const FROZEN_MS = 5000;
/** Error names of look-ups that timed out. */
const TIMEOUT_ERRORS: ReadonlySet<string> = new Set(['TimeoutError', 'AbortError']);

/**
 * Resolves opaque ids to models. Models from the options take precedence. Every other application inference
 * profile is looked up once, in parallel to the invocation, which is never delayed.
 */
export class ProfileResolver {
  private readonly given: ReadonlyMap<string, string>;
  private readonly resolvable: ReadonlySet<string> | undefined;
  /** Models of looked-up profiles. */
  private readonly models = new Map<string, string>();
  /** Look-ups in flight. */
  private readonly inFlight = new Map<string, Promise<void>>();
  /** Earliest time of the next look-up, for each profile that failed. */
  private readonly failed = new Map<string, number>();

  /** Earliest time of any look-up, for each region whose control plane did not answer. */
  private readonly silentUntil = new Map<string, number>();
  private lookUp: Promise<LookUpProfile> | undefined;

  /**
   * @param given known models. Default: none
   * @param load loads the look-up when it is first needed. Default: no profile is looked up
   * @param resolvable ARNs that may be looked up. Default: all ARNs of profiles
   */
  constructor(
    given: InferenceProfiles = {},
    private readonly load?: () => Promise<LookUpProfile>,
    resolvable?: readonly string[],
  ) {
    this.given = new Map(Object.entries(given));
    this.resolvable = resolvable && new Set(resolvable);
  }

  /** Returns the id that prices an invocation: the model of an opaque id if it is known, otherwise the id. */
  resolve(modelId: string): string {
    if (this.given.size === 0 && this.models.size === 0) return modelId;
    return (
      this.given.get(modelId) ?? this.given.get(lastPart(modelId)) ?? this.models.get(modelId) ?? modelId
    );
  }

  /**
   * Starts to look up the model of an unknown profile. It returns at once and never throws.
   *
   * @returns a promise of the look-up's end; undefined if there is nothing to look up
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

  /** Returns the region of a profile that may be looked up; undefined for other ids. */
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
      // Lambda froze the process meanwhile. The next invocation looks the profile up again.
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

/** Adds an entry to a map. Clears a full map first. */
function keep<Value>(known: Map<string, Value>, key: string, value: Value): void {
  if (known.size >= MAX_KEPT_PROFILES) known.clear();
  known.set(key, value);
}

/** Returns the last part of an ARN, which is the id of a profile. */
export function lastPart(modelId: string): string {
  return modelId.slice(modelId.lastIndexOf('/') + 1);
}
