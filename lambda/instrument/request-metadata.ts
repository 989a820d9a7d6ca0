import type { ModelCall } from './model-calls';
import { RECORDED_MARK } from '../../src/contract';
import { readOrWarn } from '../invocation/record-input';
import { warnOnce } from '../process/warn-once';
import { asObject } from '../usage/counts';

/** What a call's request is marked with, so that the service's own invocation log joins the traces. */
export interface RequestMetadata {
  readonly agentId?: string;
  readonly incidentId?: string;
  /** That whoever makes the call records it. */
  readonly [RECORDED_MARK.name]?: string;
}

type Input = Readonly<Record<string, unknown>>;

/** Limits of `requestMetadata` (Bedrock API reference, Converse and InvokeModel). */
const MAX_ENTRIES = 16;
const MAX_LENGTH = 256;
const MAX_JSON_LENGTH = 8500;
const TAKEN = /^[a-zA-Z0-9\s:_@$#=/+,.-]*$/;

/**
 * The request with what it is to be marked with, where the operation takes it: a copy, as the request is its
 * caller's. What the caller wrote under the same name stays. Where there is no room for all marks the first
 * is written alone, and where there is none for it either, nothing is.
 */
export function withMetadata(input: Input, { metadata }: ModelCall, marks: RequestMetadata): Input {
  if (metadata === undefined) return input;
  return readOrWarn(() => marked(input, metadata, marks), 'requestMetadata') ?? input;
}

function marked(input: Input, metadata: 'map' | 'json', marks: RequestMetadata): Input {
  const given = metadata === 'map' ? input.requestMetadata : parsed(input.requestMetadata);
  const own = given === undefined ? {} : asObject(given);
  // What is wrong there is the caller's, and the service's to say.
  if (!own) return input;
  const added = Object.entries(marks).filter(
    (mark): mark is [string, string] => isTaken(mark[1]) && !Object.hasOwn(own, mark[0]),
  );
  if (added.length === 0) return input;
  for (const part of [added, added.slice(0, 1)]) {
    const merged = { ...Object.fromEntries(part), ...own };
    const json = metadata === 'json' ? JSON.stringify(merged) : '';
    if (Object.keys(merged).length <= MAX_ENTRIES && json.length <= MAX_JSON_LENGTH) {
      return { ...input, requestMetadata: metadata === 'map' ? merged : json };
    }
    warnOnce(
      'metadata',
      `requestMetadata has no room for agentId, incidentId and ${RECORDED_MARK.name}: it takes ` +
        `${MAX_ENTRIES} entries, and ${MAX_JSON_LENGTH} characters of JSON. An ingest of the ` +
        `invocation log counts a call without ${RECORDED_MARK.name} again.`,
    );
  }
  return input;
}

function isTaken(value: string | undefined): value is string {
  if (value === undefined || value === '') return false;
  const taken = value.length <= MAX_LENGTH && TAKEN.test(value);
  if (!taken) {
    warnOnce(
      'metadata:value',
      `An agent or incident id is not stamped on requests: requestMetadata takes ${MAX_LENGTH} ` +
        'characters of A-Z a-z 0-9 blank : _ @ $ # = / + , - . at most.',
    );
  }
  return taken;
}

function parsed(json: unknown): unknown {
  if (typeof json !== 'string' || json === '') return json === '' ? undefined : json;
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
