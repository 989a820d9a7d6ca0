import { createHash } from 'node:crypto';
import { MODEL_VENDORS } from '../../src/contract';

/** Where a call may run: what AWS charges can differ. */
export type ModelScope = 'global' | 'geo' | 'in-region';

/** A model id or ARN, understood. */
export interface ParsedModelId {
  /**
   * The foundation model's id, with neither region prefix nor context suffix, or a short stable
   * name where it is hidden: the value of the dimension `Model`. It holds no account id.
   */
  readonly model: string;
  /** Who made it, as the id says it: `anthropic`, `amazon`. Empty where the model is hidden. */
  readonly vendor: string;
  readonly scope: ModelScope;
  /** The ARN's region. */
  readonly region?: string;
  /**
   * The id does not tell which foundation model answers: an
   * application inference profile, a prompt, a custom model …
   */
  readonly opaque: boolean;
}

/** The geography of a cross-region inference profile, as its prefix says it: `us`, `us-gov`, `eu`, `apac`. */
export interface LocatedModelId {
  readonly parsed: ParsedModelId;
  readonly geography?: string;
}

/** Vendors that Bedrock has had. Others are told by the shape of the id. */
const VENDORS: ReadonlySet<string> = new Set(MODEL_VENDORS);

/** Any partition's ARN, to its resource type and resource. */
const ARN = /^arn:aws[^:]*:([a-z-]+):([a-z0-9-]*):[^:]*:([a-z-]+)\/(.+)$/;
/** What could be a geography: `us.` `us-gov.` `apac.`, and those that are still to come. */
const PREFIX = /^([a-z]{2,6}(?:-[a-z]+)*)\.(.+)$/;
/** A vendor and the begin of a model's name: a digit after the dot is a version's, as in `glm5.1`. */
const VENDOR_AND_MODEL = /^[a-z][a-z0-9]*\.[a-z]/;
const VENDOR = /^([a-z][a-z0-9]*)\.(?=[a-z0-9])/;
/** The variants of one model by context length, such as `:0:200k`, `:2:8k`, `:0:512`. */
const CONTEXT_SUFFIX = /(:\d+):(?:\d+k?|mm)$/;
/** ARN resources that name the foundation model itself. */
const TRANSPARENT: ReadonlySet<string> = new Set(['foundation-model', 'inference-profile']);

/** The longest name: long enough for every foundation model, short enough for a dimension value. */
const MAX_NAME_LENGTH = 64;
const HASH_LENGTH = 8;
const NAMELESS = 'unknown';

/** How many ids are remembered, understood: a program calls a few models, again and again. */
const MAX_REMEMBERED = 500;
/** Maximum characters of an id (Bedrock API reference, Converse). A longer one names no model. */
export const MAX_ID_LENGTH = 2048;
const remembered = new Map<string, LocatedModelId>();

/**
 * Understands any model id or ARN that Bedrock takes. It never
 * throws: what it does not know is taken as an opaque name.
 */
export function parseModelId(id: string): ParsedModelId {
  return locateModelId(id).parsed;
}

/** The same, with the geography that a region prefix names. */
export function locateModelId(id: string): LocatedModelId {
  const known = remembered.get(id);
  if (known) return known;
  const located = locate(id);
  if (typeof id === 'string' && id.length <= MAX_ID_LENGTH) {
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(id, located);
  }
  return located;
}

function locate(id: string): LocatedModelId {
  if (typeof id !== 'string' || id === '') return { parsed: hidden(NAMELESS) };
  // No expression runs over a longer id: one of some MB would exhaust the stack.
  if (id.length > MAX_ID_LENGTH) return { parsed: hidden(nameOfUnknown(id)) };
  const arn = ARN.exec(id);
  if (!arn) return id.startsWith('arn:') ? { parsed: hidden(nameOfUnknown(id)) } : locatePlainId(id);
  const [, service, region, type, resource] = arn;
  if (service === 'bedrock' && TRANSPARENT.has(type)) {
    const located = locatePlainId(resource);
    return region === '' ? located : { ...located, parsed: { ...located.parsed, region } };
  }
  // A custom model's ARN has its base model before its own id.
  const name = resource.slice(resource.lastIndexOf('/') + 1);
  return {
    parsed: {
      ...hidden(`${service === 'bedrock' ? type : `${service}-${type}`}/${name}`),
      ...(region === '' ? {} : { region }),
    },
  };
}

/** Returns a hash in place of an ARN of an unknown form, which may hold an account id anywhere. */
function nameOfUnknown(id: string): string {
  return id.startsWith('arn:') ? `arn/${hashOf(id)}` : id;
}

function locatePlainId(id: string): LocatedModelId {
  const [geography, rest] = splitPrefix(id);
  const vendor = VENDOR.exec(rest)?.[1];
  if (vendor === undefined) return { parsed: hidden(id) };
  const model = shortened(rest.replace(CONTEXT_SUFFIX, '$1'));
  const scope = geography === undefined ? 'in-region' : geography === 'global' ? 'global' : 'geo';
  return { parsed: { model, vendor, scope, opaque: false }, ...(scope === 'geo' ? { geography } : {}) };
}

function splitPrefix(id: string): [geography: string | undefined, rest: string] {
  const [, prefix, rest] = PREFIX.exec(id) ?? [];
  if (prefix === undefined || VENDORS.has(prefix)) return [undefined, id];
  const vendor = VENDOR.exec(rest)?.[1];
  const isPrefix = vendor !== undefined && (VENDORS.has(vendor) || VENDOR_AND_MODEL.test(rest));
  return isPrefix ? [prefix, rest] : [undefined, id];
}

function hidden(name: string): ParsedModelId {
  return { model: shortened(name), vendor: '', scope: 'in-region', opaque: true };
}

/** What is too long ends in a hash of the whole, so that two stay two. */
function shortened(name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name;
  return `${name.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1)}~${hashOf(name)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}
