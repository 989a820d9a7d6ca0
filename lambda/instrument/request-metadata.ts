import { RECORDED_MARK } from '../../src/contract';
import { readOrWarn } from '../invocation/record-input';
import { warnOnce } from '../process/warn-once';
import { asObject, parseJson } from '../usage/counts';
import type { ModelCall } from '../usage/model-calls';

/**
 * Entries that the tracker adds to the `requestMetadata` of a request. Bedrock copies `requestMetadata` to
 * its invocation log, so the entries connect a log record with its trace.
 */
export interface RequestMetadata {
  readonly agentId?: string;
  readonly incidentId?: string;
  /** Mark of a call that the caller itself records. The ingest then does not record the call again. */
  readonly [RECORDED_MARK.name]?: string;
}

type Input = Readonly<Record<string, unknown>>;

/** Maximum number of entries in `requestMetadata` (Bedrock API reference, Converse and InvokeModel). */
const MAX_ENTRIES = 16;
/** Maximum characters of a value in `requestMetadata`. */
const MAX_LENGTH = 256;
/** Maximum characters of `requestMetadata` as JSON, in InvokeModel requests. */
const MAX_JSON_LENGTH = 8500;
/** Pattern of an allowed value. */
const ALLOWED_TEXT = /^[a-zA-Z0-9\s:_@$#=/+,.-]*$/;

/**
 * Returns a copy of the request with `marks` added to its `requestMetadata`. Returns the request itself if
 * its operation has no `requestMetadata`. An entry of the caller is never replaced. If not all marks fit,
 * adds only the first mark. If the first mark does not fit, adds none.
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
  // Invalid metadata is sent unchanged. Bedrock reports the error to the caller.
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
