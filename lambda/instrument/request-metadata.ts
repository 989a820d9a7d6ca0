import { RECORDED_MARK } from '../../src/contract';
import { readOrWarn } from '../invocation/record-input';
import { warnOnce } from '../process/warn-once';
import { asObject, parseJson } from '../usage/counts';
import type { ModelCall } from '../usage/model-calls';

/**
 * Entries that the tracker adds to the `requestMetadata` of a Bedrock request. Bedrock copies them to its
 * invocation log.
 */
export interface RequestMetadata {
  readonly agentId?: string;
  readonly incidentId?: string;
  /** Mark of calls that a tracker records. The ingest of the invocation log skips calls with this mark. */
  readonly [RECORDED_MARK.name]?: string;
}

type Input = Readonly<Record<string, unknown>>;

/** Maximum number of entries in `requestMetadata` (Bedrock API reference, Converse and InvokeModel). */
const MAX_ENTRIES = 16;
/** Maximum characters of a value in `requestMetadata`. */
const MAX_LENGTH = 256;
/** Maximum characters of `requestMetadata` as JSON, in InvokeModel requests. */
const MAX_JSON_LENGTH = 8500;
/** Characters that Bedrock allows in a value of `requestMetadata`. */
const ALLOWED_TEXT = /^[a-zA-Z0-9\s:_@$#=/+,.-]*$/;

/**
 * Returns a copy of a request with the entries of `marks` in its `requestMetadata`. Never replaces an entry
 * of the caller. If not all entries fit in Bedrock's limits, adds only the first entry, or none.
 */
export function withMetadata(input: Input, { metadata }: ModelCall, marks: RequestMetadata): Input {
  if (metadata === undefined) return input;
  return readOrWarn(() => addMarks(input, metadata, marks), 'requestMetadata') ?? input;
}

function addMarks(input: Input, metadata: 'map' | 'json', marks: RequestMetadata): Input {
  const { requestMetadata } = input;
  const existing =
    metadata === 'json' && typeof requestMetadata === 'string'
      ? parseJson(requestMetadata || '{}')
      : requestMetadata;
  const own = existing === undefined ? {} : asObject(existing);
  // If the caller's metadata is not an object, sends it unchanged. Bedrock then reports the error.
  if (!own) return input;
  const added = Object.entries(marks).filter(
    (mark): mark is [string, string] => isAllowed(mark[1]) && !Object.hasOwn(own, mark[0]),
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
      `requestMetadata must leave room for agentId, incidentId and ${RECORDED_MARK.name}: it can have ` +
        `${MAX_ENTRIES} entries and ${MAX_JSON_LENGTH} characters of JSON. Without ${RECORDED_MARK.name}, ` +
        'an ingest of the invocation log records the call again.',
    );
  }
  return input;
}

function isAllowed(value: string | undefined): value is string {
  if (value === undefined || value === '') return false;
  const isValid = value.length <= MAX_LENGTH && ALLOWED_TEXT.test(value);
  if (!isValid) {
    warnOnce(
      'metadata:value',
      `An agent or incident id is not added to requestMetadata. It must have at most ${MAX_LENGTH} ` +
        'characters of A-Z a-z 0-9 space : _ @ $ # = / + , - .',
    );
  }
  return isValid;
}
