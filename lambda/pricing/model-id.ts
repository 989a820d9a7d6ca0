import { createHash } from 'node:crypto';
import {
  foundationModelOf,
  MAX_MODEL_NAME_LENGTH,
  MODEL_ARN,
  TRANSPARENT_RESOURCES,
} from '../../src/contract';

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
  const arn = MODEL_ARN.exec(id);
  if (!arn) return id.startsWith('arn:') ? { parsed: hidden(nameOfUnknown(id)) } : locatePlainId(id);
  const [, service, region, type, resource] = arn;
  if (service === 'bedrock' && TRANSPARENT_RESOURCES.includes(type)) {
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
  const found = foundationModelOf(id);
  if (!found) return { parsed: hidden(id) };
  const { name, vendor, prefix } = found;
  const scope = prefix === undefined ? 'in-region' : prefix === 'global' ? 'global' : 'geo';
  const parsed: ParsedModelId = { model: shortened(name), vendor, scope, opaque: false };
  return { parsed, ...(scope === 'geo' ? { geography: prefix } : {}) };
}

function hidden(name: string): ParsedModelId {
  return { model: shortened(name), vendor: '', scope: 'in-region', opaque: true };
}

/** What is too long ends in a hash of the whole, so that two stay two. */
function shortened(name: string): string {
  if (name.length <= MAX_MODEL_NAME_LENGTH) return name;
  return `${name.slice(0, MAX_MODEL_NAME_LENGTH - HASH_LENGTH - 1)}~${hashOf(name)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}
